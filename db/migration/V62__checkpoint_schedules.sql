-- When checkpoints are taken by themselves, of a VM or of a virtual cluster, and how many of them are kept.
create table checkpoint_schedule (
  id bigint generated always as identity primary key,
  vm_id bigint references vm on delete cascade,
  cluster_id bigint references virtual_cluster on delete cascade,
  -- six fields, as Spring reads them, in UTC
  cron text not null,
  keep_count int not null check (keep_count > 0),
  keep_days int check (keep_days > 0),
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  -- the newest time that was seen to
  seen_to_at timestamptz not null default clock_timestamp(),
  -- why nothing was taken at that time; empty if something was
  trouble text not null default '',
  check ((vm_id is null) <> (cluster_id is null))
);
alter table checkpoint add column schedule_id bigint references checkpoint_schedule on delete set null;
alter table cluster_checkpoint add column schedule_id bigint references checkpoint_schedule on delete set null;
