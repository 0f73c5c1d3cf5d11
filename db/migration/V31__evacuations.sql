-- Hosts that are being emptied. What is still to be moved is found out anew from the inventory each time; what was queued for it is in
-- evacuation_move, and how that went in migration.
create table evacuation (
  id bigint generated always as identity primary key,
  host_id bigint not null references host on delete cascade,
  state text not null check (state in ('OPEN', 'DONE', 'CANCELLED')),
  -- guests that it had at the start
  guests int not null,
  started_by text not null,
  started_at timestamptz not null,
  ended_by text,
  ended_at timestamptz,
  -- guests that cannot leave for now, and why: [{"vmId", "vm", "why"}]
  staying jsonb not null default '[]'
);
create unique index evacuation_open on evacuation (host_id) where state = 'OPEN';

create table evacuation_move (
  evacuation_id bigint not null references evacuation on delete cascade,
  migration_id bigint primary key references migration on delete cascade
);
create index evacuation_move_evacuation on evacuation_move (evacuation_id);
