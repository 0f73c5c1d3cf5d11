-- whether its memory was sent encrypted (TLS); null before anything is sent, and for moves from before this was known
alter table migration add column encrypted boolean;
update migration set encrypted = false where state = 'COMPLETED';
