-- Hosts that do not answer by libvirt: whether anything answers at their address.
create table host_silence (
  host_id bigint primary key references host on delete cascade,
  -- since when neither libvirt nor the address has answered; null while something answers, or nothing can be asked
  since timestamptz,
  -- what the last attempt gave, a sentence
  probe text not null,
  probed_at timestamptz not null default clock_timestamp()
);

-- An administrator's word that a silent host is off and cannot come back by itself ("fenced"): its VMs may then be restored elsewhere.
-- It ends when it is taken back, or when the host answers again.
create table host_fencing (
  id bigint generated always as identity primary key,
  host_id bigint not null references host on delete cascade,
  why text not null,
  stated_by text not null,
  stated_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  ended_because text not null default ''
);
create unique index host_fencing_open on host_fencing (host_id) where ended_at is null;

-- VMs of a fenced host that were restored elsewhere, until the host says that it does not have them any more.
create table host_recovery (
  id bigint generated always as identity primary key,
  fencing_id bigint not null references host_fencing on delete cascade,
  vm_id bigint not null references vm on delete cascade,
  restore_id bigint not null references checkpoint_restore on delete cascade,
  asked_at timestamptz not null default clock_timestamp(),
  -- its state on the lost host, once that answered again; null before
  twin text,
  twin_seen_at timestamptz,
  cleared_at timestamptz
);
create index host_recovery_open on host_recovery (vm_id) where cleared_at is null;
