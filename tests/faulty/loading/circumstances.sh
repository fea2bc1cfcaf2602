#!/bin/sh
# import_safety says the same of a good and of a bad connector whoever runs it and whatever watches it; under valgrind, which
# allows no filter, it is skipped with the reason.
#
#   circumstances.sh user|strace|valgrind PROGRAM PACKAGE GOOD BAD
#
# Exit status 77: this cannot be tried here; the reason is on stdout.
set -eu
circumstance=$1
program=$2
package=$3
good=$4
bad=$5
work=$(mktemp -d "${TMPDIR:-/tmp}/dpone-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 777 "$work"

skip() {
    echo "skipped: $*"
    exit 77
}

# certify STATUS TEXT PLUGIN WRAPPER...: the status, and a part of the output, that must come of it.
certify() {
    expected=$1
    text=$2
    plugin=$3
    shift 3
    status=0
    "$@" "$program" connectors certify --package "$package" --plugin "$plugin" --check import_safety \
        --artifact-dir "$work/artifacts" >"$work/out" 2>&1 || status=$?
    if [ "$status" -ne "$expected" ] || ! grep -qF "$text" "$work/out"; then
        echo "failed: exit status $status of $plugin by: $*" >&2
        cat "$work/out" >&2
        exit 1
    fi
}

need() {
    command -v "$1" >/dev/null 2>&1 || skip "$1 is not installed"
}

case $circumstance in
user)
    [ "$(id -u)" -eq 0 ] || skip 'every test is run by an ordinary user here'
    need setpriv
    setpriv --reuid 65534 --regid 65534 --clear-groups test -r "$good" || skip 'other users cannot read the build folder'
    set -- setpriv --reuid 65534 --regid 65534 --clear-groups
    ;;
strace)
    need strace
    strace -f -o /dev/null true 2>/dev/null || skip 'this machine allows no tracing'
    set -- strace -f -qq -o /dev/null
    ;;
valgrind)
    need valgrind
    certify 77 'skipped    import_safety: loading cannot be watched here: valgrind' "$good" valgrind -q
    exit 0
    ;;
esac
certify 0 'passed' "$good" "$@"
certify 1 'connect(127.0.0.1:9)' "$bad" "$@"
