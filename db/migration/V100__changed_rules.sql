-- When a rule was last changed, so that a move that was approved before does not break what it did not know; null for never.
alter table placement_rule add column changed_at timestamptz;
