#!/usr/bin/env bash
# How fast is it beside others? Runs Baton and other systems in turn on this machine, in one sitting, and prints the ratios.
#
# usage: scripts/bench_peers.sh [--rounds N] FOLDER PEER... [-- arguments of `baton bench`]
#
# FOLDER is a benchmark of those systems: its `run.sh PEER` does the same work with one of them and leaves JSON lines
# {"peer", "figure", "value", "unit", "setting"} in $OUT/PEER.jsonl. Standard output has JSON lines only, one a figure that both have;
# `ratio` is above 1 where Baton is the better one. What was measured stays in target/bench.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/say.sh
. "$here/lib/say.sh"
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"

rounds=3
if [ "${1:-}" = --rounds ]; then
  rounds=${2:?how many rounds?}
  shift 2
fi
folder=${1:?a folder with the other systems\' benchmark}
shift
[ -x "$folder/run.sh" ] || die "$folder has no run.sh that can be run."
folder=$(cd "$folder" && pwd)
peers=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  peers+=("$1")
  shift
done
[ "${1:-}" != -- ] || shift
[ ${#peers[@]} -gt 0 ] || die "Name at least one peer, as $folder knows it."
[ $# -gt 0 ] || set -- throughput latency drain idle --drain 1000,10000,100000

"$here/setup.sh" serve >&2
"$here/build.sh" >&2
out="$CARGO_TARGET_DIR/bench/$(date +%Y%m%d-%H%M%S)"
for ((round = 1; round <= rounds; round++)); do
  for peer in "${peers[@]}"; do
    mkdir -p "$out/$round/$peer"
    # Baton before each of them: what the machine does meanwhile is as much the same as can be.
    header "Round $round of $rounds: baton, then $peer" >&2
    (cd "$root" && "$baton_bin" bench "$@") >"$out/$round/$peer/baton.jsonl"
    OUT="$out/$round/$peer" "$folder/run.sh" "$peer" >&2
  done
done
node "$here/lib/peer_ratios.mjs" "$out"
