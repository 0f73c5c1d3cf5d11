-- Making and dropping a day of samples takes the rights of the tables' owner, which the application need not be: see
-- docs/adr/0050. The functions do nothing else with them.
create function make_sample_partition(samples regclass, day date) returns void
language plpgsql security definer set search_path from current as $$
begin
  if samples not in (cast('host_sample' as regclass), cast('vm_sample' as regclass)) then
    raise exception '% holds no samples', samples;
  end if;
  execute format(
    'create table if not exists %s partition of %s for values from (%L) to (%L)',
    cast(samples as text) || '_' || to_char(day, 'YYYYMMDD'), samples,
    to_char(day, 'YYYY-MM-DD') || 'T00:00Z', to_char(day + 1, 'YYYY-MM-DD') || 'T00:00Z');
end $$;

create function drop_sample_partition(samples regclass, day date) returns void
language plpgsql security definer set search_path from current as $$
begin
  if samples not in (cast('host_sample' as regclass), cast('vm_sample' as regclass)) then
    raise exception '% holds no samples', samples;
  end if;
  execute format('drop table if exists %s', cast(samples as text) || '_' || to_char(day, 'YYYYMMDD'));
end $$;

revoke execute on function make_sample_partition, drop_sample_partition from public;
