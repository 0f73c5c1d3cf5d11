-- The limits that a pool has of its own, instead of those of the installation: see inventory.PoolLimits.
alter table pool add column limits jsonb not null default '{}';
