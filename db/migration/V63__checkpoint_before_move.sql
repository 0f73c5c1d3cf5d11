-- The migration that a checkpoint was taken for, before it could lose its VM.
alter table checkpoint add column before_migration bigint references migration on delete set null;
create index checkpoint_before on checkpoint (before_migration) where before_migration is not null;
