#!/usr/bin/env bash
# Is the code formatted, and free of lints? Both halves of it: what runs on the server and what runs in the browser.
# In the release profile, so that what the build needs as well is compiled once.
#
# usage: scripts/check.sh [format|shell|lints]...   (all of them by default)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/say.sh
. "$here/lib/say.sh"
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"
# shellcheck source=scripts/lib/cargo.sh
. "$here/lib/cargo.sh"

cd "$root"

check_format() { cargo fmt --all --check; }

check_shell() {
  if ! command -v shellcheck >/dev/null; then
    say "shellcheck is not installed: the scripts were not linted"
    return
  fi
  shellcheck --external-sources --check-sourced scripts/*.sh scripts/tests/*.sh .ci/run
}

check_lints() {
  say "what runs on the server"
  cargo clippy --release "${server_side[@]}" --all-targets "${locked[@]+"${locked[@]}"}" -- -D warnings
  say "what runs in the browser"
  cargo clippy --profile wasm-release "${browser_side[@]}" "${locked[@]+"${locked[@]}"}" -- -D warnings
}

if [ $# -eq 0 ]; then set -- format shell lints; fi
for part in "$@"; do
  case $part in
    format | shell | lints) "check_$part" ;;
    *) die "usage: scripts/check.sh [format|shell|lints]..." ;;
  esac
done
