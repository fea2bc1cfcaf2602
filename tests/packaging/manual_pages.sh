#!/bin/sh
# Every command of the program and every CMake function has a manual page, which names each of its options, and which groff
# formats without a warning.
#
#   manual_pages.sh BUILD SOURCE    BUILD: build folder of the SDK; SOURCE: the SDK
set -eu
build=$1
source=$2

fail() {
    echo "failed: $*" >&2
    exit 1
}

# expect PAGE WORD...: the page names each word.
expect() {
    text=$(gzip -dc "$build/packaging/$1.gz" | sed 's/\\f[BIR]//g; s/\\//g') || fail "no page $1"
    shift
    for word in "$@"; do
        case $text in *"$word"*) ;; *) fail "no $word in: $text" ;; esac
    done
}

pages=1
expect man1/dpone.1 COMMAND
commands=$("$build/bin/dpone" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\( [a-z]*\)\{0,1\}\)  .*/\1/p')
[ -n "$commands" ] || fail 'dpone --help lists no command'
while read -r command; do
    # shellcheck disable=SC2046,SC2086 # the words of a command, and its options, are words
    expect "man1/dpone-$(echo "$command" | tr ' ' '-').1" "dpone $command" \
        $("$build/bin/dpone" $command --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | grep -vx -e --help)
    pages=$((pages + 1))
done <<COMMANDS
$commands
COMMANDS
[ "$pages" -eq "$(find "$build/packaging/man1" -name '*.1.gz' | wc -l)" ] || fail "man1 has other pages than these $pages"

sed -n 's/^function(\(dpone_[a-z_]*\).*/\1/p' "$source"/cmake/Dpone*.cmake >"$build/packaging/functions.txt"
while read -r function; do
    # shellcheck disable=SC2046 # keywords are words
    expect "$function.7" "$function(" $(sed -n "/^function($function/,/^endfunction/s/.*PARSE_ARGV 1 arg//p" "$source"/cmake/Dpone*.cmake |
        tr -c 'A-Z_\n' ' ')
done <"$build/packaging/functions.txt"

if command -v groff >/dev/null 2>&1; then
    for page in "$build"/packaging/man1/*.gz "$build"/packaging/*.7.gz; do
        warnings=$(gzip -dc "$page" | groff -man -Tutf8 -ww -z 2>&1)
        [ -z "$warnings" ] || fail "$page: $warnings"
    done
fi
echo "$pages pages of commands"
