-- Load samples, partitioned by day; rollups; what the rounds decided; what was moved.
-- Partitions are made ahead and dropped by retention, by the application.

create table host_sample (
  at timestamptz not null,
  host_id bigint not null,
  -- cores' worth of CPU time
  cpu_cores real not null,
  cores int not null,
  -- true where the host does not tell its own CPU time and the guests' sum stands in
  cpu_summed boolean not null,
  memory_used_bytes bigint not null,
  memory_bytes bigint not null,
  net_received real not null,
  net_sent real not null,
  disk_read real not null,
  disk_written real not null
) partition by range (at);
create index host_sample_host on host_sample (host_id, at);

create table vm_sample (
  at timestamptz not null,
  vm_id bigint not null,
  host_id bigint not null,
  cpu_cores real not null,
  memory_bytes bigint not null,
  memory_used_bytes bigint,
  net_received real not null,
  net_sent real not null,
  disk_read real not null,
  disk_written real not null,
  -- bytes per second; null where not measured at this sample
  dirty_rate real
) partition by range (at);
create index vm_sample_vm on vm_sample (vm_id, at);

-- one row per object, resolution (60 or 3600 s) and bucket
create table host_rollup (
  resolution int not null,
  at timestamptz not null,
  host_id bigint not null,
  samples int not null,
  cpu_cores real not null,
  cpu_cores_max real not null,
  cores int not null,
  memory_used_bytes bigint not null,
  memory_bytes bigint not null,
  net_received real not null,
  net_sent real not null,
  disk_read real not null,
  disk_written real not null,
  primary key (host_id, resolution, at)
);

create table vm_rollup (
  resolution int not null,
  at timestamptz not null,
  vm_id bigint not null,
  samples int not null,
  cpu_cores real not null,
  cpu_cores_max real not null,
  memory_bytes bigint not null,
  memory_used_bytes bigint,
  net_received real not null,
  net_sent real not null,
  disk_read real not null,
  disk_written real not null,
  dirty_rate real,
  primary key (vm_id, resolution, at)
);

-- newest measurements of changed memory: the rate over a short and a long window
create table dirty_measurement (
  vm_id bigint not null references vm on delete cascade,
  at timestamptz not null,
  window_millis int not null,
  bytes_per_second double precision not null,
  primary key (vm_id, window_millis)
);

create table round (
  id bigint generated always as identity primary key,
  pool_id bigint not null references pool on delete cascade,
  number bigint not null,
  at timestamptz not null,
  took_millis int not null,
  strategy text not null,
  outcome text not null check (outcome in ('BALANCED', 'NOT_ENOUGH_DATA', 'HOLDING', 'PROPOSAL')),
  imbalance double precision,
  imbalance_after double precision,
  threshold double precision not null,
  window_seconds int not null,
  sentence text not null,
  terms jsonb not null default '[]',
  passed_over jsonb not null default '[]',
  -- consecutive rounds out of bounds, this one included
  out_of_bounds int not null default 0,
  requested_by text not null,
  unique (pool_id, number)
);
create index round_at on round (pool_id, at desc);

create table recommendation (
  id bigint generated always as identity primary key,
  pool_id bigint not null references pool on delete cascade,
  round_id bigint references round on delete cascade,
  vm_id bigint not null references vm on delete cascade,
  source_id bigint not null references host on delete cascade,
  target_id bigint not null references host on delete cascade,
  priority text not null check (priority in ('HIGH', 'MEDIUM', 'LOW')),
  state text not null check (state in ('PROPOSED', 'APPROVED', 'REJECTED', 'EXPIRED', 'SUPERSEDED', 'SETTLED')),
  why text not null,
  why_target text not null,
  effects jsonb not null,
  cost jsonb not null,
  gain double precision not null,
  imbalance_before double precision not null,
  imbalance_after double precision not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  note text not null default '',
  superseded_by_round bigint,
  settled_at timestamptz,
  succeeded boolean,
  settled_as text,
  -- the imbalance once a whole window lay behind the move, and the round that saw it
  imbalance_measured double precision,
  measured_by_round bigint,
  version bigint not null default 0
);
create index recommendation_state on recommendation (pool_id, state, created_at desc);
create unique index recommendation_open on recommendation (vm_id) where state in ('PROPOSED', 'APPROVED');

create table migration (
  id bigint generated always as identity primary key,
  pool_id bigint not null references pool on delete cascade,
  -- null for a move by hand
  recommendation_id bigint unique references recommendation on delete cascade,
  vm_id bigint not null references vm on delete cascade,
  source_id bigint not null references host on delete cascade,
  target_id bigint not null references host on delete cascade,
  state text not null check (state in ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'ABORTED', 'REFUSED', 'LOST')),
  phase text not null default 'QUEUED',
  method text not null default 'PRE_COPY',
  why text not null,
  requested_by text not null,
  created_at timestamptz not null,
  -- the lease epoch that last moved this row: a holder of an older one must not touch it
  epoch bigint not null default 0,
  heartbeat timestamptz,
  deadline timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  abort_requested_by text,
  -- what it waits for while PENDING, or why it ended as it did
  sentence text not null default '',
  expected_millis bigint,
  expected_downtime_millis bigint,
  expected_bytes bigint,
  total_millis bigint,
  downtime_millis bigint,
  bytes bigint,
  iterations int,
  -- how the downtime was measured: 'hypervisor', null where it was not
  downtime_source text,
  guest_downtime_millis bigint,
  guest_probe text,
  progress jsonb,
  imbalance_before double precision,
  imbalance_promised double precision,
  version bigint not null default 0
);
create unique index migration_active on migration (vm_id) where state in ('PENDING', 'RUNNING');
create index migration_created on migration (pool_id, created_at desc);

create table migration_log (
  id bigint generated always as identity primary key,
  migration_id bigint not null references migration on delete cascade,
  at timestamptz not null default now(),
  phase text not null,
  sentence text not null
);
create index migration_log_migration on migration_log (migration_id, id);

create table migration_progress (
  migration_id bigint not null references migration on delete cascade,
  at timestamptz not null,
  iteration int not null,
  processed_bytes bigint not null,
  remaining_bytes bigint not null,
  dirty_rate double precision not null,
  bandwidth double precision not null,
  primary key (migration_id, at)
);
