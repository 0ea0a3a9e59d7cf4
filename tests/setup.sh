#!/bin/sh
# Installs what the rehearsal runs for real (engine, registry, a static shell for its images, skopeo, curl and openssl for comparison, umoci,
# setcap and mkfs for images and disks of other makers), what unpacks layers, what builds, boots and inspects the package, and linters.
# usage: setup.sh [PACKAGE...]    these only
# Does nothing where all of it is there. The packages' own daemons are kept from starting; no other package is removed.
set -eu

wanted="${*:-docker.io docker-registry busybox-static skopeo curl openssl flake8 shellcheck
    umoci libcap2-bin e2fsprogs mount libisal2 libzstd1 dpkg-dev debhelper bash-completion scdoc python3 debootstrap systemd-container lintian man-db procps}"
policy=/usr/sbin/policy-rc.d
log=''

fail() {
    echo "setup: $1" >&2
    exit 1
}

missing=''
for package in $wanted; do
    # shellcheck disable=SC2016 # ${...} is dpkg's, not the shell's
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

[ "$(id -u)" -eq 0 ] || fail "needs root to install$missing (and the rehearsal needs root for its engine)"
command -v apt-get >/dev/null || fail "no apt-get here: install$missing by hand"

cleanup() {
    [ -z "$own_policy" ] || rm -f "$policy"
    [ -z "$log" ] || rm -f "$log"
}
own_policy=''
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

log=$(mktemp)
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
install_missing() { apt-get install -y -q --no-install-recommends --no-remove $missing >"$log" 2>&1; }
# the package lists of a bare machine are empty or old: look for new ones only when it does not work without
if ! install_missing; then
    apt-get update -q >"$log" 2>&1 || fail "apt-get update failed: $(tail -n 1 "$log")"
    install_missing || fail "apt-get could not install$missing: $(grep '^E:' "$log" | tail -n 1)"
fi
