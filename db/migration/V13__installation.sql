-- Which installation this database belongs to, and whether its consoles may act: see docs/adr/0021.
create table installation (
  one boolean primary key default true check (one),
  id uuid not null default gen_random_uuid(),
  -- where PostgreSQL keeps this very table; another one means that the tables were restored or copied
  kept_in text,
  -- set while the consoles only observe, until an administrator confirms
  doubted_at timestamptz,
  doubt text
);
insert into installation default values;

-- ids that this installation had, or that its consoles brought along, before an administrator confirmed it
create table former_installation (
  id uuid primary key,
  noted_at timestamptz not null default clock_timestamp(),
  -- null: noted by a console that doubts, not confirmed yet
  confirmed_at timestamptz,
  confirmed_by text,
  doubt text
);

-- how often each console has noted that it works with this database; a console keeps the same figure in its data folder
create table witness (
  console uuid primary key,
  seen bigint not null,
  at timestamptz not null default clock_timestamp()
);
