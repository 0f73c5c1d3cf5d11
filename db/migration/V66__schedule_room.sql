-- how much room the checkpoints of a schedule may take; null for as much as the storage has
alter table checkpoint_schedule add column keep_gib int check (keep_gib > 0);
