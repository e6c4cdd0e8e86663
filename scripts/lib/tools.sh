# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the scripts that source this file
# The build tools, their exact versions, and the PATH on which a build finds them.
# Needs paths.sh.

# 0.3.10 is the last one that rustc 1.95 compiles.
cargo_leptos_version=0.3.10
cargo_deny_version=0.20.2
# What the workspace's `rust-version` says.
rust_minimum=1.95
# What Playwright asks for.
node_minimum=20

# wasm-bindgen's command line must be of the very version that the crate was locked to.
wasm_bindgen_version() {
  awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' "$root/Cargo.lock"
}

# Where a tool of one version is installed; versions stand side by side, clones share them.
tool_root() { printf '%s/%s-%s' "$tools_dir" "$1" "$2"; }

# Whether this program answers to this version: `name 1.2.3`, perhaps with more behind it.
answers_version() {
  local answer
  answer=$("$1" --version 2>/dev/null | head -n 1) || return 1
  case " $answer " in
    *" $2 "*) return 0 ;;
    *) return 1 ;;
  esac
}

# Prints the folder to put on PATH for a tool: nothing if the right version is there already,
# and fails if it has to be installed.
# usage: find_tool CRATE VERSION PROGRAM
find_tool() {
  local found
  if found=$(command -v "$3") && answers_version "$found" "$2"; then
    return 0
  fi
  found="$(tool_root "$1" "$2")/bin"
  [ -x "$found/$3" ] && answers_version "$found/$3" "$2" && printf '%s' "$found"
}

# usage: put_tool_on_path CRATE VERSION PROGRAM
put_tool_on_path() {
  local folder
  if folder=$(find_tool "$@") && [ -n "$folder" ]; then
    PATH="$folder:$PATH"
  fi
}

# cargo-leptos takes whatever bears a tool's name on PATH and asks for no version,
# so ours go first. npm's folder brings `tailwindcss` and `wasm-opt`.
put_tools_on_path() {
  put_tool_on_path cargo-leptos "$cargo_leptos_version" cargo-leptos
  put_tool_on_path wasm-bindgen-cli "$(wasm_bindgen_version)" wasm-bindgen
  put_tool_on_path cargo-deny "$cargo_deny_version" cargo-deny
  export PATH="$root/style/node_modules/.bin:$PATH"
}

# macOS has no sha256sum.
sha256=(sha256sum)
command -v sha256sum >/dev/null || sha256=(shasum -a 256)
