#!/bin/sh
# Shared by the command line tests: `expect` runs the program and compares status, standard output and standard error.
#
# Each test is run as: sh NAME.sh PROGRAM GOLDEN, in a private folder that is removed at the end.
set -u
program=$1
# shellcheck disable=SC2034 # for the tests
golden=$2
failures=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/dpone-cli-XXXXXX") || exit 3
scratch=$(cd "$scratch" && pwd -P)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 3

fail() {
    failures=$((failures + 1))
    echo "FAILED: $*"
}

# run ARGUMENT...: leaves $status, and the outputs in the files out and err beside the test's folder.
run() {
    "$program" "$@" >"$scratch/.out" 2>"$scratch/.err"
    status=$?
}

# expect STATUS STDOUT STDERR ARGUMENT...: `-` for an output that may be anything.
expect() {
    expected_status=$1 expected_out=$2 expected_err=$3
    shift 3
    run "$@"
    [ "$status" -eq "$expected_status" ] || fail "dpone $*: status $status, expected $expected_status: $(cat .err)"
    [ "$expected_out" = - ] || [ "$(cat .out)" = "$expected_out" ] ||
        fail "dpone $*: stdout is <$(cat .out)>, expected <$expected_out>"
    [ "$expected_err" = - ] || [ "$(cat .err)" = "$expected_err" ] ||
        fail "dpone $*: stderr is <$(cat .err)>, expected <$expected_err>"
}

finish() {
    [ "$failures" -eq 0 ] || exit 1
    exit 0
}
