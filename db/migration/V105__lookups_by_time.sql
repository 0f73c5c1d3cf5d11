-- each hour the newest minutes are looked at, and what is too old is dropped, whatever it is of
create index host_rollup_at on host_rollup (resolution, at);
create index vm_rollup_at on vm_rollup (resolution, at);
-- rounds, evacuations and pages ask for the newest ended moves, those of some hours or days and those that have not ended, out of all that
-- were ever made
create index migration_ended on migration (pool_id, finished_at desc, id desc) where started_at is not null;
create index migration_finished on migration (finished_at);
create index migration_open on migration (pool_id) where state in ('PENDING', 'RUNNING', 'LOST');
create index placement_moved on placement (since) where how <> 'found';
-- the newest round of a pool that has had none for long lies far behind those of others
create index round_newest on round (pool_id, id desc);
-- whether anything was looked back at since, and whether anything was adapted from what is to be dropped
create index past_decision_looked_back on past_decision (pool_id, looked_back_at);
create index past_decision_adapted on past_decision (adapted_from) where adapted_from is not null;
