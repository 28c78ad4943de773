#!/bin/sh
# Writes the hash-pinned locks of the Python environment (jobs/requirements.lock), of its installer (jobs/uv.lock.txt) and of
# the peer that bench/overhead measures.
# Needs uv: the set-up leaves it in .venv-uv/bin.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv-uv/bin:$PATH"
compile() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
    --custom-compile-command 'npm run lock:python' "$@"
}
compile --override jobs/requirements.overrides.in --output-file jobs/requirements.lock jobs/requirements.in
compile --no-annotate --output-file bench/overhead/metaflow/requirements.lock bench/overhead/metaflow/requirements.in
compile --no-annotate --output-file jobs/uv.lock.txt jobs/uv.in
