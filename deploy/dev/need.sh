#!/bin/sh
# need.sh COMMAND...: says how to get a command that is not there, and fails.
missing=0
for command in "$@"; do
	command -v "$command" >/dev/null 2>&1 && continue
	missing=1
	case $command in
	*go) echo "Go is not on the PATH. Install the version go.mod names (or 1.21 and later, which fetches it) from https://go.dev/dl/" >&2 ;;
	*npm | *node) echo "$command is not there. On Debian: apt-get install nodejs npm. Version 18.19 or later." >&2 ;;
	*) echo "$command is not there." >&2 ;;
	esac
done
exit $missing
