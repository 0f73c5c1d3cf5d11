-- The page of all events looks for those of a host or VM, and removing one looks for what goes with it.
create index fleet_event_host on fleet_event (host_id, id desc) where host_id is not null;
create index fleet_event_vm on fleet_event (vm_id, id desc) where vm_id is not null;

-- What a webhook is sent: what notification.Destination.Payload names. A Slack one has no signing secret.
alter table notification_destination add column payload text not null default 'DCBALANCE'
  check (payload in ('DCBALANCE', 'SLACK'));
