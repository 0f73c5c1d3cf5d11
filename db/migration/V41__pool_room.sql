-- What a pool keeps free, and how much its moves may copy; null: as in the settings.
alter table pool
  -- whether the guests of any one host should fit on the others
  add column host_loss boolean not null default false,
  -- a large virtual machine that some host should be able to take; null: none
  add column large_vm_gib int check (large_vm_gib > 0),
  add column large_vm_cores int check (large_vm_cores > 0),
  -- most that the moves of one round copy together
  add column max_transfer_gib int check (max_transfer_gib > 0);
