-- Why DCbalance itself ended a move, and for which reason that may pass, as in passing; null where it did not, or a person did.
alter table migration
  add column given_up text,
  add column given_up_as text check (given_up_as in ('NOT_CONVERGED', 'OUT_OF_TIME'));
-- what it took out of the queue before its time was over was not wanted any more
update migration set given_up = case when finished_at is null then '' else sentence end, given_up_as = 'NOT_CONVERGED'
where abort_requested_by = 'DCbalance' and state in ('RUNNING', 'LOST', 'ABORTED')
  and (started_at is not null or finished_at >= end_by);
