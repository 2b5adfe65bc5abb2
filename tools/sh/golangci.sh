#!/usr/bin/env bash
# golangci.sh: .golangci.yml on every module of the workspace but generated code.
# Building the linter takes minutes once, so a plain test run skips it where it
# was not built (`task setup:lint`); a strict one builds it.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
if [[ ! -e .bin/golangci-lint ]]; then
  if [[ ${PARLEY_TEST_STRICT:-0} != 1 && ${1:-} != build ]]; then
    echo "golangci-lint is not built: go tool task setup:lint"
    exit 3
  fi
fi
go tool pin lint
failed=0
for dir in $(go list -m -f '{{.Dir}}'); do
  case $dir in "$PWD/gen") continue ;; esac
  [[ -n $(cd "$dir" && go list ./... 2> /dev/null) ]] || continue
  (cd "$dir" && "$root/.bin/golangci-lint" run ./...) || failed=1
done
# Outside the workspace: what Parley is compared with, and a stranger's module.
for dir in tests/bench examples/go; do
  (cd "$dir" && GOWORK=off "$root/.bin/golangci-lint" run ./...) || failed=1
done
exit "$failed"
