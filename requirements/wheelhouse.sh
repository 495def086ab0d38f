#!/usr/bin/env bash
# Fill a folder with every wheel that Rounds runs on, this checkout's own among them, and name each with its hash.
# `wheelhouse.sh FOLDER`, with the interpreter and the torch build of .venv; the folder fits machines of this kind.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python folder=$1
mkdir -p "$folder"
find "$folder" -maxdepth 1 -name 'rounds-*.whl' -delete
pip() { "$python" -m pip "$@" --quiet --quiet --disable-pip-version-check; }

torch=$("$python" -c 'from importlib.metadata import version; print(version("torch"))')
pip wheel --require-hashes --no-deps --wheel-dir "$folder" -r requirements/runtime.txt
# A build of torch for GPUs brings libraries of its own; which, only the installation knows.
"$python" -m pip freeze | grep -iE '^(nvidia|triton|cuda)' >"$folder/gpu.txt" || true
pip wheel --no-deps --wheel-dir "$folder" "torch==$torch" -r "$folder/gpu.txt"
rm "$folder/gpu.txt"

rm -rf build # what an earlier build left there would go into the wheel
"$python" -m rounds.bills .
pip wheel --no-deps --no-build-isolation --wheel-dir "$folder" .
rm -rf build
"$python" -m rounds.wheelhouse "$folder"
