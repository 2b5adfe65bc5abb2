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
page=$(mktemp)
"$buf" build --output - | go tool reference > "$page"
cp "$page" "$out/docs/reference.md" # not at once: a failure leaves the page as it was
rm "$page"
tools/sh/need.sh "protobuf-compiler, protobuf-compiler-grpc" /usr/bin/protoc /usr/bin/grpc_python_plugin
"$buf" generate --template buf.gen.python.yaml --output "$out"
