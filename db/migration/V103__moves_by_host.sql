-- pages of hosts and VMs ask for their moves every few seconds, and moves are kept for good
create index migration_source on migration (source_id, started_at desc);
create index migration_target on migration (target_id, started_at desc);
create index migration_vm on migration (vm_id, id desc);
