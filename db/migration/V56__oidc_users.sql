-- People who sign in at an OpenID provider. They are known by issuer and subject, never by name or mail address, which a provider may
-- give to somebody else; and they have no password here.
alter table app_user
  add column issuer text,
  add column subject text,
  alter column password_hash drop not null,
  add constraint app_user_signs_in_one_way check (
    (issuer is null and subject is null and password_hash is not null)
    or (issuer is not null and subject is not null and password_hash is null));
create unique index app_user_identity on app_user (issuer, subject) where issuer is not null;
