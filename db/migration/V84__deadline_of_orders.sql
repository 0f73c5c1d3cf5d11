-- When a move must have ended, by whoever asked for it; null where nobody said.
alter table migration add column end_by timestamptz;
