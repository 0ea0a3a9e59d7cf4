#!/bin/bash
# Runs the .NET tests and closes with the one line CI reads: "N passed, N failed, N skipped".
# usage: run-tests.sh [any dotnet test arguments]
set -uo pipefail
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT

rc=0
dotnet test "$@" "-p:TrxDir=$out" || rc=$?

count() { # count OUTCOME-REGEX ; one UnitTestResult element is one executed or skipped test
    { grep -rhoE --include='*.trx' '<UnitTestResult [^>]*' "$out" || true; } | grep -cE " outcome=\"($1)\"" || true
}
all=$(count '[A-Za-z]+')
passed=$(count Passed)
skipped=$(count 'NotExecuted|Inconclusive|NotRunnable|Pending|Disconnected')
failed=$((all - passed - skipped))

# A build error, a crashed test host or an empty selection must never look green.
if [ "$rc" -ne 0 ] && [ "$failed" -eq 0 ]; then
    echo "run-tests.sh: dotnet test ended with status $rc without a failed test (build error or crashed test host)" >&2
    failed=1
fi
if [ "$all" -eq 0 ]; then
    echo "run-tests.sh: no test ran" >&2
    [ "$failed" -gt 0 ] || failed=1
fi
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
