-- The move to another target than the proposed one that an operator chose; null where nobody did.
alter table recommendation add column other_migration_id bigint references migration on delete set null;
create index recommendation_other_migration on recommendation (other_migration_id) where other_migration_id is not null;
