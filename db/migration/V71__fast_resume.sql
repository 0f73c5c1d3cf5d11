-- What a host's helper made of a checkpoint's memory, for guests that run before it was read.
create table checkpoint_fast (
  checkpoint_id bigint primary key references checkpoint on delete cascade,
  state text not null check (state in ('MAKING', 'READY', 'FAILED', 'DAMAGED')),
  epoch bigint,
  -- why there is none, or what is wrong with it
  sentence text not null default '',
  memory_bytes bigint,
  stored_bytes bigint,
  -- SHA-256 of the list of its blocks' checksums
  sums text,
  -- pages of 4 KiB that are read ahead, and where they are known from
  touched_pages bigint,
  touched_from text check (touched_from in ('CAPTURE', 'RESTORE')),
  made_millis bigint,
  verified_at timestamptz
);

alter table checkpoint_restore
  add column manner text not null default 'EAGER' check (manner in ('EAGER', 'LAZY', 'PREDICTED')),
  -- how it was done in the end; null until that is known
  add column done_as text check (done_as in ('EAGER', 'LAZY', 'PREDICTED')),
  -- why it was done in another manner than was asked for
  add column fell_back text not null default '';

-- Guests that map the memory of a checkpoint, which is not deleted meanwhile. Written before the host is asked to start one; it ends
-- when the hypervisor and the host's helper both say that no process of that host maps it.
create table memory_lease (
  id bigint generated always as identity primary key,
  checkpoint_id bigint not null references checkpoint on delete cascade,
  restore_id bigint not null references checkpoint_restore on delete cascade,
  host_id bigint not null references host on delete cascade,
  vm_id bigint not null references vm on delete cascade,
  since timestamptz not null default clock_timestamp(),
  -- when it was noted which pages the guest needed first
  touched_at timestamptz,
  ended_at timestamptz
);
create index memory_lease_open on memory_lease (checkpoint_id) where ended_at is null;
