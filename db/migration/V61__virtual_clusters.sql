-- Sets of VMs that work together, and are captured at one consistent point.
create table virtual_cluster (
  id bigint generated always as identity primary key,
  pool_id bigint not null references pool on delete cascade,
  name text not null unique,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp()
);
create table virtual_cluster_vm (
  cluster_id bigint not null references virtual_cluster on delete cascade,
  vm_id bigint not null references vm on delete cascade,
  primary key (cluster_id, vm_id)
);

-- A checkpoint of each member, valid only together: complete when all are.
create table cluster_checkpoint (
  id bigint generated always as identity primary key,
  cluster_id bigint not null references virtual_cluster on delete cascade,
  state text not null check (state in ('PENDING', 'TAKING', 'COMPLETE', 'FAILED', 'DELETED')),
  step text not null default '',
  why text not null,
  requested_by text not null,
  requested_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  -- from the first member's pause to the last one's end of it
  pause_millis bigint,
  sentence text not null default ''
);
alter table checkpoint add column cluster_checkpoint_id bigint references cluster_checkpoint on delete cascade;
-- whether its VM was paused to wait for others, and is to run again whatever happens
alter table checkpoint add column held boolean not null default false;

create table cluster_restore (
  id bigint generated always as identity primary key,
  cluster_checkpoint_id bigint not null references cluster_checkpoint on delete cascade,
  state text not null check (state in ('PENDING', 'RESTORING', 'DONE', 'FAILED')),
  step text not null default '',
  requested_by text not null,
  requested_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  running_millis bigint,
  sentence text not null default ''
);
alter table checkpoint_restore add column cluster_restore_id bigint references cluster_restore on delete cascade;
