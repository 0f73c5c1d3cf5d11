-- Which virtual machines of a pool belong together, apart, on certain hosts, or off them.
create table placement_rule (
  id bigint generated always as identity primary key,
  pool_id bigint not null references pool on delete cascade,
  name text not null,
  kind text not null check (kind in ('TOGETHER', 'APART', 'ON', 'OFF')),
  -- a hard rule is never broken by a plan; a soft one is a wish with a price
  hard boolean not null,
  added_by text not null,
  added_at timestamptz not null default now(),
  unique (pool_id, name)
);

create table placement_rule_vm (
  rule_id bigint not null references placement_rule on delete cascade,
  vm_id bigint not null references vm on delete cascade,
  primary key (rule_id, vm_id)
);
create index placement_rule_of_vm on placement_rule_vm (vm_id);

create table placement_rule_host (
  rule_id bigint not null references placement_rule on delete cascade,
  host_id bigint not null references host on delete cascade,
  primary key (rule_id, host_id)
);

-- The other virtual machines that move together with this one, since a rule keeps them on one host.
alter table recommendation add column together bigint[] not null default '{}';
