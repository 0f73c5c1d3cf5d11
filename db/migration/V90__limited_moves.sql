-- Moves that were held below what their route carries teach nothing about it.
alter table migration add column bandwidth_limited boolean not null default false;
