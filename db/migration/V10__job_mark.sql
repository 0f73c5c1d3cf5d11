-- The mark that was put on the guest before its job was ordered: null while none was and so no job was ordered either,
-- empty where the host could not mark it.
alter table migration add column mark text;

-- what was ordered before this column came
update migration set mark = '' where state in ('RUNNING', 'LOST') and phase <> 'CHECKS';
