# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the scripts that source this file
# Where things are: the workspace, the build folder, the tools, the server and its site.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

absolute() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$root" "$1" ;;
  esac
}

# Exported, so that cargo, cargo-leptos and the tests all mean the same folder.
CARGO_TARGET_DIR=$(absolute "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR

# One folder per user, not per clone: the tools take minutes to compile.
tools_dir=$(absolute "${BATON_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/baton/tools}")

# Read by cargo-leptos when it builds, and by the server and the browser tests when they run.
export LEPTOS_SITE_ROOT="$CARGO_TARGET_DIR/site"
export LEPTOS_SITE_PKG_DIR=pkg
export LEPTOS_OUTPUT_NAME=baton
export LEPTOS_HASH_FILES=true
# The program is not called as its package is, which cargo-leptos would take for granted.
export LEPTOS_BIN_EXE_NAME=baton

baton_bin="$CARGO_TARGET_DIR/release/baton"
