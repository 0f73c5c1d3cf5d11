-- Who did what, to what, from where: written in the transaction of the change itself, and never changed after that.
create table audit_entry (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- a user, "token NAME", "DCbalance", or "somebody" where nobody was signed in
  who text not null,
  -- one of audit.Act
  act text not null,
  -- what kind of thing it was done to, which one, and what that was called then
  kind text not null,
  object_id bigint,
  object text not null,
  -- what changed, by name; empty where nothing was there before, or is after
  before json not null default '{}',
  after json not null default '{}',
  -- network address of the client; null for what DCbalance does by itself
  address text,
  request_id text
);
create index audit_entry_at on audit_entry (at);
create index audit_entry_who on audit_entry (who, id);

-- A brake for mistakes. What keeps the application from it for good is that its role lacks the rights: see docs/adr/0050.
create function refuse_to_rewrite_audit() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is only ever appended to';
end $$;
create trigger audit_entry_append_only before update or delete or truncate on audit_entry
  for each statement execute function refuse_to_rewrite_audit();
