#!/usr/bin/env bash
# Does the dashboard work in a real browser, against the real server? Runs Playwright on what is built.
#
# usage: scripts/e2e.sh [arguments of `playwright test`]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/say.sh
. "$here/lib/say.sh"
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"
# shellcheck source=scripts/lib/tools.sh
. "$here/lib/tools.sh"
# shellcheck source=scripts/lib/platform.sh
. "$here/lib/platform.sh"
# shellcheck source=scripts/lib/browser.sh
. "$here/lib/browser.sh"

[ -x "$baton_bin" ] || die "there is no server at $baton_bin: build it with scripts/build.sh"
BATON_CHROMIUM=$(find_chromium) || die "no Chromium was found: scripts/setup.sh test says how to get one"
export BATON_CHROMIUM BATON_BIN="$baton_bin"
# For what several servers share; without one those specs say that they are skipped.
if BATON_POSTGRES_BIN=$(find_postgres); then export BATON_POSTGRES_BIN; fi

cd "$root/end2end"
node_modules/.bin/tsc --noEmit
say "$("$BATON_CHROMIUM" --version 2>/dev/null || echo "$BATON_CHROMIUM")"
exec node_modules/.bin/playwright test "$@"
