#!/usr/bin/env bash
# Are the server and the site that it serves up to date? Builds what is not, optimized.
#
# cargo-leptos rebuilds the whole site each time: it erases it, runs wasm-bindgen and wasm-opt and compresses
# every file, which takes half a minute even where nothing changed. So a stamp remembers what the site was
# built from, and while that is the same only the server goes through cargo, which is quick to see its own work.
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
put_tools_on_path
# Without a `v` in front, cargo-leptos would take it for Tailwind 3.
unset LEPTOS_TAILWIND_VERSION

stamp=$CARGO_TARGET_DIR/site.stamp

# The wasm's own sources, as rustc listed them: one path a line. Spaces within a path are written as `\ `.
# What build scripts made of them lies in the target folder; it is newer than the build's start, and says nothing more.
wasm_sources() {
  local list bell=$'\a'
  for list in "$CARGO_TARGET_DIR"/front/wasm32-unknown-unknown/wasm-release/*.d \
    "$CARGO_TARGET_DIR"/wasm32-unknown-unknown/wasm-release/*.d; do
    [ -f "$list" ] || continue
    sed -e 's/^[^:]*: *//' -e "s/\\\\ /$bell/g" "$list" | tr ' ' '\n' | tr "$bell" ' '
  done | awk -v made="$CARGO_TARGET_DIR/" 'index($0, made) != 1'
}

# Every file that the site is made of. Tailwind reads all of app/src, also what the browser's half leaves out.
site_inputs() {
  {
    wasm_sources
    find "$root/app" "$root/frontend" "$root/public" "$root/.cargo" -type f
    find "$root/style" -name node_modules -prune -o -type f -print
    printf '%s\n' "$root/Cargo.toml" "$root/Cargo.lock"
  } | sort -u | while IFS= read -r file; do
    # A listed file that is gone changes the list, and so the fingerprint.
    if [ -f "$file" ]; then printf '%s\n' "$file"; fi
  done
}

fingerprint() {
  {
    rustc -vV
    printf '%s\n' "cargo-leptos $cargo_leptos_version split" "${RUSTFLAGS:-}" "$LEPTOS_SITE_ROOT"
    site_inputs | tr '\n' '\0' | xargs -0 "${sha256[@]}"
  } | "${sha256[@]}" | cut -d ' ' -f 1
}

site_is_whole() {
  local compressed
  [ -f "$CARGO_TARGET_DIR/release/hash.txt" ] || return 1
  for compressed in "$LEPTOS_SITE_ROOT/$LEPTOS_SITE_PKG_DIR"/*.wasm.br; do
    [ -f "$compressed" ] && return 0
  done
  return 1
}

site_is_current() {
  site_is_whole && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ]
}

# Not where a file changed while the build ran: nobody knows which of its two contents went in.
write_stamp() {
  local file
  while IFS= read -r file; do
    if [ "$file" -nt "$stamp.started" ]; then
      say "$file changed meanwhile: the next build makes the site again"
      return
    fi
  done < <(site_inputs)
  fingerprint >"$stamp"
}

cargo_leptos_build() {
  # The lock file is a person's to change, and not a build machine's.
  if [ -n "${CI:-}" ]; then set -- "$@" --cargo-locked; fi
  # Where rustc refuses code, a backtrace of cargo-leptos would only push the reason off the screen.
  RUST_BACKTRACE=0 cargo-leptos build --release "$@"
}

# The browser's half is joined and made small by one core, for minutes. Where memory allows, the server compiles beside it,
# as cargo-leptos would ask for it afterwards; what fails here fails there again, and is told there.
server_beside=''
begin_server_beside() {
  local kilobytes=0 meminfo=${BATON_MEMINFO:-/proc/meminfo}
  if [ -r "$meminfo" ]; then kilobytes=$(awk '/^MemAvailable:/ { print $2 }' "$meminfo"); fi
  [ "$kilobytes" -ge 10000000 ] || return 0
  # A process group of its own: its end is that of every compiler in it.
  set -m
  cargo build --release --no-default-features --package=baton-server --bin=baton "${locked[@]+"${locked[@]}"}" \
    >"$CARGO_TARGET_DIR/server-beside.log" 2>&1 </dev/null &
  server_beside=$!
  set +m
  trap end_server_beside EXIT
}

# Whoever interrupts the build, or finds the pages broken, waits for no server.
end_server_beside() {
  [ -n "$server_beside" ] || return 0
  kill -- "-$server_beside" 2>/dev/null || true
  wait "$server_beside" 2>/dev/null || true
}

started=$SECONDS
mkdir -p "$CARGO_TARGET_DIR"
if site_is_current; then
  header "Building the server (the site is up to date)"
  cargo_leptos_build --server-only
else
  header "Building the pages and the server, optimized (first time about 12 min on 2 cores, then 1 to 3)"
  rm -f "$stamp"
  touch "$stamp.started"
  begin_server_beside
  cargo_leptos_build --precompress --split
  if [ -n "$server_beside" ]; then wait "$server_beside" || true; fi
  server_beside=''
  write_stamp
  rm -f "$stamp.started"
fi
say "built in $(clock $((SECONDS - started)))"
