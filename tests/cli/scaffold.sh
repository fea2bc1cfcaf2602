#!/bin/sh
# dpone connectors scaffold: what it prints, what it refuses, and that nothing around it changes what it makes.
# shellcheck source=cli.sh
. "$(dirname "$0")/cli.sh"

templates=$golden/templates

expect 0 'would create made/dpone-connector-demo-api (5 files)
  .github/workflows/certification.yml
  LICENSE.txt
  README.md
  src/dpone_connector_demo_api/source.c
  tests/test_demo_api.sh' '' connectors scaffold demo-api --root made --template-dir "$templates" --dry-run
[ ! -e made ] || fail '--dry-run made its root'

expect 0 - '' connectors scaffold demo-api --root made --template-dir "$templates" --capability sink \
    --capability source --native-capability stream_export --native-capability file_export
[ "$(head -n 1 .out)" = 'created made/dpone-connector-demo-api (7 files)' ] || fail "unexpected: $(cat .out)"
diff -r made "$golden/expected" || fail 'the package differs from the golden one'
expect 2 '' 'dpone connectors scaffold: made/dpone-connector-demo-api exists and is not an empty folder; it is never overwritten: choose another name or --root, or move it away' \
    connectors scaffold demo_api --root made --template-dir "$templates"
expect 2 '' - connectors scaffold demo_api --root made --template-dir "$templates" --dry-run
diff -r made "$golden/expected" || fail 'a refused run changed the package'

expect 0 '{
  "connector": "demo_two",
  "connector_type": "api",
  "package": "acme-demo-two",
  "path": "made/acme-demo-two",
  "dry_run": false,
  "files": [
    {
      "path": ".github/workflows/certification.yml",
      "mode": "0644",
      "size_bytes": 57
    },
    {
      "path": "LICENSE.txt",
      "mode": "0644",
      "size_bytes": 70
    },
    {
      "path": "README.md",
      "mode": "0644",
      "size_bytes": 57
    },
    {
      "path": "src/acme_demo_two/sink.c",
      "mode": "0644",
      "size_bytes": 47
    },
    {
      "path": "tests/test_demo_two.sh",
      "mode": "0755",
      "size_bytes": 24
    }
  ]
}' '' connectors scaffold demo_two --root made --template-dir "$templates" --capability sink --package-prefix acme \
    --format json

# Refused, with exit status 2 and nothing made.
expect 2 '' "dpone connectors scaffold: the connector type 'file' is not offered; $templates has: api" \
    connectors scaffold demo --connector-type file --template-dir "$templates"
expect 2 '' "dpone connectors scaffold: the connector type 'api' does not offer the capability 'state'; it offers: source, sink" \
    connectors scaffold demo --capability state --template-dir "$templates"
expect 2 '' "dpone connectors scaffold: the connector type 'api' does not offer the native capability 'file_staging_load'; it offers: stream_export, file_export" \
    connectors scaffold demo --native-capability file_staging_load --template-dir "$templates"
expect 2 '' "dpone connectors scaffold: option --capability does not know 'sauce'; did you mean source? It takes source|sink|state" \
    connectors scaffold demo --capability sauce
expect 2 '' "dpone connectors scaffold: the connector name 'main' is a name that C keeps for itself; use 'main_connector' for example" \
    connectors scaffold main --template-dir "$templates"
expect 3 '' 'dpone connectors scaffold: none: there is no such folder of templates' \
    connectors scaffold demo --template-dir none
[ ! -e dpone-connector-demo ] || fail 'a refused run made something'

# The same bytes and modes whatever the locale, the umask, the time zone, the order of options.
image() { (cd "$1" && find . -printf '%P %m\n' | LC_ALL=C sort && find . -type f | LC_ALL=C sort | xargs cat); }
number=0
for environment in 'LC_ALL=C TZ=UTC' 'LC_ALL=tr_TR.UTF-8 TZ=Asia/Tokyo' 'LC_ALL=de_DE.UTF-8 LC_NUMERIC=de_DE.UTF-8'; do
    for mask in 000 022 077 777; do
        number=$((number + 1))
        mkdir "root$number"
        # shellcheck disable=SC2086 # assignments, one a word
        (umask $mask && env $environment "$program" connectors scaffold demo_api --capability source --capability sink \
            --root "root$number" --template-dir "$templates" >.out$number) || fail "umask $mask, $environment"
        [ "$(image "root$number/dpone-connector-demo-api")" = "$(image root1/dpone-connector-demo-api)" ] ||
            fail "umask $mask, $environment changes the package"
    done
done

# Nor does the order in which the templates lie in their folders, or the number of processors.
(cd "$templates" && find . -type d) | while read -r folder; do mkdir -p "shuffled/$folder"; done
(cd "$templates" && find . -type f) | LC_ALL=C sort -r | while read -r file; do cp "$templates/$file" "shuffled/$file"; done
taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')" "$program" connectors scaffold demo_api --capability source \
    --capability sink --root shuffled_root --template-dir shuffled >.out || fail 'scaffolding from shuffled templates'
[ "$(image shuffled_root/dpone-connector-demo-api)" = "$(image root1/dpone-connector-demo-api)" ] ||
    fail 'shuffled templates change the package'

# A limit of file sizes is an error like a full disk.
error=$( (ulimit -f 0 && "$program" connectors scaffold large --root limited --template-dir "$templates") 2>&1) &&
    fail 'a package that is larger than files may be was made'
case $error in
*': cannot be written: File too large; nothing was created') ;;
*) fail "$error" ;;
esac
[ -z "$(ls -A limited)" ] || fail "a limit of file sizes leaves: $(ls -A limited)"

# With few files that may be open at once.
# shellcheck disable=SC3045 # every shell of Debian knows -n
(ulimit -n 14 && "$program" connectors scaffold few --root made --template-dir "$templates" >.out 2>.err) ||
    fail "with 14 open files: $(cat .err)"

# Many at once for one name: one winner, losers that say so, nothing left over. Then for different names: no loser.
mkdir race
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    { "$program" connectors scaffold demo --root race --template-dir "$templates" >/dev/null 2>"err.$i"; echo $? >"code.$i"; } &
done
wait
[ "$(cat code.* | grep -c '^0$')" -eq 1 ] || fail "one name has $(cat code.* | grep -c '^0$') winners"
[ "$(cat code.* | grep -c '^2$')" -eq 11 ] || fail 'not every loser exits with 2'
[ "$(grep -l 'is never overwritten' err.* | wc -l)" -eq 11 ] || fail 'not every loser says why'
[ "$(ls -A race)" = dpone-connector-demo ] || fail "a race leaves: $(ls -A race)"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    { "$program" connectors scaffold "demo_$i" --root new/race --template-dir "$templates" >/dev/null 2>&1; echo $? >"code.$i"; } &
done
wait
[ "$(cat code.* | grep -c '^0$')" -eq 12 ] || fail 'different names in one new root get in each other'"'"'s way'
[ "$(find new/race -mindepth 1 -maxdepth 1 | wc -l)" -eq 12 ] || fail "different names leave: $(ls -A new/race)"

# Templates are found beside the program, wherever its prefix was moved to; --template-dir goes before them.
mkdir -p 'a prefix/bin' 'a prefix/share/dpone'
cp "$program" 'a prefix/bin/dpone'
cp -r "$templates" 'a prefix/share/dpone/templates'
built=$program
program="$scratch/a prefix/bin/dpone"
expect 0 - '' connectors scaffold beside --root made
mv 'a prefix' moved
program=$scratch/moved/bin/dpone
expect 0 - '' connectors scaffold moved --root made
expect 3 '' 'dpone connectors scaffold: none: there is no such folder of templates' \
    connectors scaffold demo --template-dir none
mkdir elsewhere
mv moved/bin/dpone elsewhere/dpone
program=$scratch/elsewhere/dpone
expect 3 '' 'dpone connectors scaffold: no folder share/dpone/templates lies near this program; name one with --template-dir' \
    connectors scaffold demo
program=$built
expect 0 - '' connectors scaffold own --root made --dry-run

# A folder that may not be written to (root may write anywhere).
if [ "$(id -u)" -ne 0 ]; then
    mkdir closed
    chmod 555 closed
    expect 3 '' 'dpone connectors scaffold: closed/dpone-connector-demo: cannot be written: Permission denied; nothing was created' \
        connectors scaffold demo --root closed --template-dir "$templates"
fi
finish
