#!/usr/bin/env bash
# drift.sh: fails when gen/ or docs/reference.md is not what the contract generates,
# or gen/ holds files that are not committed. It generates into a scratch folder and
# changes nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python=0
tools/sh/generate.sh "$scratch" || python=$?
ignore=(--exclude=go.mod --exclude=go.sum --exclude=__pycache__)
case $python in
  0) ;;
  3) ignore+=(--exclude=python) ;;
  *) exit "$python" ;;
esac
failed=0
if ! diff --recursive --brief "${ignore[@]}" gen "$scratch/gen"; then
  echo "gen/ does not match proto/: run 'go tool task generate' and commit the result"
  failed=1
fi
if ! diff --brief docs/reference.md "$scratch/docs/reference.md"; then
  echo "docs/reference.md does not match proto/: run 'go tool task generate' and commit the result"
  failed=1
fi
untracked=$(git ls-files --others --exclude-standard -- gen)
if [[ -n $untracked ]]; then
  printf 'not committed:\n%s\n' "$untracked"
  failed=1
fi
((failed == 0)) || exit 1
exit "$python"
