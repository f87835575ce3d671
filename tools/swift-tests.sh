#!/usr/bin/env bash
# Runs every Swift test on both databases. When some fail, their lines come once more at the very end, where somebody who
# sees only the end of a long log finds them.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p .build
log=.build/swift-tests.log
tools/with-postgres.sh swift test "$@" 2>&1 | tee "$log"
code=${PIPESTATUS[0]}
if [ "$code" != 0 ]; then
  echo
  echo "落ちたテスト / What failed (whole log: $log):"
  grep -aE '^(✘|↳)|error:|Fatal error' "$log" | grep -v '^✘ Suite' | tail -n 80 | cut -c -600
fi
exit "$code"
