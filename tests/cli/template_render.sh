#!/bin/sh
# dpone template render: data of both kinds, partials, escapes, and each way to fail with its exit status.
# shellcheck source=cli.sh
. "$(dirname "$0")/cli.sh"

mkdir partials
printf 'Hello {{name}}{{>end}}' >t
printf '{"name": "<World>"}' >d.json
printf 'name: "<World>"\n' >d.yaml
printf '{{#name}}!{{/name}}' >partials/end.mustache
printf '?' >partials/plain

expect 0 'Hello &lt;World&gt;' '' template render t --data d.json
expect 0 'Hello <World>' '' template render t --data d.yaml --escape none
expect 0 'Hello &lt;World&gt;!' '' template render t --data d.yaml --partials partials --escape=html
printf '{{>plain}}' >t2
expect 0 '?' '' template render t2 --data d.yaml --partials partials
# shellcheck disable=SC2016 # a workflow's expression, not a variable
printf '{{=<%% %%>=}}\n${{ github.ref }} <%% name %%>' >t3
# shellcheck disable=SC2016
expect 0 '${{ github.ref }} <World>' '' template render t3 --data d.yaml --escape none

printf 'a\n {{#x}}' >bad
expect 1 '' "dpone template render: bad:2:2: the section 'x' is never closed" template render bad --data d.yaml
printf '{{>../t}}' >bad
expect 1 '' "dpone template render: bad:1:1: the partial '../t' is no file below the folder of partials; name one without '..'" \
    template render bad --data d.yaml --partials partials
printf '{{#y}' >partials/bad.mustache
printf '{{>bad}}' >bad
expect 1 '' "dpone template render: partials/bad.mustache:1:1: the tag that begins here never ends: '}}' is missing" \
    template render bad --data d.yaml --partials partials
printf '{' >bad.json
expect 1 '' - template render t --data bad.json
grep -q '^dpone template render: bad.json:1:' .err || fail "no position for bad data: $(cat .err)"
expect 3 '' 'dpone template render: none: cannot be read: No such file or directory' \
    template render none --data d.yaml
expect 3 '' - template render t --data none.yaml
for folder in none t ''; do
    expect 3 '' "dpone template render: --partials $folder: there is no such folder; name the one that holds the partials" \
        template render t --data d.yaml --partials "$folder"
done
expect 2 '' 'dpone template render: option --data FILE is required: The data, as JSON (FILE.json) or YAML' \
    template render t
expect 2 '' 'dpone template render: TEMPLATE is missing: The template file' template render --data d.yaml
finish
