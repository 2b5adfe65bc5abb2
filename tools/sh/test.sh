#!/usr/bin/env bash
# test.sh: the whole test run behind `task test`. Each check and then the Go
# tests run; a time table and the runner's summary come last, and the checks are
# part of that summary, so its last line counts everything.
#
# PARLEY_TEST_STRICT=1: what is missing fails instead of being skipped by name,
# the Go tests run under the race detector, and slow suites run (the tests read
# the same variable).
set -uo pipefail
cd "$(dirname "$0")/../.."
export PATH=$PWD/.bin:$PWD/tools/node_modules/.bin:$PATH
strict=${PARLEY_TEST_STRICT:-0}
events=$(mktemp)
trap 'rm -f "$events"' EXIT
table=()
worst=pass

event() { # event ACTION TEST [TEXT]: one line as `go test -json` writes it
  printf '{"Action":"%s","Package":"github.com/parleyhq/parley/checks"%s%s}\n' \
    "$1" "${2:+,\"Test\":\"$2\"}" "${3:+,\"Output\":\"$3\\n\"}" >> "$events"
}

step() { # step NAME COMMAND...
  local name=$1 start=$SECONDS status=0 verdict=pass
  shift
  printf '\n== %s\n' "$name"
  "$@" || status=$?
  if ((status == 3)) && [[ $strict != 1 ]]; then
    verdict=skip
  elif ((status != 0)); then
    verdict=fail
    worst=fail
  fi
  event run "$name"
  if [[ $verdict != pass ]]; then
    event output "$name" "$verdict: see == $name in the output above"
  fi
  event "$verdict" "$name"
  table+=("$(printf '%-12s %-5s %4d s' "$name" "$verdict" $((SECONDS - start)))")
}

# No result comes from the go command's cache: it does not see that most tests drive a
# server which they build themselves, and would call a changed one good.
#
# In strict mode a failed test is run once more, alone: some suites watch clocks
# and memory of other processes, and a busy machine upsets them. Tests that needed
# it are named; more than three failures are no accident and not repeated.
gotests() {
  local flags=(-count=1 -timeout 9m) rerun=()
  if [[ $strict == 1 ]]; then
    flags=(-count=1 -race -timeout 25m)
    rerun=(--rerun-fails=1 --rerun-fails-max-failures=3 --rerun-fails-report="$events.rerun")
  fi
  gotestsum --format pkgname-and-test-fails --hide-summary all --jsonfile "$events.go" \
    "${rerun[@]}" --packages="${PACKAGES:-github.com/parleyhq/parley/...}" -- "${flags[@]}"
}

if [[ $strict == 1 ]]; then
  step tools go tool pin heavy
fi
step lint tools/sh/lint.sh
step breaking go tool breaking
step generate tools/sh/drift.sh
step standalone tools/sh/standalone.sh
step golangci tools/sh/golangci.sh
step es tsc -p tools
step python tools/sh/python.sh
step conformance tools/sh/conformance.sh
event "$worst" ""

status=0
start=$SECONDS
printf '\n== go test\n'
gotests || status=$?
if ((status == 0)) && [[ -s $events.rerun ]]; then
  printf '\n== failed once, passed when run again alone\n'
  cat "$events.rerun"
  # What counts is the second run: the first one's failures are its story.
  grep -v '"Action":"fail"' "$events.go" > "$events.passed"
  mv "$events.passed" "$events.go"
fi
cat "$events.go" >> "$events"
rm -f "$events.go" "$events.rerun"
table+=("$(printf '%-12s %-5s %4d s' "go test" "$( ((status == 0)) && echo pass || echo fail)" $((SECONDS - start)))")

printf '\n== time table\n'
printf '%s\n' "${table[@]}"
printf '%-12s       %4d s\n\n' total "$SECONDS"
gotestsum --format none --raw-command -- cat "$events" || status=1
# Without a failed command gotestsum takes the run for a good one, whatever it counts.
[[ $worst != fail ]] || status=1
exit "$status"
