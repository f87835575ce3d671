#!/usr/bin/env bash
# Runs every Swift test on both databases. The probes' tests wait for peers by the clock: they come first and by
# themselves, so that a thousand others do not make them late. When some fail, their lines come once more at the very
# end, where somebody who sees only the end of a long log finds them.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p .build
log=.build/swift-tests.log
: > "$log"
failed=0
run() {
  tools/with-postgres.sh swift test "$@" 2>&1 | tee -a "$log"
  [ "${PIPESTATUS[0]}" = 0 ] || failed=1
}
run "$@" --filter '^ProbesTests\.'
run "$@" --skip '^ProbesTests\.'
if [ "$failed" != 0 ]; then
  echo
  echo "落ちたテスト / What failed (whole log: $log):"
  grep -aE '^(✘|↳)|error:|Fatal error' "$log" | grep -v '^✘ Suite' | tail -n 80 | cut -c -600
fi
exit "$failed"
