#!/bin/sh
# dpone connectors scaffold on a small file system: too few bytes, too few inodes, read-only. Needs a mount of its own, so
# the test runs itself again in a mount namespace; skipped (77) where that is not allowed.
if [ "${DPONE_TEST_MOUNTS:-}" != own ]; then
    user=
    [ "$(id -u)" -eq 0 ] || user=-r
    # shellcheck disable=SC2086 # an option or none
    if ! unshare -m $user true 2>/dev/null; then
        echo 'skipped: this machine gives no mount namespace (unshare -m)'
        exit 77
    fi
    # shellcheck disable=SC2086
    DPONE_TEST_MOUNTS=own exec unshare -m $user sh "$0" "$@"
fi
# shellcheck source=cli.sh
. "$(dirname "$0")/cli.sh"

templates=$golden/templates
mkdir small
# try OPTIONS: one run on a fresh tmpfs with these mount options. Leaves $status; the file system must be as the status says.
try() {
    if ! mount -t tmpfs -o "$1" tmpfs small 2>/dev/null; then
        echo 'skipped: this machine lets nobody mount a tmpfs here'
        exit 77
    fi
    run connectors scaffold demo_api --capability source --capability sink --root small --template-dir "$templates"
    if [ "$status" -eq 0 ]; then
        [ "$(ls -A small)" = dpone-connector-demo-api ] || fail "$1: leaves $(ls -A small)"
        [ "$(find small -type f | wc -l)" -eq 6 ] || fail "$1: the package is not complete"
    else
        [ -z "$(ls -A small)" ] || fail "$1: leaves $(ls -A small)"
        [ "$status" -eq 3 ] || fail "$1: status $status"
        grep -q '^dpone connectors scaffold: small/dpone-connector-demo-api.*: cannot be written: No space left on device; nothing was created, make room and repeat$' .err ||
            fail "$1: $(cat .err)"
    fi
    umount small
}

# A limit is raised until the package fits; both sides of the limit must have been seen.
refused=0
size=1
while [ "$size" -le 20 ]; do
    try "size=$((size * 4))k"
    [ "$status" -eq 0 ] && break
    refused=$((refused + 1))
    size=$((size + 1))
done
if [ "$status" -ne 0 ] || [ "$refused" -le 2 ]; then
    fail "sizes: $refused refused, last status $status"
fi
refused=0
inodes=2
while [ "$inodes" -le 40 ]; do
    try "nr_inodes=$inodes"
    [ "$status" -eq 0 ] && break
    refused=$((refused + 1))
    inodes=$((inodes + 1))
done
if [ "$status" -ne 0 ] || [ "$refused" -le 5 ]; then
    fail "inodes: $refused refused, last status $status"
fi

mount -t tmpfs -o ro tmpfs small
expect 3 '' 'dpone connectors scaffold: small/dpone-connector-demo-api: cannot be written: Read-only file system; nothing was created' \
    connectors scaffold demo_api --root small --template-dir "$templates"
umount small
finish
