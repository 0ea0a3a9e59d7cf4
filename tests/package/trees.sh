#!/bin/bash
# Makes the two trees that the package's tests boot, unless they are there: FOLDER/bare, a Debian 12 with systemd and nothing else,
# and FOLDER/python, the same with Python. The mirror is the one this machine has configured.
# usage: trees.sh FOLDER
set -euo pipefail

folder=$(mkdir -p "$1" && realpath "$1")
exec 9>"$folder/lock"
flock 9

fail() {
    echo "trees: $1" >&2
    exit 1
}

mirror() {
    # shellcheck disable=SC2016 # $(...) is apt's, not the shell's
    apt-get indextargets --format '$(SITE) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "bookworm" && $3 == "main" { print $1; exit }'
}

proxy() { apt-config shell value "Acquire::$1::Proxy" | sed -n "s/^value='\(.*\)'$/\1/p"; }

# whole or not at all: an interrupted tree is begun afresh
finish() { # finish NAME
    chroot "$folder/$1.new" apt-get clean
    mv "$folder/$1.new" "$folder/$1"
}

[ "$(id -u)" -eq 0 ] || fail "needs root"
http_proxy=${http_proxy:-$(proxy http)}
https_proxy=${https_proxy:-$(proxy https)}
[ -z "$http_proxy" ] || export http_proxy
[ -z "$https_proxy" ] || export https_proxy

if [ ! -d "$folder/bare" ]; then
    command -v debootstrap >/dev/null || fail "debootstrap not found: run tests/setup.sh"
    site=$(mirror)
    [ -n "$site" ] || fail "no source of Debian bookworm main is configured on this machine"
    rm -rf --one-file-system "$folder/bare.new"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates,libssl3 bookworm "$folder/bare.new" "$site" \
        >"$folder/log" 2>&1 || fail "debootstrap failed: $(tail -n 1 "$folder/log")"
    finish bare
fi

if [ ! -d "$folder/python" ]; then
    rm -rf --one-file-system "$folder/python.new"
    cp -a "$folder/bare" "$folder/python.new"
    DEBIAN_FRONTEND=noninteractive chroot "$folder/python.new" apt-get install -y -q --no-install-recommends python3 \
        >"$folder/log" 2>&1 || fail "Python could not be installed: $(grep '^E:' "$folder/log" | tail -n 1)"
    finish python
fi
