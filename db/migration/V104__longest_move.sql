-- Until when a move may take by what was allowed for its VM as it was started; null where nothing limits it, or the order itself must have
-- ended before.
alter table migration add column allowed_until timestamptz;
