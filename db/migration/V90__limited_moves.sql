-- Bytes per second that a copy was allowed: one that was held by it does not tell what its route carries.
alter table migration add column bandwidth_limit double precision;
