#!/usr/bin/env bash
# Does it hold for long? The same tests as `make test`, with the full counts, outages and millions.
#
# usage: scripts/chaos.sh [a filter of test names]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh" test
"$here/build.sh"
# shellcheck source=scripts/lib/say.sh
. "$here/lib/say.sh"
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"
# shellcheck source=scripts/lib/cargo.sh
. "$here/lib/cargo.sh"

cd "$root"
header "The tests at full scale (this takes hours)"
export BATON_TEST_SCALE=full
cargo test --release --tests "${server_side[@]}" "${locked[@]+"${locked[@]}"}" "$@"
