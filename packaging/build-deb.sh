#!/bin/bash
# Builds the Debian package in a copy of the source tree, so that nothing here is cleaned away, and two builds can run at once.
# usage: build-deb.sh FOLDER    where the .deb, .changes and .buildinfo go
set -euo pipefail

out=$(mkdir -p "$1" && realpath "$1")
source=$(realpath "$(dirname "$0")/..")
command -v dotnet >/dev/null || { echo "build-deb: the .NET SDK of global.json is not on the PATH" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/app-preflight"
tar -C "$source" --exclude=./artifacts --exclude=./.git --exclude=./tests --exclude=bin --exclude=obj --exclude=__pycache__ -cf - . |
    tar -C "$work/app-preflight" -xf - --no-same-owner

log=$work/log
(cd "$work/app-preflight" && dpkg-buildpackage -us -uc -b --no-sign) >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    echo "build-deb: dpkg-buildpackage failed" >&2
    exit 1
}
rm -f "$out"/app-preflight_*_amd64.*
mv "$work"/app-preflight_* "$out"
ls "$out"/app-preflight_*_amd64.deb
