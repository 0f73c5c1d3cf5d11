-- When a move was switched to post-copy: from there on neither copy alone is whole, and it is not aborted.
alter table migration add column switched_at timestamptz;
