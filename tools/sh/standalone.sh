#!/usr/bin/env bash
# standalone.sh: builds and vets every module of the workspace without the
# workspace, as a user of that module alone would get it. Two are never in the
# workspace: tests/bench holds what Parley is compared with, examples/go is a
# stranger's module.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0
for dir in $(go list -m -f '{{.Dir}}') "$PWD/tests/bench" "$PWD/examples/go"; do
  packages=$(cd "$dir" && GOWORK=off go list ./... 2> /dev/null) || packages=unlisted # vet will say why
  if [[ -n $packages ]] && ! (cd "$dir" && GOWORK=off go vet ./...); then
    echo "does not build with GOWORK=off: ${dir#"$PWD"/}"
    failed=1
  fi
done
exit "$failed"
