-- When nothing is approved without a person, such as '22:00-06:00 Europe/Berlin'; null: never.
alter table pool add column quiet_hours text;
