#!/usr/bin/env bash
# May we ship what we build from? Licences, bans and sources always; known vulnerabilities where the
# database of advisories can be fetched.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/say.sh
. "$here/lib/say.sh"
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"
# shellcheck source=scripts/lib/tools.sh
. "$here/lib/tools.sh"

cd "$root"
put_tools_on_path

header "Licences, bans and sources"
cargo-deny --locked check licenses bans sources

header "Known vulnerabilities"
if cargo-deny fetch db; then
  cargo-deny --locked check advisories
else
  say "SKIPPED: the database of advisories could not be fetched from here"
fi
