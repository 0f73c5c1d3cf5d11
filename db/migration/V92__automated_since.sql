-- Since when a pool's automation is what it is; null: since before this was kept.
alter table pool add column automated_since timestamptz;
