-- How long a move waited, on purpose, for its VM to change less memory; null where it did not.
alter table migration add column waited_millis bigint;
