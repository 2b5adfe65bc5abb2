#!/usr/bin/env bash
# conformance.sh: the official Connect suite against the server and the client.
# It takes about a minute, so a plain test run skips it.
set -euo pipefail
cd "$(dirname "$0")/../../tests/conformance"
if [[ ${PARLEY_TEST_STRICT:-0} != 1 && ${PARLEY_TEST_SLOW:-0} != 1 && ${1:-} != run ]]; then
  echo "the Connect conformance suite is slow: go tool task conformance"
  exit 3
fi
GOWORK=off go test -count=1 -v ./...
