-- Secrets of settings, sealed with a key that is not in this database: see docs/adr/0052.
create table secret (
  -- what it is the secret of, such as "notification/7/password"; authenticated, so that no row opens in another one's place
  place text primary key,
  -- names the key that it is sealed with
  key_id text not null,
  -- AES-256-GCM: nonce (12 bytes), cipher text, tag (16 bytes)
  sealed bytea not null,
  set_at timestamptz not null default clock_timestamp(),
  set_by text not null
);
