# shellcheck shell=bash
# Settings and functions that every script of the Xen lab shares; see also ../common.sh.
XEN_LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_NAME=lab/xen LAB_PART=xen
LAB_PREFIX=${LAB_PREFIX:-xl}
LAB_HOST_MIB=${LAB_HOST_MIB:-1536} # of one emulated Xen host, and of that its dom0
LAB_DOM0_MIB=${LAB_DOM0_MIB:-512}
LAB_HOST_CPUS=${LAB_HOST_CPUS:-1} # with more than one, guests now and then end by a triple fault, which is the emulation's
LAB_BOOT_SECONDS=${LAB_BOOT_SECONDS:-240}
LAB_SHARED_DISKS=60 LAB_SHARED_DISK_MIB=64 # partitions of the disk that all hosts share: number and size
LAB_CONTROL_NET=10.98.0 # the lab's own way into a host, which no cut link closes: host N is .N, the fabric is .254
LAB_MAX_HOSTS=9
# shellcheck source=../common.sh
. "$XEN_LAB/../common.sh"

socket_of() { echo "$LAB_DIR/h$1/libvirt-sock"; }
unix_uri() { echo "xen+unix:///system?socket=$(socket_of "$1")"; } # from anywhere on this machine
tcp_uri() { echo "xen+tcp://$LAB_LINK_NET.$1/system"; }            # from the fabric, and between the hosts

# The pid of the QEMU that is the host. Prints nothing when the host is off.
host_pid() {
  local pid
  pid=$(cat "$(host_dir "$1")/qemu.pid" 2>/dev/null) || return 0
  # a pid may have come to be another process
  if [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *"-name $LAB_PREFIX-h$1 "* ]]; then echo "$pid"; fi
}

# Run a command line in a host's dom0, with both its outputs on ours and its exit status as ours.
in_dom0() { # host, command line
  local host=$1 said status
  said=$(printf '%s' "$2" | in_fabric socat -t 600 - "TCP:$LAB_CONTROL_NET.$host:2222,connect-timeout=10") || return 255
  status=${said##*$'\n'}
  [[ $status =~ ^exit\ [0-9]+$ ]] || { printf '%s\n' "$said" && return 255; }
  said=${said%"$status"}
  printf '%s' "${said%$'\n'}"
  return "${status#exit }"
}

# A disk that every host sees as /dev/vdb, as a LUN of a storage network would be: partition n is the shared disk of guest n.
make_shared_disk() {
  local disk=$LAB_DIR/shared.img
  [ ! -e "$disk" ] || return 0
  truncate -s $((LAB_SHARED_DISKS * LAB_SHARED_DISK_MIB + 2))M "$disk.part"
  { echo "label: gpt" && for _ in $(seq $LAB_SHARED_DISKS); do echo "size=${LAB_SHARED_DISK_MIB}MiB"; done; } |
    sfdisk -q "$disk.part" 9>&-
  mv "$disk.part" "$disk"
}

make_control_bridge() {
  in_fabric ip link show br-control >/dev/null 2>&1 && return
  in_fabric ip link add br-control type bridge
  in_fabric ip link set br-control up
  in_fabric ip addr add "$LAB_CONTROL_NET.254/24" dev br-control
}

# A host's network cards are taps in the fabric: m for management and migration, v for guests, c for control.
make_host_network() {
  local n=$1 pair tap
  for pair in m:br-link v:br-guests c:br-control; do
    tap=${pair%:*}$n
    in_fabric ip link show "$tap" >/dev/null 2>&1 || in_fabric ip tuntap add "$tap" mode tap
    in_fabric ip link set "$tap" master "${pair#*:}" up
  done
}

# Power a host on. Leaves alone one that runs.
power_on() {
  local n=$1 h images=$LAB_DIR/images card mac=52:54:00:dc cards=() index=0
  h=$(host_dir "$n")
  if [ -n "$(host_pid "$n")" ]; then return; fi
  mkdir -p "$h"
  make_host_network "$n"
  [ -e "$h/disk.qcow2" ] || qemu-img create -q -f qcow2 -F raw -b "$images/dom0.ext4" "$h/disk.qcow2" 9>&-
  for card in m v c; do
    cards+=(-netdev "tap,id=$card,ifname=$card$n,script=no,downscript=no,vhost=off"
      -device "virtio-net-pci,netdev=$card,romfile=,mac=$mac:c$index:0$n")
    index=$((index + 1))
  done
  # The CPU: an AMD model, since the emulation of its nested paging lets PVH guests run, and migrate live, on Debian's own
  # hypervisor. What is switched off on Xen's command line would only cost time here.
  in_fabric nice -n "$LAB_NICE" qemu-system-x86_64 -name "$LAB_PREFIX-h$n" -machine q35 -accel tcg,thread=multi,tb-size=256 \
    -cpu qemu64,+svm,+npt -m "$LAB_HOST_MIB" -smp "$LAB_HOST_CPUS" -nodefaults -display none -no-reboot -daemonize \
    -serial "file:$h/console.log" -monitor "unix:$h/monitor,server,nowait" -pidfile "$h/qemu.pid" \
    -kernel "$images/$(cat "$images/hypervisor")" -append "console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning \
dom0_mem=${LAB_DOM0_MIB}M,max:${LAB_DOM0_MIB}M dom0_max_vcpus=1 bootscrub=0 smep=0 smap=0 xpti=0 spec-ctrl=0 pv-l1tf=0 watchdog=0" \
    -initrd "$images/dom0-vmlinux console=hvc0 loglevel=4 mitigations=off net.ifnames=0 host=$n,$images/dom0-initrd.gz" \
    -drive "if=none,id=root,file=$h/disk.qcow2,format=qcow2,cache=unsafe" -device virtio-blk-pci,drive=root \
    -drive "if=none,id=shared,file=$LAB_DIR/shared.img,format=raw,cache=none,file.locking=off" \
    -device virtio-blk-pci,drive=shared,share-rw=on "${cards[@]}" \
    -fsdev "local,id=checkpoints,path=$LAB_DIR/checkpoints,security_model=none" \
    -device virtio-9p-pci,fsdev=checkpoints,mount_tag=checkpoints 9>&-
  # the way from outside: a socket in the file system belongs to no network
  if ! [ -S "$(socket_of "$n")" ] || ! kill -0 "$(cat "$h/door.pid" 2>/dev/null)" 2>/dev/null; then
    rm -f "$(socket_of "$n")"
    in_fabric setsid socat "UNIX-LISTEN:$(socket_of "$n"),fork,mode=0700" \
      "TCP:$LAB_CONTROL_NET.$n:16509,connect-timeout=10" >/dev/null 2>&1 </dev/null 9>&- &
    echo $! >"$h/door.pid"
    disown
  fi
}

# Power a host off as a pulled plug does: its links fall silent first, so nobody is told.
power_off() {
  local n=$1 h pid tap
  h=$(host_dir "$n")
  for tap in m v c; do in_fabric ip link set "$tap$n" nomaster 2>/dev/null || true; done
  pid=$(host_pid "$n")
  if [ -n "$pid" ]; then
    kill -KILL "$pid" 2>/dev/null || true
    wait_until 10 eval '[ -z "$(host_pid '"$n"')" ]' || fail "Host $n does not end." "Maybe see what process $pid waits for."
  fi
  for tap in m v c; do in_fabric ip link del "$tap$n" 2>/dev/null || true; done
  rm -f "$h/qemu.pid" "$h/console.log.old"
  [ ! -e "$h/console.log" ] || mv "$h/console.log" "$h/console.log.old"
}
