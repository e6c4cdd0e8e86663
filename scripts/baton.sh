#!/usr/bin/env bash
# How is a command of the server run from a clone, as `baton bench` or `baton demo`? Builds first;
# what the command prints is alone on standard output, for its JSON lines are read by programs.
#
# usage: scripts/baton.sh COMMAND [ARGUMENTS]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh" serve >&2
"$here/build.sh" >&2
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"

cd "$root"
exec "$baton_bin" "$@"
