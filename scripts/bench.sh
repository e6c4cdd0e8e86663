#!/usr/bin/env bash
# How fast is it? Measures what it builds; standard output has JSON lines only. docs/benchmarks.md says what each figure means.
#
# usage: scripts/bench.sh [arguments of `baton bench`]   with arguments only what they name, else everything and the dashboard
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh" test >&2
"$here/build.sh" >&2
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"

cd "$root"
"$baton_bin" bench "$@"
[ $# -eq 0 ] || exit 0

measurements=$(mktemp)
trap 'rm -f "$measurements"' EXIT
BATON_MEASUREMENTS=$measurements "$here/e2e.sh" --config measure.config.ts >&2
cat "$measurements"
