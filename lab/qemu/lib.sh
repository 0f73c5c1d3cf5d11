# shellcheck shell=bash
# Settings and functions that every script of the QEMU lab shares; see also ../common.sh.
QEMU_LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_NAME=lab/qemu LAB_PART=qemu
LAB_PREFIX=${LAB_PREFIX:-dcb}
LAB_MAX_HOSTS=16
# shellcheck source=../common.sh
. "$QEMU_LAB/../common.sh"

host_ns() { echo "$LAB_PREFIX-h$1"; }
socket_of() { echo "$LAB_DIR/h$1/run/libvirt/libvirt-sock"; }
unix_uri() { echo "qemu+unix:///system?socket=$(socket_of "$1")"; } # from anywhere on this machine
tcp_uri() { echo "qemu+tcp://$LAB_LINK_NET.$1/system"; }            # from the fabric, and between the hosts

# The pid, seen from outside, of the host's own pid 1. Prints nothing when the host is off.
host_pid() {
  local outer
  outer=$(cat "$(host_dir "$1")/outer.pid" 2>/dev/null) || return 0
  if [ "$(ip netns identify "$outer" 2>/dev/null)" = "$(host_ns "$1")" ]; then
    ps -o pid= --ppid "$outer" | tr -d ' '
  fi
}

make_host_network() {
  local n=$1 ns
  ns=$(host_ns "$n")
  has_netns "$ns" && return
  in_fabric ip link del "m$n" 2>/dev/null || true
  in_fabric ip link del "v$n" 2>/dev/null || true
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  ip -n "$ns" link add mig0 type veth peer name "m$n" netns "$FABRIC"
  ip -n "$ns" link add vm0 type veth peer name "v$n" netns "$FABRIC"
  ip -n "$ns" link add br-vm type bridge
  ip -n "$ns" link set vm0 master br-vm
  ip -n "$ns" addr add "$LAB_LINK_NET.$n/24" dev mig0
  local i
  for i in mig0 vm0 br-vm; do ip -n "$ns" link set "$i" up; done
  in_fabric ip link set "m$n" master br-link up
  in_fabric ip link set "v$n" master br-guests up
}

remove_host_network() {
  local ns
  ns=$(host_ns "$1")
  has_netns "$ns" || return 0
  # a veth pair ends at once when one end is deleted, not only when the kernel gets round to the namespace
  in_fabric ip link del "m$1" 2>/dev/null || true
  in_fabric ip link del "v$1" 2>/dev/null || true
  end_processes_in "$ns"
  ip netns del "$ns"
}

# What a host proves itself with when guests' memory is sent encrypted: one certificate both as the one that calls and as the one called,
# signed by the lab's own authority.
write_certificates() { # host, folder
  local ca=$LAB_DIR/ca folder=$2
  [ ! -s "$folder/server-cert.pem" ] || return 0
  certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 "$@" 2>/dev/null; }
  if [ ! -s "$ca/ca-cert.pem" ]; then
    install -d -m 700 "$ca"
    certificate -subj "/CN=$LAB_PREFIX lab" -addext keyUsage=critical,keyCertSign -keyout "$ca/ca-key.pem" -out "$ca/ca-cert.pem"
  fi
  install -d -m 700 "$folder"
  certificate -subj "/CN=h$1" -CA "$ca/ca-cert.pem" -CAkey "$ca/ca-key.pem" -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth,clientAuth \
    -addext "subjectAltName=IP:$LAB_LINK_NET.$1,DNS:h$1.lab" -keyout "$folder/server-key.pem" -out "$folder/server-cert.pem"
  cp "$ca/ca-cert.pem" "$folder/"
  cp "$folder/server-key.pem" "$folder/client-key.pem"
  cp "$folder/server-cert.pem" "$folder/client-cert.pem"
}

write_host_settings() {
  local n=$1 h
  h=$(host_dir "$n")
  mkdir -p "$h"/{run/libvirt,lib/libvirt/images,log/libvirt,cache/libvirt,etc/libvirt/qemu,etc/libvirt/storage/autostart}
  echo "h$n" >"$h/hostname"
  {
    echo "127.0.0.1 localhost"
    local i
    for i in $(seq $LAB_MAX_HOSTS); do echo "$LAB_LINK_NET.$i h$i.lab h$i"; done
  } >"$h/hosts"
  cat >"$h/etc/libvirt/libvirtd.conf" <<C
listen_tls = 0
listen_tcp = 1
listen_addr = "$LAB_LINK_NET.$n"
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_rw_perms = "0700"
host_uuid = "00000000-0000-4000-8000-$(printf %012d "$n")"
max_clients = 200
max_queued_clients = 100
max_anonymous_clients = 100
max_workers = 30
max_client_requests = 50
keepalive_interval = 2
keepalive_count = 3
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
C
  cat >"$h/etc/libvirt/qemu.conf" <<C
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
max_core = 0
migration_host = "$LAB_LINK_NET.$n"
migration_address = "$LAB_LINK_NET.$n"
keepalive_interval = 2
keepalive_count = 3
save_image_format = "raw"
migrate_tls_x509_cert_dir = "/etc/libvirt/migrate-tls"
migrate_tls_x509_verify = 1
C
  write_certificates "$n" "$h/etc/libvirt/migrate-tls"
  # the directory that all hosts share, as a storage pool like any other
  cat >"$h/etc/libvirt/storage/shared.xml" <<C
<pool type='dir'><name>shared</name><target><path>$LAB_DIR/shared</path></target></pool>
C
  # where checkpoints go; root's alone
  cat >"$h/etc/libvirt/storage/checkpoints.xml" <<C
<pool type='dir'><name>checkpoints</name><target><path>/var/lib/libvirt/checkpoints</path></target></pool>
C
  local pool
  for pool in shared checkpoints; do ln -sf "/etc/libvirt/storage/$pool.xml" "$h/etc/libvirt/storage/autostart/$pool.xml"; done
}

# Have hosts that are powered on from now on run DCbalance's host helper, called over ssh.
make_helper() {
  mkdir -p -m 700 "$LAB_DIR/ssh"
  install -m 755 "$QEMU_LAB/../../src/main/host-helper/dcbalance-host-helper" "$LAB_DIR/images/"
  [ -e "$LAB_DIR/ssh/key" ] || ssh-keygen -q -t ed25519 -N '' -C "$LAB_PREFIX" -f "$LAB_DIR/ssh/key"
  echo "command=\"$LAB_DIR/images/dcbalance-host-helper\",restrict $(cat "$LAB_DIR/ssh/key.pub")" >"$LAB_DIR/ssh/authorized_keys"
}

write_helper_settings() {
  local n=$1 h
  h=$(host_dir "$n")
  [ -e "$LAB_DIR/ssh/authorized_keys" ] || return 0
  mkdir -p "$h/etc/libvirt/hooks/qemu.d"
  ln -sf "$LAB_DIR/images/dcbalance-host-helper" "$h/etc/libvirt/hooks/qemu.d/dcbalance"
  [ -e "$h/ssh_host_key" ] || ssh-keygen -q -t ed25519 -N '' -C "h$n" -f "$h/ssh_host_key"
  cat >"$h/sshd_config" <<C
ListenAddress $LAB_LINK_NET.$n:22
HostKey $h/ssh_host_key
AuthorizedKeysFile $LAB_DIR/ssh/authorized_keys
PermitRootLogin forced-commands-only
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
AllowUsers root
PidFile none
C
  cat "$LAB_DIR"/h[0-9]*/ssh_host_key.pub | awk -v net="$LAB_LINK_NET" '{ print net "." substr($3, 2), $1, $2 }' >"$LAB_DIR/ssh/known_hosts"
}

# Power a host on: network, settings, and its pid 1. Leaves alone one that runs.
power_on() {
  local n=$1 h
  h=$(host_dir "$n")
  if [ -n "$(host_pid "$n")" ]; then return; fi
  make_host_network "$n"
  write_host_settings "$n"
  write_helper_settings "$n"
  rm -rf "${h:?}/run"
  mkdir -p "$h/run/libvirt"
  rm -f "$h/norestart"
  setsid nice -n "$LAB_NICE" ip netns exec "$(host_ns "$n")" unshare --mount --uts --ipc --pid --fork --kill-child=KILL \
    "$QEMU_LAB/host-init" "$h" "$LAB_DIR/images/host-load" >"$h/init.log" 2>&1 </dev/null 9>&- &
  echo $! >"$h/outer.pid"
  disown
}

# Power a host off as a pulled plug does: its links fall silent first, so nobody is told.
power_off() {
  local n=$1 pid
  in_fabric ip link set "m$n" nomaster 2>/dev/null || true
  in_fabric ip link set "v$n" nomaster 2>/dev/null || true
  pid=$(host_pid "$n")
  [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
  remove_host_network "$n"
  rm -f "$(host_dir "$n")/outer.pid"
}
