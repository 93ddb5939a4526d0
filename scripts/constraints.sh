#!/bin/sh
# Writes constraints.txt: the versions that were tried together, for every platform.
# Without hashes, because pip refuses an editable install when constraints carry them; without
# a header and addresses, because those differ from machine to machine.
set -eu

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"${1:-python3}" -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv
"$tools/bin/uv" pip compile pyproject.toml --quiet --universal --all-extras --upgrade \
  --no-header --no-annotate --output-file constraints.txt
