-- What operators allow for moving a VM, for all of a pool or for one VM over its pool: see inventory.MoveOptions.
alter table pool add column move_options jsonb not null default '{}';
alter table vm add column move_options jsonb not null default '{}';

alter table migration
  -- the method that somebody asked for; null: DCbalance chose
  add column asked_method text,
  -- why this method, in words, with what was set for it
  add column method_why text not null default '',
  -- by what factor earlier moves of the VM corrected the expectation
  add column expected_bias double precision not null default 1,
  -- time from leaving the queue to the order to migrate: checks, ballooning, capping
  add column prepared_millis bigint,
  -- values to be put back on whichever host the guest runs; null when there is nothing (more) to put back
  add column undo text;
create index migration_undo on migration (vm_id) where undo is not null;
