#!/usr/bin/env bash
# lint.sh: the contract's rules and format, and the format of Go code.
set -euo pipefail
cd "$(dirname "$0")/../.."
buf=tools/node_modules/.bin/buf
"$buf" lint
"$buf" format --diff --exit-code
files=$(git ls-files --cached --others --exclude-standard '*.go' ':!gen' | while read -r file; do [[ -e $file ]] && echo "$file"; done)
unformatted=$(xargs -r gofmt -l <<< "$files")
if [[ -n $unformatted ]]; then
  printf 'not formatted, run gofmt -w on:\n%s\n' "$unformatted"
  exit 1
fi
