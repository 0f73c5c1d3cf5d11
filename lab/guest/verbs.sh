# shellcheck shell=bash
# What `guest` does alike in every lab: its arguments, and what is asked of guests over HTTP. A lab's own script reads this after its
# lib.sh, brings the functions domain_xml, start, stop and consoles, and says in GUEST_SECONDS how long one may take to answer.

address() { echo "$LAB_GUEST_NET.$((10 + $1))"; }
need_number() { [[ ${1:-} =~ ^[1-9][0-9]*$ ]] && (($1 <= 200)) || fail "'${1:-}' is not a guest's number (1 to 200)." "Maybe: $0 $verb 1"; }
ask() { in_fabric curl -sf -m "$1" --noproxy '*' "http://$(address "$2")/$3"; }
replies() { ask 1 "$1" index.html >/dev/null 2>&1; }
wait_for() { # number, seconds
  wait_until "$2" replies "$1" && return
  local n
  # now: the lab may be gone before anyone can look
  for n in $(hosts_that_answer); do
    echo "Host $n, and what is on its guests' consoles:"
    virsh_on "$n" list --all
    consoles "$n"
  done >&2
  fail "Guest $1 did not answer http://$(address "$1")/ within $2 s."
}
check_load() {
  [[ $1 =~ ^(burn=[0-9]+|hold=[0-9]+|dirty=(0|[0-9]+:-?[0-9]+(:(word|page)(:[0-9]+:[0-9]+)?)?)|ep=(0|24|25|28))$ ]] ||
    fail "'$1' is not a load." "Maybe: burn=50 or dirty=16:500:page or hold=8 or ep=24"
}
# What does not fit is killed by the guest's kernel, and then nothing would write.
check_room() { # MiB of the guest, loads
  local mib=$1 word needed=0
  shift
  for word; do
    [[ $word =~ ^(dirty|hold)=([0-9]+) ]] && needed=$((needed + BASH_REMATCH[2]))
  done
  ((needed + 68 <= mib)) || fail "A guest of $mib MiB has no room for loads of $needed MiB." "Maybe: --mib $((needed + 68))"
}
hosts_that_answer() {
  local n
  for n in $(host_numbers); do answers "$n" && echo "$n"; done || true
}

need_name() {
  [[ ${1:-} =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || fail "'${1:-}' is no name for a guest." "Maybe use letters, digits and dashes: web-01."
}
need_answer() { answers "$1" || fail "Host $1 does not answer." "Maybe: $LAB_NAME/up, or $LAB_NAME/host start $1"; }

# Define and start what domain_xml prints, or start it without a definition.
bring_up() { # host, name, define or create
  local xml
  xml=$(mktemp)
  # shellcheck disable=SC2064
  trap "rm -f '$xml'" EXIT
  domain_xml >"$xml"
  virsh_on "$1" "$3" "$xml" >/dev/null
  [ "$3" = create ] || virsh_on "$1" start "$2" >/dev/null
}

# Carry out a verb with its arguments.
guest_verb() {
  local verb=$1 n state
  shift
  case $verb in
    start) start "$@" ;;
    wait)
      local seconds=$GUEST_SECONDS numbers=() number
      while [ $# -gt 0 ]; do
        case $1 in
          --seconds) seconds=$2 && shift 2 ;;
          *) need_number "$1" && numbers+=("$1") && shift ;;
        esac
      done
      for number in "${numbers[@]}"; do wait_for "$number" "$seconds"; done ;;
    load)
      need_number "${1:-}"
      local number=$1 query= word
      shift
      [ $# -gt 0 ] || usage
      for word; do check_load "$word" && query+="&$word"; done
      ask 30 "$number" "cgi-bin/load?${query#&}" ;;
    stat)
      need_number "${1:-}"
      ask 30 "$1" cgi-bin/stat ;;
    verify)
      need_number "${1:-}"
      # it waits for each of two loads for two minutes
      ask 250 "$1" cgi-bin/verify ;;
    disk)
      need_number "${1:-}"
      ask 60 "$1" "cgi-bin/disk${2:+?$2}" ;;
    file)
      need_number "${1:-}"
      ask 60 "$1" "cgi-bin/file${2:+?$2}" ;;
    peers)
      local peer
      for peer; do need_number "$peer"; done
      [ $# -ge 1 ] || usage
      ask 30 "$1" "cgi-bin/peers$([ $# = 1 ] || (IFS=: && echo "?$*"))" ;;
    where)
      for n in $(host_numbers); do
        [ ! -S "$(socket_of "$n")" ] || ! state=$(timeout 15 virsh -q -c "$(unix_uri "$n")" domstate "${1:?}" 2>/dev/null) || echo "$n $state"
      done ;;
    list)
      for n in $(hosts_that_answer); do virsh_on "$n" list --all | awk -v host="$n" 'NF > 2 && $2 != "Domain-0" { name = $2; $1 = $2 = ""; print host, name $0 }'; done ;;
    stop) stop "$@" ;;
    *) usage ;;
  esac
}
