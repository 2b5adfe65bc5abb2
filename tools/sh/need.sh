#!/usr/bin/env bash
# need.sh PACKAGE FILE...: succeeds when every file is there. Otherwise it says
# what is missing and exits 3, which the test run reports as a skip by name, and
# as a failure when PARLEY_TEST_STRICT is 1.
set -euo pipefail
package=$1
shift
for file in "$@"; do
  if [[ ! -e $file ]]; then
    echo "missing $file (Debian package $package)"
    exit 3
  fi
done
