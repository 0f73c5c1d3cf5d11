# shellcheck shell=bash
# What the labs share. A lab's own lib.sh sets LAB_NAME, LAB_PART and LAB_PREFIX before it reads this file, and says with socket_of,
# unix_uri, power_on and power_off what a host of its kind is. Override the settings from the environment; a second lab beside the first
# needs only another LAB_PREFIX.
set -euo pipefail

LAB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_DIR=${LAB_DIR:-/var/lib/dcbalance-lab/$LAB_PREFIX} # unix socket paths below it must stay under 108 characters
LAB_CACHE=${LAB_CACHE:-$LAB_ROOT/.cache}               # what is built once: kernels, RAM disks, images, programs
LAB_NICE=${LAB_NICE:--5}                               # guests get the CPU they ask for, beside a build or a browser
LAB_LINK_NET=10.99.0                                   # management and migration: host N is .N, the fabric is .254
LAB_GUEST_NET=10.77.0                                  # guests: guest number n is .(10+n), the fabric is .1
FABRIC=$LAB_PREFIX-net

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

usage() {
  awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
  exit "${1:-2}"
}

need_root() { [ "$(id -u)" = 0 ] || fail "The lab needs root: it makes network namespaces." "Maybe run it with sudo."; }

# One lab-changing script at a time. Long-lived children must close the descriptor: `9>&-`.
lock_lab() {
  local made
  made=$(cat "$LAB_DIR/.dcbalance-lab" 2>/dev/null || true)
  [ -z "$made" ] || [ "$made" = "$(readlink /proc/self/ns/mnt)" ] ||
    fail "The lab was made in another mount namespace ('ip netns exec' enters one of its own)." "Maybe start what calls this with $LAB_NAME/run, which does not."
  mkdir -p "$(dirname "$LAB_DIR")"
  while :; do
    exec 9>"$LAB_DIR.lock"
    flock -w 120 9 || fail "Another script has been changing the lab $LAB_PREFIX for two minutes." "Maybe it hangs: see 'fuser -v $LAB_DIR.lock'."
    # `down` removes the file: what we waited for may be gone
    [ "$LAB_DIR.lock" -ef /proc/self/fd/9 ] && return
    mkdir -p "$(dirname "$LAB_DIR")"
  done
}

has_netns() { [ -e "/run/netns/$1" ]; }
in_fabric() { nsenter --net="/run/netns/$FABRIC" -- "$@"; } # not `ip netns exec`: mounts made in there would stay in there

host_dir() { echo "$LAB_DIR/h$1"; }
virsh_on() {
  local n=$1
  shift
  virsh -q -c "$(unix_uri "$n")" "$@"
}
answers() { [ -S "$(socket_of "$1")" ] && timeout 5 virsh -q -c "$(unix_uri "$1")" version >/dev/null 2>&1; }

# Numbers of the hosts that were made, whether they answer or not.
host_numbers() {
  local d
  for d in "$LAB_DIR"/h[0-9]*; do
    [ -d "$d" ] && echo "${d##*/h}"
  done | sort -n
}

need_host() {
  [[ ${1:-} =~ ^[0-9]+$ ]] || fail "'${1:-}' is not the number of a host." "Maybe: $0 ... 1"
  [ -d "$(host_dir "$1")" ] || fail "Host $1 was not made." "Maybe start the lab first: $LAB_NAME/up"
}

wait_until() { # seconds, command...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

need_tools() {
  local tool
  for tool; do command -v "$tool" >/dev/null || fail "'$tool' is missing." "Maybe run: lab/install${LAB_PART:+ --only $LAB_PART}"; done
}

# Folders for what is built once; one build at a time.
open_cache() {
  mkdir -p "$LAB_CACHE"
  LAB_CACHE=$(cd "$LAB_CACHE" && pwd)
  exec 8>"$LAB_CACHE/build.lock"
  flock 8
  # of builds that were killed
  rm -rf "$LAB_CACHE"/{build,fetch}.??????
}

# Fetch the kernel that a Debian metapackage stands for, once, and print where its package is. Nothing is installed.
fetch_kernel() { # linux-image-amd64 or linux-image-cloud-amd64
  local flavour=${1#linux-image-} package work
  find_kernel() { find "$LAB_CACHE" -maxdepth 1 -regex ".*/linux-image-[0-9.-]*-${flavour}_.*\.deb" | sort -V | tail -1; }
  package=$(find_kernel)
  if [ -z "$package" ]; then
    kernel() { apt-cache depends "linux-image-$flavour" 2>/dev/null | awk '/Depends: linux-image/ { print $2; exit }'; }
    [ -n "$(kernel)" ] || apt-get update -qq >&2
    [ -n "$(kernel)" ] || fail "apt does not know $1." "Maybe this machine is not Debian on x86-64, or apt has no source of packages."
    work=$(mktemp -d "$LAB_CACHE/fetch.XXXXXX")
    # apt may drop its rights for the download, hence a folder that it can write to
    chmod 755 "$work"
    (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$(kernel)" >&2) || { rm -rf "$work" && return 1; }
    mv "$work"/linux-image-*.deb "$LAB_CACHE/"
    rm -rf "$work"
    package=$(find_kernel)
  fi
  echo "$package"
}

make_fabric() {
  has_netns "$FABRIC" && return
  ip netns add "$FABRIC"
  in_fabric ip link set lo up
  local bridge
  for bridge in br-link br-guests; do
    in_fabric ip link add "$bridge" type bridge
    in_fabric ip link set "$bridge" up
  done
  in_fabric ip addr add "$LAB_LINK_NET.254/24" dev br-link
  in_fabric ip addr add "$LAB_GUEST_NET.1/24" dev br-guests
  # a person in the fabric may ping without extra rights
  in_fabric sh -c 'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range' 2>/dev/null || true
}

# End what runs in one of our own namespaces, except for ourselves and our callers.
end_processes_in() {
  local pid spare=" " up=$$ left
  while [ "${up:-0}" -gt 1 ]; do
    spare+="$up "
    up=$(ps -o ppid= -p "$up" | tr -d ' ')
  done
  for _ in $(seq 50); do
    left=0
    for pid in $(ip netns pids "$1" 2>/dev/null); do
      [[ $spare == *" $pid "* ]] && continue
      # the listing lists itself, and is gone by now: such a kill fails
      if kill -KILL "$pid" 2>/dev/null; then left=1; fi
    done
    [ $left = 0 ] && return
    sleep 0.1
  done
  echo "Some processes in $1 did not end." >&2
}
