#!/bin/sh
# Runs the program of `make dist` where nothing is but a distribution's smallest system: no Swift, no SQLite, no Python.
#
#     Tests/Tools/bare.sh DIST SUITE [debootstrap's options]
#
# DIST is the folder `make dist` makes. Needs debootstrap and root; what it makes is gone afterwards. MIRROR says where
# the packages are, if not where debootstrap looks; exit code 77 where none can be had.
set -eu
dist=$(realpath "$1")
suite=$2
shift 2
root=$(mktemp -d)
chmod 755 "$root"
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root" "$root.scripts"' EXIT
# debootstrap knows a suite by a file of its name; Ubuntu's are all the same one.
if [ ! -e "/usr/share/debootstrap/scripts/$suite" ]; then
    cp -R /usr/share/debootstrap "$root.scripts"
    ln -s gutsy "$root.scripts/scripts/$suite"
    export DEBOOTSTRAP_DIR="$root.scripts"
fi
# shellcheck disable=SC2086
debootstrap --variant=minbase "$@" "$suite" "$root" ${MIRROR:-} >"$root.log" 2>&1 || {
    tail -n 5 "$root.log" >&2
    if grep -q "Failed getting release" "$root.log"; then exit 77; fi
    exit 1
}
rm -f "$root.log"
cp -R "$dist/agentcore-local" "$root/opt/"
# Any running system has it; the program reads its own arguments there.
mount -t proc proc "$root/proc"
chroot "$root" /bin/sh -eu <<'INSIDE'
cd /
. /etc/os-release
for absent in swift swiftc python3 sqlite3; do
    if command -v $absent >/dev/null; then echo "$absent is here: this proves nothing" >&2; exit 1; fi
done
program=/opt/agentcore-local/bin/agentcore-local
$program --version
$program run
$program exec -- /bin/sh -c 'test -n "$AWS_ENDPOINT_URL_BEDROCK_AGENTCORE" && echo "a lab answers"'
$program serve --quiet --port-base 0 --data /tmp/lab.sqlite --endpoints-file /tmp/endpoints.json &
$program wait --endpoints-file /tmp/endpoints.json
kill $!
wait $!
test -s /tmp/lab.sqlite
# As the Dockerfile starts it: nobody's process, on every address.
setpriv --reuid=65534 --regid=65534 --clear-groups \
    $program serve --bind 0.0.0.0 --advertise localhost --quiet --port-base 0 --endpoints-file /tmp/container.json &
until [ -s /tmp/container.json ]; do kill -0 $!; done
kill $!
wait $!
echo "held in $PRETTY_NAME, $(cat /proc/sys/kernel/ostype) $(uname -m)"
INSIDE
