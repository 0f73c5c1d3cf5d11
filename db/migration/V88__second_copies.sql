-- The host on which a VM was seen to run as well, for as long as it is.
alter table vm
  add column second_host_id bigint references host on delete set null,
  add column second_since timestamptz;
create index vm_second_host on vm (second_host_id) where second_host_id is not null;
