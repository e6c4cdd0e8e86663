# shellcheck shell=bash
# Compiling the build tools that are Rust programs, in as little time as can be.
# Needs say.sh, paths.sh, tools.sh and `run` of setup.sh.

# A program may come precompiled, or from another clone: looking again is cheaper than compiling.
installed() { find_tool "$1" "$2" "$3" >/dev/null; }

system_openssl() { pkg-config --exists openssl 2>/dev/null; }

# They run for seconds, so compiling them must not take long: no optimization but where it pays,
# no debug information, no unwinding, and no link-time optimization, which cargo-leptos asks for itself.
# usage: cargo_install CRATE VERSION ARGUMENTS...
cargo_install() {
  local crate=$1 version=$2
  shift 2
  # Not in the workspace: its cargo settings are not meant for the tools, nor are a person's flags for it.
  run mkdir -p "$tools_dir/build"
  [ -n "$dry_run" ] || cd "$tools_dir/build" || return
  run long_step "$tools_dir/build/$crate.log" \
    env -u RUSTFLAGS -u CARGO_BUILD_TARGET -u CARGO_ENCODED_RUSTFLAGS \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_PANIC=abort \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=none \
    CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback \
    cargo install "$crate" --version "$version" --root "$(tool_root "$crate" "$version")" \
    --target-dir "$tools_dir/build/$crate-$version" "$@"
  # Hundreds of megabytes that nothing needs again. An interrupted install keeps them and goes on from there.
  run rm -rf "$tools_dir/build/$crate-$version"
  cd "$root" || return
}

install_cargo_leptos() {
  local crate optimized=()
  installed cargo-leptos "$cargo_leptos_version" cargo-leptos && return
  # Compressing the site is the one heavy thing that it does itself: unoptimized, that costs every build 20 s.
  for crate in brotli brotli-decompressor alloc-no-stdlib alloc-stdlib libflate libflate_lz77 crc32fast adler2; do
    optimized+=(--config "profile.release.package.$crate.opt-level=3")
  done
  # Their generic code is compiled as part of this crate.
  optimized+=(--config "profile.release.package.cargo-leptos.opt-level=1")
  if [ -n "$dry_run" ] || system_openssl; then export OPENSSL_NO_VENDOR=1; fi
  header "Compiling cargo-leptos $cargo_leptos_version, which builds server and pages (about 6 min on 2 cores, once per user; kept in $tools_dir)"
  # Without downloads, a tool that is missing is an error with its name, and not a surprise from the network.
  cargo_install cargo-leptos "$cargo_leptos_version" --locked --features no_downloads "${optimized[@]}"
}

install_wasm_bindgen() {
  local version
  version=$(wasm_bindgen_version)
  [ -n "$version" ] || die "Cargo.lock names no wasm-bindgen: has it been made?"
  installed wasm-bindgen-cli "$version" wasm-bindgen && return
  header "Compiling wasm-bindgen $version, which joins the pages' WebAssembly to the browser (about 1 min, once per user; kept in $tools_dir)"
  # Not --locked: a version that its lock file names is not to be had everywhere.
  cargo_install wasm-bindgen-cli "$version" --bin wasm-bindgen
}

install_cargo_deny() {
  installed cargo-deny "$cargo_deny_version" cargo-deny && return
  header "Compiling cargo-deny $cargo_deny_version, which checks licences and sources (about 1 min, once per user; kept in $tools_dir)"
  cargo_install cargo-deny "$cargo_deny_version" --locked
}
