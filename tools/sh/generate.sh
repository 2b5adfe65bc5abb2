#!/usr/bin/env bash
# generate.sh [FOLDER]: regenerates gen/ and docs/reference.md, in the repository or
# below FOLDER. Without Debian's protoc the Python stubs stay as they are: exit 3, by
# name.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-.}
buf=tools/node_modules/.bin/buf
"$buf" generate --output "$out"
.bin/errdetails > .bin/errdetails.binpb
"$buf" generate --template buf.gen.es.yaml --output "$out"
mkdir -p "$out/docs"
"$buf" build -o .bin/contract.binpb
go tool reference < .bin/contract.binpb > .bin/reference.md
mv .bin/reference.md "$out/docs/reference.md"
tools/sh/need.sh "protobuf-compiler, protobuf-compiler-grpc" /usr/bin/protoc /usr/bin/grpc_python_plugin
"$buf" generate --template buf.gen.python.yaml --output "$out"
