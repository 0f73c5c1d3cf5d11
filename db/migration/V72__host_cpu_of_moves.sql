-- What both hosts spent while memory was copied, all cores and all that they did; null where a host does not tell.
alter table migration
  add column source_user_millis bigint,
  add column source_system_millis bigint,
  add column target_user_millis bigint,
  add column target_system_millis bigint;
