alter table migration
  -- whether it was refused for what its target is or has, which does not pass by itself
  add column target_refused boolean not null default false;
create index migration_target_refused on migration (pool_id, finished_at) where target_refused;
