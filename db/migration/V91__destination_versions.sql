-- Each change makes another version of it: a form that shows an older one does not overwrite what it never showed.
alter table notification_destination add column version bigint not null default 0;
