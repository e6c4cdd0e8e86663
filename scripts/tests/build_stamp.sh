#!/usr/bin/env bash
# Is the site rebuilt when, and only when, something that it is made of has changed?
# A stub stands for cargo-leptos; it leaves behind what the real one does.
set -euo pipefail

source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
sandbox=$(mktemp -d)
trap 'rm -rf "$sandbox"' EXIT

# A space in the path, for somebody's folder has one.
clone="$sandbox/a clone"
passed=0
failed=0

make_clone() {
  mkdir -p "$clone"/{app/src,frontend/src,src/domain/src,server/src,public,.cargo,style/node_modules} "$sandbox/bin"
  cp -R "$source_root/scripts" "$clone/scripts"
  echo app >"$clone/app/src/lib.rs"
  echo domain >"$clone/src/domain/src/lib.rs"
  echo server >"$clone/server/src/main.rs"
  echo css >"$clone/style/tailwind.css"
  echo dependency >"$clone/style/node_modules/file"
  echo lock >"$clone/Cargo.lock"
  echo manifest >"$clone/Cargo.toml"
}

# usage: stub_cargo_leptos: writes what it was asked for to $sandbox/asked
stub_cargo_leptos() {
  cat >"$sandbox/bin/cargo-leptos" <<'STUB'
#!/usr/bin/env bash
if [ "$1" = --version ]; then echo "cargo-leptos 0.3.10"; exit; fi
echo "$*" >>"$ASKED"
case $* in *--server-only*) exit ;; esac
if [ -n "${FAIL:-}" ]; then exit 1; fi
front=$CARGO_TARGET_DIR/front/wasm32-unknown-unknown/wasm-release
mkdir -p "$CARGO_TARGET_DIR/release" "$LEPTOS_SITE_ROOT/pkg" "$front"
echo hash >"$CARGO_TARGET_DIR/release/hash.txt"
echo wasm >"$LEPTOS_SITE_ROOT/pkg/baton.0.wasm.br"
escaped=$(printf '%s' "$PWD" | sed 's/ /\\ /g')
# What a build script makes is listed too, and is newer than the start of the build.
sleep 0.01
echo made >"$front/made.json"
made=$(printf '%s' "$front/made.json" | sed 's/ /\\ /g')
echo "$front/baton.wasm: $escaped/app/src/lib.rs $escaped/src/domain/src/lib.rs $made" >"$front/baton.d"
STUB
  printf '#!/usr/bin/env bash\necho "$*" >>"$ASKED_CARGO"\n' >"$sandbox/bin/cargo"
  chmod +x "$sandbox/bin/cargo-leptos" "$sandbox/bin/cargo"
}

build() {
  : >"$sandbox/asked"
  : >"$sandbox/asked_cargo"
  PATH="$sandbox/bin:$PATH" ASKED="$sandbox/asked" ASKED_CARGO="$sandbox/asked_cargo" BATON_MEMINFO="$sandbox/${MEMORY:-much}" BATON_TOOLS_DIR="$sandbox/tools" CI='' \
    bash "$clone/scripts/build.sh" >"$sandbox/said" 2>&1
}

# usage: expect full|server "WHEN"
expect() {
  local asked wanted='build --release --precompress --split'
  if [ "$1" = server ]; then wanted='build --release --server-only'; fi
  asked=$(cat "$sandbox/asked")
  if [ "$asked" = "$wanted" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED  %s: asked cargo-leptos for "%s"\n' "$2" "$asked"
    cat "$sandbox/said"
  fi
}

make_clone
stub_cargo_leptos
echo 'MemAvailable:   16000000 kB' >"$sandbox/much"
echo 'MemAvailable:    4000000 kB' >"$sandbox/little"
unset CARGO_TARGET_DIR

# usage: beside server|nothing "WHEN"
beside() {
  local asked wanted=''
  asked=$(cat "$sandbox/asked_cargo")
  if [ "$1" = server ]; then
    wanted='build --release --no-default-features --package=baton-server --bin=baton'
  fi
  if [ "$asked" = "$wanted" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED  %s: asked cargo for "%s"\n' "$2" "$asked"
  fi
}

build
expect full "nothing built yet"
beside server "the pages are built"
build
expect server "nothing changed"
beside nothing "the pages are up to date"
echo changed >"$clone/server/src/main.rs"
build
expect server "only the server changed"
echo changed >"$clone/app/src/lib.rs"
MEMORY=little build
expect full "a page changed"
beside nothing "memory is short"
echo changed >"$clone/src/domain/src/lib.rs"
build
expect full "a crate below the pages changed"
echo new >"$clone/public/icon.svg"
build
expect full "a new asset"
rm "$clone/public/icon.svg"
build
expect full "an asset is gone"
echo other >"$clone/style/node_modules/file"
build
expect server "an npm package's inside is none of the site's sources"
rm "$clone/target/site/pkg/baton.0.wasm.br"
build
expect full "the site was removed"
echo again >"$clone/app/src/lib.rs"
FAIL=1 build || true
build
expect full "the build before failed"
CARGO_TARGET_DIR=$sandbox/elsewhere build
expect full "another target folder has its own site"
CARGO_TARGET_DIR=$sandbox/elsewhere build
expect server "and its own stamp"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
