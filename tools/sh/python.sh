#!/usr/bin/env bash
# python.sh: imports every generated Python module with Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools/sh/need.sh "python3-grpcio, python3-protobuf" /usr/bin/python3 \
  /usr/lib/python3/dist-packages/grpc /usr/lib/python3/dist-packages/google/protobuf
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=gen/python /usr/bin/python3 - <<'PY'
import importlib, pathlib
root = pathlib.Path("gen/python")
names = sorted(".".join(p.relative_to(root).with_suffix("").parts) for p in root.rglob("*.py"))
assert len(names) > 5, f"only {len(names)} modules in {root}"
for name in names:
    importlib.import_module(name)
print(f"imported {len(names)} generated modules")
PY
