-- How long the guest gave no answer to its probe during the move, all gaps together; null where no probe told it, and for moves from before
-- this was known.
alter table migration add column guest_silent_millis bigint;
