-- Whether the source still has the definition of a VM that has moved away from it.
alter table migration add column definition_left boolean not null default false;
create index migration_definition_left on migration (id) where definition_left;
