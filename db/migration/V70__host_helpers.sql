-- How the console calls a host's helper, and what that said of itself when it was last asked.
create table host_helper (
  host_id bigint primary key references host on delete cascade,
  address text not null,
  port integer not null check (port between 1 and 65535),
  login text not null,
  -- a file of the consoles' machines, below dcbalance.libvirt.allowed-paths
  key_file text not null,
  -- type and key, as in a known_hosts file
  host_key text not null,
  version integer not null,
  -- whether libvirt calls it: ready, unread (libvirt did not start since), absent
  hook text not null,
  -- security drivers of libvirt beside file permissions
  security text[] not null,
  -- as whom QEMU runs
  emulator_user text not null,
  set_by text not null,
  set_at timestamptz not null default clock_timestamp()
);
