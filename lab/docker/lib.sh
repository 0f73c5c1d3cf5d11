# shellcheck shell=bash
# Shared by the scripts that start and stop a Docker engine for the tests.
set -euo pipefail
DOCKER_LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PROJECT=$(cd "$DOCKER_LAB/../.." && pwd)
LAB_CACHE=${LAB_CACHE:-$DOCKER_LAB/../.cache}
ENGINE_DIR=${ENGINE_DIR:-/var/lib/dcbalance-docker} # images, containers and volumes of an engine that we start
ENGINE_PID=$ENGINE_DIR/dockerd.pid
SOCKET=/var/run/docker.sock                         # where every client looks first
POSTGRES_IMAGE=dcbalance-test/postgres:18
CONSOLE_BASE_IMAGE=dcbalance-test/console-base:25

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}
usage() {
  awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
  exit "${1:-2}"
}
engine_answers() { timeout 10 docker info >/dev/null 2>&1; }
our_engine() { # prints the pid of the engine that `up` started, if it runs
  local pid
  pid=$(cat "$ENGINE_PID" 2>/dev/null) || return 0
  if [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *"--data-root $ENGINE_DIR/data"* ]]; then echo "$pid"; fi
}
need_engine() { engine_answers || fail "No Docker engine answers." "Maybe: lab/docker/up"; }

# Copy the shared libraries that programs need, and that are not in a folder of their own, below ROOT at the same paths.
copy_libraries() { # root, own library folder or '', programs...
  local root=$1 own=$2
  shift 2
  local program file
  for program; do
    LD_LIBRARY_PATH=$own ldd "$program" 2>/dev/null || true
  done | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) print $i }' | sort -u | while read -r file; do
    case $file in "$root"/* | "${own:-/nowhere}"/*) continue ;; esac
    mkdir -p "$root$(dirname "$file")"
    cp -Ln "$file" "$root$file"
  done
}
