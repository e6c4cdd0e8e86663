# shellcheck shell=bash
# How the scripts talk: what is being done, how long it took, and why it stopped.
# Written for bash 3.2 as well, the one that macOS ships.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\033[1m' dim=$'\033[2m' red=$'\033[31m' reset=$'\033[0m'
else
  bold='' dim='' red='' reset=''
fi

# The beginning of something a reader may search for in a log.
header() { printf '\n%s==> %s%s\n' "$bold" "$*" "$reset"; }

say() { printf '  %s\n' "$*"; }

detail() { printf '  %s%s%s\n' "$dim" "$*" "$reset"; }

complain() { printf '%serror:%s %s\n' "$red" "$reset" "$*" >&2; }

die() {
  complain "$@"
  exit 1
}

# Seconds as a person reads them: 75 is 1:15.
clock() { printf '%d:%02d' "$(($1 / 60))" "$(($1 % 60))"; }

# Runs a long command with its output in a log file, and shows every half minute that it is alive.
# On failure the end of the log is what the reader needs, so it is shown.
# usage: long_step LOG COMMAND...
long_step() {
  local log=$1 started=$SECONDS pid status=0 last next=30
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # An interrupted person means the work, not only this loop.
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    if [ $((SECONDS - started)) -ge "$next" ]; then
      next=$((next + 30))
      last=$(tail -n 1 "$log" | tr -s ' ' | cut -c 1-90)
      detail "$(clock $((SECONDS - started))) $last"
    fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log" >&2
    complain "that failed (exit $status); the whole output is in $log"
    return "$status"
  fi
  say "done in $(clock $((SECONDS - started)))"
}
