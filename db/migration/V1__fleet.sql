-- Pools, hosts and virtual machines as the hypervisors show them, and who may work with them.

create table pool (
  id bigint generated always as identity primary key,
  name text not null unique,
  simulated boolean not null default false,
  automation text not null default 'MANUAL' check (automation in ('OBSERVE', 'MANUAL', 'AUTOMATIC')),
  -- least priority that is approved without a person, with automation AUTOMATIC
  automatic_from text not null default 'HIGH' check (automatic_from in ('HIGH', 'MEDIUM', 'LOW')),
  paused boolean not null default false,
  -- directories or devices that an administrator marked as shared by all hosts of the pool
  shared_storages text[] not null default '{}',
  -- networks or bridges that exist on every host of the pool; empty: not checked
  networks text[] not null default '{}',
  note text not null default '',
  -- who asked for a round now; the console that runs rounds clears it
  round_requested_by text,
  version bigint not null default 0
);

insert into pool (name, note) values ('default', 'Hosts join this pool unless another one is chosen.');

create table host (
  id bigint generated always as identity primary key,
  pool_id bigint not null references pool,
  name text not null,
  uri text not null,
  peer_uri text,
  uuid uuid,
  hypervisor text not null default '',
  hypervisor_version text not null default '',
  library_version text not null default '',
  cores int not null default 0,
  memory_bytes bigint not null default 0,
  -- capability name -> why it is missing
  missing jsonb not null default '{}',
  state text not null default 'NEW' check (state in ('NEW', 'UP', 'DOWN', 'UNSUPPORTED')),
  state_detail text not null default '',
  state_since timestamptz not null default now(),
  maintenance boolean not null default false,
  last_seen timestamptz,
  added_at timestamptz not null default now(),
  -- a removed host stays, so that the history of its moves does
  removed_at timestamptz,
  version bigint not null default 0
);
create unique index host_name on host (name) where removed_at is null;
create unique index host_uri on host (uri) where removed_at is null;
create unique index host_uuid on host (uuid) where removed_at is null;

create table vm (
  id bigint generated always as identity primary key,
  uuid uuid not null unique,
  host_id bigint not null references host,
  name text not null,
  domain_id int not null default -1,
  os_type text not null default '',
  state text not null,
  vcpus int not null,
  cpu_time_nanos bigint not null default 0,
  max_memory_bytes bigint not null,
  memory_bytes bigint not null,
  disks jsonb not null default '[]',
  addresses text[] not null default '{}',
  networks text[] not null default '{}',
  cpu jsonb not null default '{}',
  ties jsonb not null default '[]',
  never_move boolean not null default false,
  never_move_note text not null default '',
  probe_address text,
  -- null: ICMP echo
  probe_port int,
  first_seen timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  last_moved_at timestamptz,
  -- set while a migration of ours is under way: the inventory then leaves host_id alone
  moving_to bigint references host,
  -- null while some host of the inventory shows it
  gone_since timestamptz,
  version bigint not null default 0
);
create index vm_host on vm (host_id) where gone_since is null;

-- where a VM has run: one row per stay
create table placement (
  id bigint generated always as identity primary key,
  vm_id bigint not null references vm on delete cascade,
  host_id bigint not null references host on delete cascade,
  since timestamptz not null,
  until timestamptz,
  -- who brought it there: 'found', 'moved by DCbalance', 'moved outside DCbalance'
  how text not null
);
create index placement_vm on placement (vm_id, since desc);

create table fleet_event (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  pool_id bigint references pool on delete cascade,
  host_id bigint references host on delete cascade,
  vm_id bigint references vm on delete cascade,
  severity text not null check (severity in ('INFO', 'WARN', 'BAD')),
  kind text not null,
  sentence text not null
);
create index fleet_event_at on fleet_event (at desc);

create table app_user (
  id bigint generated always as identity primary key,
  name text not null unique,
  password_hash text not null,
  role text not null check (role in ('VIEWER', 'OPERATOR', 'ADMINISTRATOR')),
  enabled boolean not null default true,
  created_at timestamptz not null default now()
);

create table api_token (
  id bigint generated always as identity primary key,
  name text not null unique,
  -- SHA-256 of the token; tokens carry at least 256 bits or were given by the administrator
  token_hash bytea not null unique,
  role text not null check (role in ('VIEWER', 'OPERATOR', 'ADMINISTRATOR')),
  created_at timestamptz not null default now()
);

-- One row per lease; the epoch grows with each new holder and is the fencing token of its work.
create table lease (
  name text primary key,
  holder text not null,
  epoch bigint not null,
  until timestamptz not null
);
