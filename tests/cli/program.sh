#!/bin/sh
# The program as a whole: version, help of every command, usage errors, and results that cannot be written.
# shellcheck source=cli.sh
. "$(dirname "$0")/cli.sh"

expect 0 'dpone 1.0.0' '' --version
expect 0 - '' --help
expect 0 - '' -h
expect 2 '' "dpone: unexpected argument 'x' after --version (dpone --help lists the commands)" --version x
expect 2 '' "dpone: unexpected argument 'x' after --help (dpone --help lists the commands)" --help x
expect 2 '' - # no arguments: help on standard error
grep -q '^Usage: dpone COMMAND' .err || fail 'no usage without arguments'

# Every command that --help lists has help of its own, exits with 2 on an unknown option, and names it.
"$program" --help | sed -n '/^Commands:/,/^Options:/s/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p' >commands
[ -s commands ] || fail '--help lists no commands'
while read -r command; do
    # shellcheck disable=SC2086 # a command is one or two words
    expect 0 - '' $command --help
    grep -q "^Usage: dpone $command" .out || fail "no usage in: $command --help"
    # shellcheck disable=SC2086
    expect 2 '' "dpone $command: there is no option --bogus (dpone $command --help lists them)" $command --bogus
    grep -q "^dpone $command " "$golden/../../../README.md" || fail "README.md does not show: dpone $command"
done <commands

sed -n 's/ .*//p' commands | sort -u >groups
while read -r group; do
    expect 0 - '' "$group" --help
    expect 2 '' "dpone: '$group' needs a command (dpone $group --help lists them)" "$group"
    expect 2 '' "dpone: there is no command '$group bogus' (dpone $group --help lists them)" "$group" bogus
done <groups

expect 2 '' "dpone: there is no command 'bogus' (dpone --help lists the commands)" bogus
expect 2 '' "dpone: there is no option '--bogus' (dpone --help lists the commands)" --bogus
expect 2 '' "dpone: there is no command 'conectors'; did you mean connectors? (dpone --help lists the commands)" \
    conectors scaffold

if [ -w /dev/full ]; then
    "$program" --help >/dev/full 2>.err
    [ $? -eq 3 ] || fail 'help on a full disk does not exit with 3'
    [ "$(cat .err)" = 'dpone: standard output cannot be written: No space left on device' ] ||
        fail "help on a full disk says: $(cat .err)"
fi
finish
