-- What a round decided on, as compressed JSON, so that it can be decided again with other limits.
create table round_input (
  round_id bigint primary key references round on delete cascade,
  at timestamptz not null,
  -- strategy and limits alone, which every view of the round shows
  decided_by jsonb not null,
  input bytea not null
);
alter table round_input alter column input set storage external;
create index round_input_at on round_input (at);
-- finds rounds that are to be dropped, whatever their pool
create index round_by_time on round (at);
create index recommendation_round on recommendation (round_id);
create index past_decision_round on past_decision (round_id);
