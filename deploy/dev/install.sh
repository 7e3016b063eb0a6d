#!/bin/bash
# Installs what "make test" needs and this machine lacks: Debian packages that the tests start privately, on loopback
# ports and in temporary folders. No machine-wide service is started or left enabled. It may be run again at any time; when
# all is there it does nothing. It runs as root or through sudo.
set -euo pipefail

say() { echo "install: $*"; }
die() { echo "install: $*" >&2; exit 1; }

# Each line is a Debian package and a file whose presence makes it unnecessary, however it came there.
needs='
chromium            /usr/bin/chromium
chromium-headless-shell /usr/bin/chromium-headless-shell
postgresql          /usr/lib/postgresql/*/bin/initdb
postfix             /usr/sbin/postfix
swaks               /usr/bin/swaks
libnet-ssleay-perl  /usr/lib/*/perl5/*/Net/SSLeay.pm
dovecot-imapd       /usr/lib/dovecot/imap
flite               /usr/bin/flite
espeak-ng           /usr/bin/espeak-ng
iproute2            /usr/bin/ss
poppler-utils       /usr/bin/pdftoppm
'

missing=()
while read -r package file; do
	[[ -n $package ]] || continue
	compgen -G "$file" >/dev/null || missing+=("$package")
done <<<"$needs"
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)

root=()
services=()

# Packages start their services when they are installed unless policy-rc.d says no.
# (invoke-rc.d(8): exit status 101 is "forbidden").
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/kinbridge-tests.conf
remove=()
cleanup() {
	((${#remove[@]} == 0)) || "${root[@]}" rm -f -- "${remove[@]}"
}

wanted() { [[ " ${missing[*]} " == *" $1 "* ]]; }

prepare() {
	if [[ ! -e $policy ]]; then
		remove+=("$policy")
		printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
		"${root[@]}" chmod 755 "$policy"
	fi
	# The tests make their own PostgreSQL clusters; the package need not make one.
	if wanted postgresql; then
		"${root[@]}" mkdir -p "${cluster%/*}"
		remove+=("$cluster")
		echo 'create_main_cluster = false' | "${root[@]}" tee "$cluster" >/dev/null
	fi
	# Postfix asks how it should be configured; the tests bring their own configuration.
	if wanted postfix; then
		services+=(postfix)
		echo 'postfix postfix/main_mailer_type select No configuration' | "${root[@]}" debconf-set-selections
	fi
	if wanted dovecot-imapd; then
		services+=(dovecot)
	fi
}

install_packages() {
	command -v apt-get >/dev/null || die "this machine has no apt-get. Install these by hand and run again: ${missing[*]}"
	if ((EUID != 0)); then
		command -v sudo >/dev/null || die "run as root, or install sudo, or install these by hand: ${missing[*]}"
		root=(sudo)
	fi
	say "installing ${missing[*]}"
	trap cleanup EXIT
	prepare
	"${root[@]}" apt-get update -qq
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
	if [[ -d /run/systemd/system ]]; then
		for service in "${services[@]}"; do
			"${root[@]}" systemctl disable --now "$service" >/dev/null 2>&1 || say "could not disable $service: look at it yourself"
		done
	fi
}

if ((${#missing[@]})); then
	install_packages
else
	say "all Debian packages are there"
fi
"$(dirname "$0")/need.sh" go node npm
