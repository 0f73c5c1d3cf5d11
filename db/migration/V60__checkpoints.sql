-- The storage pool of the hosts, by its libvirt name, that checkpoints of a pool's VMs are kept in.
create table checkpoint_storage (
  pool_id bigint primary key references pool on delete cascade,
  storage text not null,
  set_by text not null,
  set_at timestamptz not null default clock_timestamp()
);

-- Checkpoints: a VM's memory and disks of one instant. The step is written before the hosts are asked for it, so that whoever holds the
-- lease next knows what may have been left behind.
create table checkpoint (
  id bigint generated always as identity primary key,
  vm_id bigint not null references vm on delete cascade,
  pool_id bigint not null references pool on delete cascade,
  -- where it was taken
  host_id bigint not null references host on delete cascade,
  storage text not null,
  -- begins the names of its volumes, and of those of its restores
  prefix text not null default '',
  state text not null check (state in
    ('PENDING', 'TAKING', 'CLEANING', 'COMPLETE', 'VERIFYING', 'DELETING', 'FAILED', 'DAMAGED', 'DELETED')),
  step text not null default '',
  live boolean not null,
  why text not null,
  requested_by text not null,
  requested_at timestamptz not null default clock_timestamp(),
  epoch bigint,
  captured_at timestamptz,
  finished_at timestamptz,
  pause_millis bigint,
  total_millis bigint,
  memory_bytes bigint,
  memory_sha256 text,
  verified_at timestamptz,
  sentence text not null default ''
);
create unique index checkpoint_open on checkpoint (vm_id) where state in ('PENDING', 'TAKING', 'CLEANING');
create index checkpoint_vm on checkpoint (vm_id, id desc);

create table checkpoint_disk (
  checkpoint_id bigint not null references checkpoint on delete cascade,
  target text not null,
  -- paths on the host: the disk, and what its guest wrote to while the disk was copied
  source text not null,
  overlay text not null,
  volume text not null,
  bytes bigint,
  sha256 text,
  primary key (checkpoint_id, target)
);

-- Restores; each has disks of its own, over those of its checkpoint until they are independent.
create table checkpoint_restore (
  id bigint generated always as identity primary key,
  checkpoint_id bigint not null references checkpoint on delete cascade,
  vm_id bigint not null references vm on delete cascade,
  host_id bigint not null references host on delete cascade,
  state text not null check (state in ('PENDING', 'RESTORING', 'DETACHING', 'DONE', 'FAILED')),
  step text not null default '',
  -- whether a copy that runs may be ended for it
  replaces boolean not null,
  requested_by text not null,
  requested_at timestamptz not null default clock_timestamp(),
  epoch bigint,
  finished_at timestamptz,
  -- until it ran
  running_millis bigint,
  sentence text not null default ''
);
create unique index checkpoint_restore_open on checkpoint_restore (vm_id) where state in ('PENDING', 'RESTORING', 'DETACHING');
create index checkpoint_restore_of on checkpoint_restore (checkpoint_id);
