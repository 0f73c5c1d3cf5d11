-- what a move was expected to take is compared with what it took only where neither changed what was sent
alter table migration add column ballooned boolean not null default false;
alter table migration add column compressed boolean not null default false;
update migration set ballooned = method = 'BALLOON_FIRST', compressed = method = 'XBZRLE';
