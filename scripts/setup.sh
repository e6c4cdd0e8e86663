#!/usr/bin/env bash
# What is missing on this machine for a command of the Makefile? Installs it where it may, and
# otherwise asks for it by name and stops. Asks no question, and says each thing that it does.
#
# usage: scripts/setup.sh serve|test|check|audit
# BATON_SETUP_DRY_RUN=1 only says what would be done.
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
# shellcheck source=scripts/lib/cargo_tools.sh
. "$here/lib/cargo_tools.sh"
# shellcheck source=scripts/lib/model.sh
. "$here/lib/model.sh"

purpose=${1:-}
dry_run=${BATON_SETUP_DRY_RUN:-}

# What a person has to install: one line each, with the command to type.
requests=()
# What the package manager brings in one go.
packages=()

request() { requests+=("$1: $2"); }

# Whether this run is for one of the named commands.
for_purpose() {
  case " $* " in
    *" $purpose "*) return 0 ;;
    *) return 1 ;;
  esac
}

# Runs a command that changes something, or says that it would.
run() {
  if [ -n "$dry_run" ]; then
    printf '  would run: %s\n' "$*"
  else
    "$@"
  fi
}

# Has a thing of the system installed, or asked for.
# usage: want THING "what it is called in a sentence"
want() {
  local names
  if can_install_packages && names=$(package_names "$1") && [ -n "$names" ]; then
    # Unquoted on purpose: one thing may be several packages.
    # shellcheck disable=SC2206
    packages+=($names)
  else
    request "$2" "$(advice "$1")"
  fi
}

version_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t . -k 1,1n -k 2,2n | head -n 1)" = "$2" ]
}

look_for_rust() {
  local version
  if ! command -v cargo >/dev/null || ! version=$(rustc --version 2>/dev/null); then
    request "Rust $rust_minimum or newer" "$(advice rust)"
    return
  fi
  version=${version#rustc }
  version_at_least "${version%% *}" "$rust_minimum" ||
    request "Rust $rust_minimum or newer (here is ${version%% *})" "$(advice rust)"
}

look_for_c_compiler() {
  # macOS has a `cc` that only opens a window which offers to install one.
  if [ "$platform_os" = Darwin ]; then
    xcode-select -p >/dev/null 2>&1 || want c-compiler "a C compiler"
    return
  fi
  command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null ||
    want c-compiler "a C compiler"
}

look_for_node() {
  local version
  if ! command -v npm >/dev/null || ! version=$(node --version 2>/dev/null); then
    want node "Node.js $node_minimum or newer, with npm"
    return
  fi
  version_at_least "${version#v}" "$node_minimum.0" ||
    request "Node.js $node_minimum or newer (here is $version)" "$(advice node)"
}

# cargo-leptos brings OpenSSL's sources, which take two minutes and Perl to compile. The system's library spares both.
look_for_openssl() {
  installed cargo-leptos "$cargo_leptos_version" cargo-leptos && return
  system_openssl && return
  if [ "$(package_manager)" = apt-get ] && can_install_packages; then
    want openssl "OpenSSL's headers"
  else
    perl -MIPC::Cmd -e 1 2>/dev/null || want perl "Perl"
  fi
}

look_for_browser() {
  if [ -n "${BATON_CHROMIUM:-}" ] && [ ! -x "$BATON_CHROMIUM" ]; then
    request "a browser at BATON_CHROMIUM" "there is none at $BATON_CHROMIUM"
  else
    find_chromium >/dev/null || want chromium "Chromium or Google Chrome"
  fi
}

# The tests start a PostgreSQL of their own; what is needed is its programs.
look_for_postgres() {
  if [ -n "${BATON_POSTGRES_BIN:-}" ] && [ ! -x "$BATON_POSTGRES_BIN/initdb" ]; then
    request "PostgreSQL at BATON_POSTGRES_BIN" "there is no initdb in $BATON_POSTGRES_BIN"
  else
    find_postgres >/dev/null || want postgres "PostgreSQL"
  fi
}

# The tests start a Redis of their own, too.
look_for_redis() {
  if [ -n "${BATON_REDIS_SERVER:-}" ] && [ ! -x "$BATON_REDIS_SERVER" ]; then
    request "Redis at BATON_REDIS_SERVER" "there is none at $BATON_REDIS_SERVER"
  else
    [ -n "${BATON_REDIS_SERVER:-}" ] || command -v redis-server >/dev/null || want redis "Redis"
  fi
}

# And a MariaDB of their own, for the queries over other people's databases.
look_for_mariadb() {
  find_mariadb >/dev/null || want mariadb "MariaDB"
}

look_around() {
  look_for_rust
  look_for_c_compiler
  if for_purpose serve test; then
    look_for_node
    look_for_openssl
  fi
  if for_purpose test; then
    look_for_browser
    look_for_postgres
    look_for_redis
    look_for_mariadb
  fi
}

# Everything at once: a person should not run this five times to learn of five things.
ask_for_requests() {
  local line
  [ ${#requests[@]} -gt 0 ] || return 0
  complain "this machine lacks what only you can install:"
  for line in "${requests[@]}"; do
    printf '  - %s\n' "$line" >&2
  done
  printf 'Then run the same command again.\n' >&2
  exit 1
}

install_packages() {
  local as_root
  [ ${#packages[@]} -gt 0 ] || return 0
  header "Installing with the system's package manager: ${packages[*]} (about a minute)"
  case $(package_manager) in
    apt-get)
      as_root=$(root_prefix)
      # shellcheck disable=SC2086 # nothing, or `sudo -n`
      run $as_root apt-get update -q
      # shellcheck disable=SC2086
      run $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
      stop_new_services "$as_root"
      ;;
    brew)
      run env HOMEBREW_NO_AUTO_UPDATE=1 brew install "${packages[@]}"
      ;;
  esac
}

# Debian's packages start servers of their own. Nothing here uses those, so they do not stay running.
# usage: stop_new_services "the command that becomes root"
stop_new_services() {
  local package service
  for package in "${packages[@]}"; do
    case $package in
      postgresql) service=postgresql ;;
      redis-server) service=redis-server ;;
      *) continue ;;
    esac
    # shellcheck disable=SC2086 # nothing, or `sudo -n`
    run $1 service "$service" stop || complain "the server that the package $package started still runs; the tests do not mind"
  done
}

install_wasm_target() {
  local libraries
  libraries=$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null || true)
  [ -n "$libraries" ] && [ -d "$libraries" ] && return
  if ! command -v rustup >/dev/null; then
    request "Rust's wasm32-unknown-unknown target" "this Rust is not rustup's: install the target as it was installed, or use rustup (https://rustup.rs)"
    ask_for_requests
  fi
  header "Adding the browser's target to Rust (some seconds)"
  run rustup target add wasm32-unknown-unknown
}

# rustup's minimal profile comes without them.
install_rust_components() {
  local missing=()
  cargo fmt --version >/dev/null 2>&1 || missing+=(rustfmt)
  cargo clippy --version >/dev/null 2>&1 || missing+=(clippy)
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! command -v rustup >/dev/null; then
    request "Rust's ${missing[*]}" "this Rust is not rustup's: install them as it was installed"
    ask_for_requests
  fi
  header "Adding ${missing[*]} to Rust (some seconds)"
  run rustup component add "${missing[@]}"
}

# A folder's npm packages, exactly as its lock file says; nothing to do if they are there already.
# usage: install_npm FOLDER "what for, and how long"
install_npm() {
  local folder=$root/$1 stamp=$root/$1/node_modules/.baton-installed wanted
  wanted=$(npm_fingerprint "$folder")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
  header "Installing $1's npm packages: $2"
  run env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --prefix "$folder" ci --no-audit --no-fund --loglevel=error
  [ -n "$dry_run" ] || printf '%s\n' "$wanted" >"$stamp"
}

# The weights of the model that runs inside the process. Everything else works without them, so it is no reason to stop.
install_model() {
  model_is_there && return
  header "Fetching the weights of the model that runs inside the process (98 MB, once per user)"
  if run fetch_model; then
    [ -n "$dry_run" ] || rm -f "$model_left_out"
  else
    echo "  Skills that need a language model are refused until one is configured, or the weights are there."
    if mkdir -p "$model_dir"; then
      echo "The set-up could not fetch the weights on $(date -u +%F)." >"$model_left_out"
    fi
  fi
}

npm_fingerprint() {
  (
    cd "$1"
    "${sha256[@]}" package.json package-lock.json
    # Some packages are built for one system, so the folder does not move between systems.
    echo "$platform_os $(uname -m) $(node --version 2>/dev/null)"
  )
}

main() {
  case $purpose in
    serve | test | check | audit) ;;
    *) die "usage: scripts/setup.sh serve|test|check|audit" ;;
  esac
  look_around
  ask_for_requests
  install_packages
  install_wasm_target
  if for_purpose test check; then install_rust_components; fi
  if for_purpose serve test; then
    install_cargo_leptos
    install_wasm_bindgen
    install_npm style "Tailwind, wasm-opt, charts and fonts (about 10 s)"
    run "$here/vendor.sh"
    install_model
  fi
  if for_purpose test; then
    install_npm end2end "Playwright, without a browser of its own (about 5 s)"
  fi
  if for_purpose audit; then install_cargo_deny; fi
}

main
