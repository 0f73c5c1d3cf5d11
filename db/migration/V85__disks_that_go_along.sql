-- Disks that lie on one host alone and are copied with their VM, where somebody asked for that.
alter table migration
  add column with_storage boolean not null default false,
  -- target, path, capacity and allocation in bytes of each; null before they were looked at
  add column disks jsonb,
  -- whether copies of them may lie on the target that must not stay there
  add column copies_begun boolean not null default false;
create index migration_half_copies on migration (id) where copies_begun;
