#!/bin/bash
# Everything CI runs, in order, with a summary at the end. A step that fails does not stop those after it that can still
# tell something, except that nothing is tested without the tools and the assets.
set -uo pipefail
cd "$(dirname "$0")/../.."

kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
names=() results=() failed=0
step() { # step NAME COMMAND...
	local name=$1 start=$SECONDS
	shift
	printf '\n=== %s\n' "$name"
	if "$@" 2>&1 | tee "$kept/${#names[@]}"; then
		results+=("ok    $((SECONDS - start))s")
	else
		results+=("FAIL  $((SECONDS - start))s")
		failed=1
	fi
	names+=("$name")
	[[ ${results[-1]} == ok* ]]
}

summary() {
	printf '\n=== summary\n'
	for i in "${!names[@]}"; do
		printf '%-52s %s\n' "${names[i]}" "${results[i]}"
	done
	printf '%-52s %s\n' "altogether" "$( ((failed)) && echo FAIL || echo ok)    ${SECONDS}s"
	closing
	exit $failed
}

# What go test and node said last, once more: each package, each test that failed, and node's counts.
closing() {
	local i
	for i in "${!names[@]}"; do
		case ${names[i]} in
		"Go tests"*)
			printf '\n=== go test\n'
			grep -E '^(ok|FAIL|panic:)[[:space:]]|^[[:space:]]*--- FAIL' "$kept/$i"
			;;
		"end to end"*)
			printf '\n=== node --test\n'
			grep -E '^[[:space:]]*(not ok|✖) ' "$kept/$i"
			grep -E '^(#|ℹ) (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ' "$kept/$i"
			;;
		esac
	done
}
trap 'echo interrupted; exit 130' INT TERM

step "tools (Debian packages, Go, npm)" ./deploy/dev/install.sh || summary
step "page assets" make --no-print-directory assets || summary
step "format, vet, staticcheck, TypeScript types" make --no-print-directory lint
step "binary" make --no-print-directory build
# Once, with the race detector: unit tests, both databases, real peers and the seeds of every fuzz target.
step "Go tests: units, both databases, race, fuzz seeds" make --no-print-directory race
step "end to end in Chromium" make --no-print-directory e2e
step "known vulnerabilities" make --no-print-directory vuln
summary
