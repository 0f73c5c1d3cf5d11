-- Who is signed in, for all consoles on the database: the tables of Spring Session, with names of any length.
create table spring_session (
  primary_id char(36) primary key,
  session_id char(36) not null,
  -- milliseconds since 1970, like the other two
  creation_time bigint not null,
  last_access_time bigint not null,
  -- seconds
  max_inactive_interval int not null,
  expiry_time bigint not null,
  principal_name text
);
create unique index spring_session_id on spring_session (session_id);
create index spring_session_expiry on spring_session (expiry_time);
create index spring_session_principal on spring_session (principal_name);

create table spring_session_attributes (
  session_primary_id char(36) not null references spring_session on delete cascade,
  attribute_name varchar(200) not null,
  attribute_bytes bytea not null,
  primary key (session_primary_id, attribute_name)
);
