-- A failed post-copy is resumed once for a migration, whichever console does it.
alter table migration add column post_copy_resumed boolean not null default false;
