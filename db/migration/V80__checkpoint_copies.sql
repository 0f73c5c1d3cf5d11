-- Restores as a copy: another guest that goes on from the same instant, beside the one that was captured.
alter table checkpoint_restore
  add column copy_name text,
  add column copy_uuid uuid unique,
  -- an isolated network for its interfaces; null if their links are down
  add column copy_network text,
  add check ((copy_name is null) = (copy_uuid is null)),
  add check (copy_network is null or copy_name is not null);
-- a copy leaves the VM itself alone
drop index checkpoint_restore_open;
create unique index checkpoint_restore_open on checkpoint_restore (vm_id)
  where state in ('PENDING', 'RESTORING', 'DETACHING') and copy_uuid is null;
