-- Where messages go. The secrets of a destination are in "secret", at notification/ID/signing and notification/ID/password.
create table notification_destination (
  id bigint generated always as identity primary key,
  name text not null unique,
  enabled boolean not null default true,
  kind text not null check (kind in ('WEBHOOK', 'EMAIL')),
  url text,
  smtp_host text,
  smtp_port int,
  smtp_security text check (smtp_security in ('STARTTLS', 'TLS', 'NONE')),
  smtp_user text,
  sender text,
  recipients text[] not null default '{}',
  -- names of notification.EventKind
  events text[] not null,
  least_severity text not null check (least_severity in ('INFO', 'WARNING', 'CRITICAL')),
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  check (case kind when 'WEBHOOK' then url is not null
                   else smtp_host is not null and smtp_port is not null and smtp_security is not null and sender is not null end)
);

-- Messages: written in the transaction of what they tell, then sent by whichever console claims them.
create table notification_delivery (
  id bigint generated always as identity primary key,
  destination_id bigint not null references notification_destination on delete cascade,
  -- the same for all destinations and attempts, so that a receiver knows what it has seen
  event_id uuid not null,
  event text not null,
  severity text not null,
  -- as it was called then
  pool_id bigint,
  pool text,
  sentence text not null,
  path text not null,
  at timestamptz not null default clock_timestamp(),
  state text not null default 'WAITING' check (state in ('WAITING', 'SENT', 'GIVEN_UP')),
  attempts int not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  -- a console tries it now and has until then; a console that died lets go by this
  claimed_until timestamptz,
  tried_at timestamptz,
  -- what came of the last attempt, as a sentence
  outcome text not null default ''
);
create index notification_delivery_due on notification_delivery (destination_id, next_at) where state = 'WAITING';
create index notification_delivery_newest on notification_delivery (destination_id, id desc);
create index notification_delivery_at on notification_delivery (at);
