#!/usr/bin/env bash
# How does a person start Baton from a clone? Installs, builds, and becomes the server,
# so that the signals of a terminal or a supervisor reach it.
#
# usage: scripts/serve.sh [arguments of `baton serve`]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh" serve
"$here/build.sh"
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"
# shellcheck source=scripts/lib/say.sh
. "$here/lib/say.sh"

cd "$root"
header "Starting Baton"
exec "$baton_bin" serve "$@"
