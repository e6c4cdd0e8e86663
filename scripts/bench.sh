#!/usr/bin/env bash
# How fast is it? Measures server and dashboard on what it builds; standard output has JSON lines only.
#
# usage: scripts/bench.sh [arguments of `baton bench`]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh" test >&2
"$here/build.sh" >&2
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"

cd "$root"
"$baton_bin" bench "$@"

measurements=$(mktemp)
trap 'rm -f "$measurements"' EXIT
BATON_MEASUREMENTS=$measurements "$here/e2e.sh" --config measure.config.ts >&2
cat "$measurements"
