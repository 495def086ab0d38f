#!/usr/bin/env bash
# Rewrite the lock files from what the .in files resolve to beside the pinned torch.
# torch stays out of them: its build differs by machine, set-up installs it first in a step of its own.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
lock() { # lock FILE INPUT...
  local target=$1; shift
  python3 -m venv --clear "$scratch/venv"
  "$scratch/venv/bin/pip" install -q --no-deps torch==2.13.0
  "$scratch/venv/bin/pip" install -q $(printf -- '-r %s ' "$@")
  "$scratch/venv/bin/pip" freeze --all --exclude torch --exclude pip >"$scratch/pins"
  "$scratch/venv/bin/pip" install -q uv
  "$scratch/venv/bin/uv" pip compile -q --no-deps --generate-hashes --no-annotate --no-header --no-emit-index-url \
    --python-version 3.11 "$scratch/pins" -o "$target"
}
lock runtime.txt runtime.in
lock dev.txt runtime.in dev.in
"$scratch/venv/bin/uv" pip compile -q --no-deps --generate-hashes --no-annotate --no-header --no-emit-index-url \
  --python-version 3.11 build.in -o build.txt
