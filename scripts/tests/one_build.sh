#!/usr/bin/env bash
# Do the server and the tests share one build of every dependency? Cargo compiles a crate again, and all
# that stands on it, as soon as a test's dependency asks for one feature more of it than the server does.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# usage: features EDGES PACKAGES...: one line a crate and set of features that cargo would compile
features() {
  local edges=$1
  shift
  cargo tree --edges "$edges" --prefix none --no-dedupe --format '{p} [{f}]' "$@" |
    grep -v '(/' | sed 's| (proc-macro)||' | sort -u
}

server=$(features normal,build --package baton-server --no-default-features)
tests=$(features normal,build,dev --workspace --exclude baton-frontend)

# Crates of the server, with features that only the tests' build has.
twice=$(comm -13 <(printf '%s\n' "$server") <(printf '%s\n' "$tests") | while read -r name version wanted; do
  if printf '%s\n' "$server" | grep -qF "$name $version ["; then
    printf '%s %s %s\n' "$name" "$version" "$wanted"
  fi
done)

if [ -n "$twice" ]; then
  printf 'FAILED  the tests would compile these again, and all that stands on them:\n%s\n' "$twice"
  printf 'Give [workspace.dependencies] the features that the tests need, or the tests none of their own.\n'
  printf '0 passed, 1 failed\n'
  exit 1
fi
printf '1 passed, 0 failed\n'
