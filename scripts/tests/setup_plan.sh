#!/usr/bin/env bash
# Does set-up plan the right thing on each kind of machine? Runs it dry on machines made of stubs:
# the only programs that a scenario has are the ones that it names.
set -euo pipefail

source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
sandbox=$(mktemp -d)
trap 'rm -rf "$sandbox"' EXIT

passed=0
failed=0
scenario=''

# What every Unix has, and what set-up itself uses of it.
basics=(awk bash cat cmp cp cut dirname env find grep head ls mkdir mktemp printf rm sed sh sleep sort tail tr xargs)

# A clone in which only what set-up reads is there.
make_clone() {
  local clone=$sandbox/clone
  mkdir -p "$clone/style" "$clone/end2end"
  cp -R "$source_root/scripts" "$clone/scripts"
  printf '[[package]]\nname = "wasm-bindgen"\nversion = "0.2.130"\n' >"$clone/Cargo.lock"
  for folder in style end2end; do
    echo '{}' >"$clone/$folder/package.json"
    echo '{}' >"$clone/$folder/package-lock.json"
  done
}

# usage: stub PROGRAM 'BODY'
stub() {
  printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
  chmod +x "$bin/$1"
}

# Begins a scenario on an empty machine.
machine() {
  local program path
  scenario=$1
  bin=$sandbox/bin
  rm -rf "$bin" "$sandbox/tools" "$sandbox/wasm" "$sandbox/machine"
  mkdir -p "$bin" "$sandbox/tools"
  for program in "${basics[@]}"; do
    path=$(command -v "$program") && [ -x "$path" ] && ln -s "$path" "$bin/$program"
  done
  stub sha256sum 'cat "$@" >/dev/null 2>&1; echo 0000'
  # shellcheck disable=SC2016 # the stub expands it
  stub uname 'case "$1" in -m) echo x86_64 ;; *) echo Linux ;; esac'
  stub perl 'exit 0'
  stub pkg-config 'exit 1'
  export BATON_SETUP_OS=Linux
  distribution debian
}

distribution() {
  printf 'ID=%s\n' "$1" >"$sandbox/os-release"
}

root_user() { stub id 'echo 0'; }
plain_user() { stub id 'echo 1000'; }

has_rust() {
  stub cargo 'exit 0'
  stub rustup 'exit 0'
  stub rustc "case \"\$1\" in --version) echo 'rustc $1 (0000 2026-01-01)' ;; --print) echo '$sandbox/wasm' ;; esac"
}
has_wasm_target() { mkdir -p "$sandbox/wasm"; }
has_node() {
  stub node "echo v$1"
  stub npm 'echo 11.0.0'
}
has_c_compiler() {
  stub cc 'exit 0'
  stub xcode-select 'exit 0'
}
has_browser() { stub "$1" 'exit 0'; }
has_postgres() { stub initdb 'exit 0'; }
has_redis() { stub redis-server 'exit 0'; }
has_mariadb() { stub mariadbd 'exit 0'; stub my_print_defaults 'exit 0'; }
has_apt() {
  stub apt-get 'exit 0'
  stub apt-cache "echo '  Candidate: $1'"
}
has_tools() {
  stub cargo-leptos 'echo cargo-leptos 0.3.10'
  stub wasm-bindgen "echo wasm-bindgen $1"
}

# usage: plan PURPOSE; leaves what was said in $said, and the exit code in $status
plan() {
  status=0
  said=$(PATH="$bin" HOME="$sandbox" BATON_SETUP_DRY_RUN=1 BATON_TOOLS_DIR="$sandbox/tools" BATON_CHROMIUM='' \
    BATON_POSTGRES_BIN='' BATON_REDIS_SERVER='' BATON_SETUP_POSTGRES_ROOT="$sandbox/machine" BATON_SETUP_OS_RELEASE="$sandbox/os-release" "$bin/bash" "$sandbox/clone/scripts/setup.sh" "$1" 2>&1) || status=$?
}

report() {
  if [ "$1" = ok ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED  %s: %s\n--- set-up said (exit %s):\n%s\n---\n' "$scenario" "$2" "$status" "$said"
  fi
}

says() { case $said in *"$1"*) report ok ;; *) report no "does not say: $1" ;; esac; }
says_nothing_of() { case $said in *"$1"*) report no "says: $1" ;; *) report ok ;; esac; }
goes_through() { if [ "$status" -eq 0 ]; then report ok; else report no "stopped"; fi; }
stops() { if [ "$status" -eq 1 ]; then report ok; else report no "did not stop with 1"; fi; }

make_clone

machine "Debian as root with Rust and Node only"
root_user; has_apt 18.20.4; has_rust 1.95.0; has_node 20.20.2
plan test
goes_through
says "would run: apt-get update"
says "apt-get install -q -y --no-install-recommends gcc libc6-dev libssl-dev pkg-config chromium postgresql redis-server mariadb-server-core mariadb-client-core"
says "would run: service postgresql stop"
says "would run: service redis-server stop"
says "would run: rustup target add wasm32-unknown-unknown"
says "cargo install cargo-leptos --version 0.3.10"
says "--locked --features no_downloads"
says "cargo install wasm-bindgen-cli --version 0.2.130"
says "/style ci"
says "/end2end ci"
says "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1"
says "$sandbox/tools"

machine "the same, to serve: no browser, no Playwright, no PostgreSQL, no Redis, no MariaDB"
root_user; has_apt 18.20.4; has_rust 1.95.0; has_node 20.20.2
plan serve
goes_through
says "gcc libc6-dev"
says_nothing_of chromium
says_nothing_of postgres
says_nothing_of redis
says_nothing_of mariadb
says_nothing_of "/end2end ci"

machine "Debian as root, where everything is there"
root_user; has_apt 18.20.4; has_rust 1.95.0; has_wasm_target; has_node 20.20.2; has_c_compiler; has_browser chromium; has_postgres; has_redis; has_mariadb; has_tools 0.2.130
plan test
goes_through
says_nothing_of apt-get
says_nothing_of "rustup target"
says_nothing_of "cargo install"

machine "Debian 12 as root without Node: its own is too old"
root_user; has_apt 18.20.4; has_rust 1.95.0; has_c_compiler; has_browser chromium
plan test
stops
says "Node.js 20 or newer, with npm: install Node.js 20 or newer with npm (https://nodejs.org)"
says_nothing_of "would run"

machine "a newer Debian as root without Node: its own will do"
root_user; has_apt 1:20.19.2; has_rust 1.96.1; has_c_compiler; has_browser chromium
stub pkg-config 'exit 0'
plan test
goes_through
says "--no-install-recommends nodejs npm"
says_nothing_of libssl-dev

machine "a user who has sudo without a password"
plain_user; has_apt 18.20.4; has_rust 1.95.0; has_node 22.1.0; has_c_compiler; stub sudo 'exit 0'
plan test
goes_through
says "would run: sudo -n apt-get update"
says "would run: sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends libssl-dev pkg-config chromium postgresql redis-server mariadb-server-core mariadb-client-core"
says "would run: sudo -n service postgresql stop"
says "would run: sudo -n service redis-server stop"

machine "a laptop whose sudo wants a password: asks for all at once, and touches nothing"
plain_user; has_apt 18.20.4; has_rust 1.95.0; has_node 22.1.0; stub sudo 'exit 1'
plan test
stops
says "a C compiler: sudo apt-get install gcc libc6-dev"
says "Chromium or Google Chrome: sudo apt-get install chromium"
says "PostgreSQL: sudo apt-get install postgresql (its server on port 5432 is not used and may be stopped)"
says "Redis: sudo apt-get install redis-server (its server on port 6379 is not used and may be stopped)"
says "MariaDB: sudo apt-get install mariadb-server-core mariadb-client-core"
says_nothing_of "would run"

machine "a laptop that has Chrome, and nothing to ask for"
plain_user; has_rust 1.97.0; has_wasm_target; has_node 24.0.0; has_c_compiler; has_browser google-chrome; has_postgres; has_redis; has_mariadb
plan test
goes_through
says_nothing_of "lacks"
says "cargo install cargo-leptos"

machine "Ubuntu, whose chromium package is a snap"
root_user; has_apt 18.20.4; distribution ubuntu; has_rust 1.95.0; has_node 20.1.0; has_c_compiler
plan test
stops
says "Chromium or Google Chrome: install Google Chrome (https://www.google.com/chrome)"

machine "Debian's PostgreSQL, whose programs are not on PATH"
root_user; has_apt 18.20.4; has_rust 1.95.0; has_node 20.1.0; has_c_compiler; has_browser chromium; has_redis; has_mariadb; stub pkg-config 'exit 0'
mkdir -p "$sandbox/machine/usr/lib/postgresql/15/bin"
cp "$bin/node" "$sandbox/machine/usr/lib/postgresql/15/bin/initdb"
plan test
goes_through
says_nothing_of postgresql

machine "a laptop without OpenSSL's headers and without Perl"
plain_user; has_apt 18.20.4; has_rust 1.95.0; has_node 22.1.0; has_c_compiler; stub perl 'exit 2'
plan serve
stops
says "Perl: sudo apt-get install perl"

machine "Fedora without root"
plain_user; stub dnf 'exit 0'; has_rust 1.95.0
plan serve
stops
says "a C compiler: sudo dnf install gcc glibc-devel"
says "sudo dnf install nodejs npm"

machine "Fedora without root, to test"
plain_user; stub dnf 'exit 0'; has_rust 1.95.0; has_node 22.1.0; has_c_compiler; has_browser chromium
plan test
stops
says "PostgreSQL: sudo dnf install postgresql-server"
says "Redis: sudo dnf install valkey-compat-redis"
says "MariaDB: sudo dnf install mariadb-server"

machine "no Rust at all"
root_user; has_apt 18.20.4; has_node 20.1.0; has_c_compiler
plan serve
stops
says "Rust 1.95 or newer: install it with rustup (https://rustup.rs)"

machine "a Rust that is too old"
root_user; has_apt 18.20.4; has_rust 1.94.1; has_node 20.1.0; has_c_compiler
plan serve
stops
says "Rust 1.95 or newer (here is 1.94.1)"
says "rustup update stable"

machine "a Rust of rustup's minimal profile"
root_user; has_apt 18.20.4; has_rust 1.95.0; has_wasm_target; has_c_compiler
# shellcheck disable=SC2016 # the stub expands it
stub cargo '[ "$1" = --version ]'
plan check
goes_through
says "would run: rustup component add rustfmt clippy"

machine "a Rust without rustup and without the browser's target"
plain_user; has_rust 1.96.0; rm "$bin/rustup"; has_node 20.1.0; has_c_compiler; has_browser chromium
plan serve
stops
says "Rust's wasm32-unknown-unknown target"

machine "another version of a tool on PATH is not used"
plain_user; has_rust 1.95.0; has_wasm_target; has_node 20.1.0; has_c_compiler; has_tools 0.2.99
plan serve
goes_through
says "cargo install wasm-bindgen-cli --version 0.2.130"
says_nothing_of "cargo install cargo-leptos"

machine "a tool that another clone installed is used"
plain_user; has_rust 1.95.0; has_wasm_target; has_node 20.1.0; has_c_compiler; has_tools 0.2.99
mkdir -p "$sandbox/tools/wasm-bindgen-cli-0.2.130/bin"
printf '#!/bin/sh\necho wasm-bindgen 0.2.130\n' >"$sandbox/tools/wasm-bindgen-cli-0.2.130/bin/wasm-bindgen"
chmod +x "$sandbox/tools/wasm-bindgen-cli-0.2.130/bin/wasm-bindgen"
plan serve
goes_through
says_nothing_of "cargo install"

machine "macOS with Homebrew"
plain_user; export BATON_SETUP_OS=Darwin; stub brew 'exit 0'; has_rust 1.95.0; has_c_compiler
plan test
goes_through
says "brew install node google-chrome postgresql@17 redis mariadb"
says_nothing_of "service "
says "rustup target add wasm32-unknown-unknown"
says "cargo install cargo-leptos"
says "/style ci"
says_nothing_of apt-get
says_nothing_of sudo

machine "macOS without Homebrew and without a compiler"
plain_user; export BATON_SETUP_OS=Darwin; has_rust 1.95.0; stub xcode-select 'exit 2'
plan serve
stops
says "a C compiler: xcode-select --install"
says "brew install node (Homebrew: https://brew.sh)"

machine "only lints: neither the build's tools nor npm"
root_user; has_apt 18.20.4; has_rust 1.95.0; has_c_compiler
plan check
goes_through
says "rustup target add"
says_nothing_of "cargo install"
says_nothing_of " ci "

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
