#!/bin/bash
# Runs govulncheck at the version go.mod pins. Its database is on the network: where that cannot be reached this says so
# and succeeds, because nothing was learnt either way; a vulnerability that our code calls fails.
set -uo pipefail
out=$(go tool govulncheck ./... 2>&1)
status=$?
echo "$out"
if ((status == 0)); then
	exit 0
fi
if grep -q 'fetching vulnerabilities' <<<"$out" &&
	! grep -q '^Vulnerability #' <<<"$out"; then
	echo "vuln: NOT CHECKED: the vulnerability database could not be reached from this machine."
	exit 0
fi
exit $status
