#!/bin/sh
# Runs a test once more as an ordinary user, where the tests run as root: sh as_ordinary_user.sh PROGRAM COMMAND...
program=$1
shift
skip() {
    echo "skipped: $*"
    exit 77
}
[ "$(id -u)" -eq 0 ] || skip 'the test itself runs as an ordinary user here'
command -v setpriv >/dev/null || skip 'setpriv (util-linux) is missing'
ordinary() {
    setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
ordinary test -x "$program" || skip "other users cannot run $program"
ordinary "$@"
