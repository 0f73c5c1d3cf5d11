-- Which strategy decides for a pool, and what it takes for an overloaded CPU; null: as in the settings.
alter table pool
  add column strategy text not null default 'DCBALANCE' check (strategy in ('DCBALANCE', 'DLB', 'OSVD', 'NONE')),
  add column cpu_threshold double precision check (cpu_threshold > 0 and cpu_threshold <= 1);
