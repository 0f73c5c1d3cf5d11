-- Whether the VM was seen to run on the target before its move was settled: a paused copy on the source knows older disks then.
alter table migration add column ran_on_target boolean not null default false;
