-- What the guest had when its copy was ordered: on Xen, which tells no bytes, that is what was sent at least once.
-- What it has later may be more, if it was ballooned for the move.
alter table migration add column guest_memory_bytes bigint;
update migration m set guest_memory_bytes = v.memory_bytes
from vm v where v.id = m.vm_id and m.bytes is null and m.method = 'PRE_COPY' and m.state = 'COMPLETED';
