-- What an API token may do and until when, and who made it.
alter table api_token
  -- may look at what its role sees, and change nothing
  add column read_only boolean not null default false,
  -- null: it holds until it is revoked
  add column expires_at timestamptz,
  add column created_by text not null default '',
  -- to the minute
  add column last_used_at timestamptz;

alter table app_user
  add column last_signed_in_at timestamptz;
