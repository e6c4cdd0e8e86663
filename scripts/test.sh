#!/usr/bin/env bash
# Does everything hold? Installs what is missing and runs every check, the cheapest first, and stops at the
# first that fails. The runners' own closing lines stand at the end of their sections; the times come last.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/say.sh
. "$here/lib/say.sh"
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"
# shellcheck source=scripts/lib/tools.sh
. "$here/lib/tools.sh"
# shellcheck source=scripts/lib/cargo.sh
. "$here/lib/cargo.sh"

cd "$root"

times=''
current=''

# usage: section "NAME" COMMAND...
section() {
  local started=$SECONDS
  current=$1
  shift
  header "$current"
  "$@"
  times="$times$(printf '  %-28s %6s' "$current" "$(clock $((SECONDS - started)))")"$'\n'
  current=''
}

closing() {
  local status=$?
  header "Times"
  printf '%s' "$times"
  if [ "$status" -ne 0 ] && [ -n "$current" ]; then
    printf '  %-28s %s\n' "$current" "FAILED (exit $status)"
  fi
  printf '  %-28s %6s\n' total "$(clock "$SECONDS")"
}
trap closing EXIT

tests_of_scripts() {
  local file
  for file in scripts/tests/*.sh; do bash "$file"; done
}

# Integration tests start the server that the build section made.
tests_of_rust() {
  # Without the examples, which the lints have compiled.
  BATON_BIN=$baton_bin cargo test --release --tests "${server_side[@]}" "${locked[@]+"${locked[@]}"}"
}

section "Set-up" scripts/setup.sh test
section "Tests of the scripts" tests_of_scripts
section "Format" scripts/check.sh format shell
section "Lints" scripts/check.sh lints
section "Build" scripts/build.sh
section "Unit and integration tests" tests_of_rust
section "Tests in the browser" scripts/e2e.sh
