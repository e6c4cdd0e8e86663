# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the scripts that source this file
# Which crates are compiled for which half. Needs paths.sh.

# The browser's entry turns Leptos' `hydrate` feature on, which must never meet the server's `ssr` in one build.
server_side=(--workspace --exclude baton-frontend)

# In cargo-leptos' own folder, so that the build that follows finds its macros and build scripts compiled.
browser_side=(--package baton-frontend --lib --target wasm32-unknown-unknown --target-dir "$CARGO_TARGET_DIR/front")

# The lock file is a person's to change, and not a build machine's.
locked=()
if [ -n "${CI:-}" ]; then locked=(--locked); fi
