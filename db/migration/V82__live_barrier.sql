-- How all members of a virtual cluster are captured at one point: paused for all of it, or while they run.
alter table cluster_checkpoint add column manner text not null default 'BLOCKING' check (manner in ('BLOCKING', 'BARRIER'));
-- that of a schedule of a virtual cluster; null for that of a VM
alter table checkpoint_schedule add column manner text check (manner in ('BLOCKING', 'BARRIER'));
update checkpoint_schedule set manner = 'BLOCKING' where cluster_id is not null;
alter table checkpoint_schedule add check ((cluster_id is null) = (manner is null));

-- What a VM's limits were before those of a live barrier, to be put back whatever happens; null when they are.
alter table checkpoint add column downtime_before_millis bigint;
alter table checkpoint add column bandwidth_before_mib bigint;
