#!/bin/bash
# Boots a tree under its own systemd, as a machine of its own whose changes are thrown away, and ends it when the standard input is
# closed, which a killed caller does too. Says "ready PID", the process whose namespaces are the machine's, or why not.
# usage: machine.sh TREE [--bind=FROM:TO]... [FILE...]    FROM is seen as TO inside; the files are put into /srv
set -uo pipefail

if [ -z "${MACHINE_NAMESPACE:-}" ]; then
    # mounts of our own, which vanish with the last process in here
    MACHINE_NAMESPACE=1 exec setsid unshare --mount --propagation private "$0" "$@"
fi
trap '' INT TERM HUP

tree=$1
shift
binds=()
while [[ ${1:-} == --bind=* ]]; do
    binds+=("$1")
    shift
done
work=$(mktemp -d /tmp/apr-machine-XXXXXX)
name=$(basename "$work")
nspawn=
leader=

inside() { nsenter -t "$leader" --all "$@"; }

gone() { # gone PID TENTHS
    for _ in $(seq "$2"); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

cleanup() {
    if [ -n "$nspawn" ]; then
        [ -z "$leader" ] || inside systemctl --no-block poweroff 2>/dev/null
        gone "$nspawn" 150 || kill -KILL "$nspawn"
        wait "$nspawn"
    fi
    # ourselves out of the group, then what systemd left of it
    for group in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
        [ ! -d "$group/$name" ] || { echo $$ >"$group/cgroup.procs"; } 2>/dev/null
    done
    find /sys/fs/cgroup -depth -type d -path "*/$name*" -exec rmdir {} + 2>/dev/null
    umount -l "$work/root" 2>/dev/null
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT

fail() {
    echo "$1"
    exit 1
}

command -v systemd-nspawn >/dev/null || fail "systemd-nspawn not found: run tests/setup.sh"
mkdir "$work/upper" "$work/work" "$work/root"
if ! mount -t overlay overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/work" "$work/root" 2>/dev/null; then
    # where the folder for temporary files is an overlay itself
    cp -a "$tree/." "$work/root"
fi
mkdir -p "$work/root/srv"
[ $# -eq 0 ] || cp -r "$@" "$work/root/srv"

# a group of our own, so that several machines can run at once; nspawn makes its groups below it
for group in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -e "$group/cgroup.procs" ] && mkdir "$group/$name" && echo $$ >"$group/$name/cgroup.procs"
done

systemd-nspawn --quiet --directory="$work/root" --boot --register=no --keep-unit --machine="$name" --console=pipe \
    ${binds[@]+"${binds[@]}"} </dev/null >"$work/console" 2>&1 &
nspawn=$!
for _ in $(seq 600); do
    kill -0 "$nspawn" 2>/dev/null || fail "systemd-nspawn ended: $(tail -n 3 "$work/console" | tr '\n' ' ')"
    leader=$(pgrep -P "$nspawn" | head -n 1)
    [ -z "$leader" ] || ! inside systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded' || break
    sleep 0.1
done
inside systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded' || fail "the machine did not boot within a minute"

echo "ready $leader"
cat >/dev/null
