#!/usr/bin/env bash
# first-answer.sh: how long a newcomer waits, from `git clone` to the first answer
# of `go run ./cmd/parley serve`: once with empty Go caches, then twice with what
# the first run left in them. It clones the committed state.
set -euo pipefail
root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
scratch=$(mktemp -d)
trap 'pkill -f "$address" || true; rm -rf "$scratch"' EXIT
address=127.0.0.1:${PORT:-18080}
export GOMODCACHE=$scratch/modules GOCACHE=$scratch/build GOFLAGS=-modcacherw
for run in cold warm warm; do
  start=$(date +%s%N)
  git clone --quiet "$root" "$scratch/parley"
  cd "$scratch/parley"
  go run ./cmd/parley serve --listen "$address" --admin-listen "" > "$scratch/log" 2>&1 &
  until curl --silent --fail "http://$address/parley.unary.v1.UnaryService/GetServerResponse" \
    --header 'Content-Type: application/json' --data '{"message": "Hello Server you there?"}' > /dev/null; do
    kill -0 $! || { cat "$scratch/log"; exit 1; }
    sleep 0.1
  done
  printf '%s: %d ms\n' "$run" $((($(date +%s%N) - start) / 1000000))
  pkill -f "serve --listen $address"
  wait
  cd /
  rm -rf "$scratch/parley"
done
