# shellcheck shell=bash
# Compiling the build tools that are Rust programs, in as little time as can be.
# Needs say.sh, paths.sh, tools.sh and `run` of setup.sh.

# They run for seconds, so compiling them must not take long: no optimization but where it pays,
# no debug information, no unwinding, and no link-time optimization, which cargo-leptos asks for itself.
# usage: cargo_install CRATE VERSION ARGUMENTS...
cargo_install() {
  local crate=$1 version=$2
  shift 2
  # Not in the workspace: its cargo settings are not meant for the tools, nor are a person's flags for it.
  run mkdir -p "$tools_dir/build"
  [ -n "$dry_run" ] || cd "$tools_dir/build"
  run long_step "$tools_dir/build/$crate.log" \
    env -u RUSTFLAGS -u CARGO_BUILD_TARGET -u CARGO_ENCODED_RUSTFLAGS \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_PANIC=abort \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=none \
    cargo install "$crate" --version "$version" --root "$(tool_root "$crate" "$version")" \
    --target-dir "$tools_dir/build/$crate-$version" "$@"
  # Hundreds of megabytes that nothing needs again. An interrupted install keeps them and goes on from there.
  run rm -rf "$tools_dir/build/$crate-$version"
  [ -n "$dry_run" ] || cd "$root"
}
