-- What was decided in which situation, and how it turned out: see docs/strategy.md, "What history answers".
create table past_decision (
  id bigint generated always as identity primary key,
  pool_id bigint not null references pool on delete cascade,
  round_id bigint not null references round on delete cascade,
  -- null: found by a search
  adapted_from bigint references past_decision on delete cascade,
  at timestamptz not null,
  open_hosts int not null,
  situation jsonb not null,
  -- the moves, each with its worth after 10, 30 and 60 minutes once that is known
  choices jsonb not null,
  looked_back_at timestamptz
);
create index on past_decision (pool_id, open_hosts, id desc);
create index on past_decision (pool_id, at);

-- where the decision of a round came from, and how long deciding took
alter table round
  add column came_from text,
  add column decided_in_micros bigint not null default 0;
