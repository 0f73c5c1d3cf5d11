-- A move that failed for a reason that may pass is tried again, as a migration of its own.
alter table migration
  -- which attempt it is, from 1
  add column attempt int not null default 1,
  -- the attempt before it
  add column retry_of bigint references migration on delete set null,
  -- how many there may be in all: 1 where whoever asked for it tries again by other means; null until one of them has failed
  add column most_attempts int,
  -- why it failed, where that may pass; null where it may not
  add column passing text check (passing in ('CONNECTION', 'BUSY', 'NOT_CONVERGED')),
  -- when it is tried again; null if it is not, or has been
  add column retry_at timestamptz,
  -- why it is not, although it was to be
  add column retry_ended text,
  -- whether somebody asked for it against placement rules
  add column rules_broken boolean not null default false;
create index migration_retry on migration (retry_at) where retry_at is not null;
create unique index migration_retry_of on migration (retry_of);
-- approving twice still gives one migration, and each attempt has its own
alter table migration drop constraint migration_recommendation_id_key;
create unique index migration_recommendation on migration (recommendation_id, attempt);
