-- Until when a move may take by what was allowed for its VM as it was started; null where nothing limits it, or the order itself must have
-- ended before.
alter table migration add column allowed_until timestamptz;
-- one that ran out of that time is tried again, with as long again
alter table migration drop constraint migration_passing_check,
  add constraint migration_passing_check check (passing in ('CONNECTION', 'BUSY', 'NOT_CONVERGED', 'OUT_OF_TIME'));
