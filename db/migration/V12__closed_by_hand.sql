-- Who closed a lost migration by hand, where they stated that the guest runs, and why.
alter table migration
  add column closed_by text,
  add column closed_as text check (closed_as in ('SOURCE', 'DESTINATION', 'NEITHER')),
  add column closed_why text;
