#!/bin/sh
# The certification from outside: exit status and messages of certify, report, verify, checks and inspect.
#
# Run as: sh certify.sh PROGRAM GOLDEN PACKAGE PLUGIN, where PLUGIN is the connector of PACKAGE.
# shellcheck disable=SC2016 # messages quote commands
package=$3
plugin=$4
# shellcheck source=cli.sh
. "$(dirname "$0")/cli.sh"

says() {
    grep -q -- "$1" .out || fail "stdout of the last command does not say <$1>: $(cat .out)"
}

# ---- usage
expect 3 '' 'dpone connectors certify: current folder: no connector package: there is no dpone_connector_manifest.json; name its folder with --package DIR' \
    connectors certify --profile static
expect 2 '' 'dpone connectors certify: --plugin is missing: profile local runs the connector; name its shared object with --plugin FILE, or ask for --profile static' \
    connectors certify --package "$package"
expect 2 '' 'dpone connectors certify: --check docs_presnt: unknown check; did you mean docs_present?; see `dpone connectors checks`' \
    connectors certify --package "$package" --profile static --check docs_presnt
expect 2 '' 'dpone connectors certify: --case x: name its check with one --check' \
    connectors certify --package "$package" --profile static --case x
expect 2 '' 'dpone connectors certify: no check is selected: nothing required matches --capability' \
    connectors certify --package "$package" --profile static --capability state

# ---- one check
expect 0 - '' connectors certify --package "$package" --plugin "$plugin" --artifact-dir art --check symbol_hygiene
says '^passed     symbol_hygiene: 5 cases, '
expect 1 - '' connectors certify --package "$package" --plugin "$plugin" --artifact-dir art --check docs_present
says '^failed     docs_present: '
says '^      expected  the guide of the connector$'
says '^      rerun     dpone connectors certify --package .* --check docs_present --case guide --seed 1$'
expect 77 - '' connectors certify --package "$package" --profile static --artifact-dir art --check import_safety
says '^unverified import_safety: needs profile local, and static was asked for$'
expect 0 - '' connectors certify --package "$package" --plugin "$plugin" --artifact-dir art --check symbol_hygiene \
    --case exports
says '^passed     symbol_hygiene: 1 cases, '
expect 2 '' 'dpone connectors certify: --case export: unknown case of symbol_hygiene; did you mean exports?; it has exports, needed, imports, hardening, resolves' \
    connectors certify --package "$package" --plugin "$plugin" --artifact-dir art --check symbol_hygiene --case export
expect 1 - '' connectors certify --package "$package" --plugin "$plugin" --artifact-dir art --check docs_present \
    --check symbol_hygiene --format json
says '"check": "docs_present"'

# ---- what is no verdict on the connector: no contract, a closed pipe, a folder that cannot be written
cp -R "$package" bare
chmod -R u+w bare
rm bare/certification/certification.yaml
for check in abi_conformance config_contract; do
    expect 77 - '' connectors certify --package bare --plugin "$plugin" --artifact-dir bare_art --check $check
    says "^unverified $check: certification/certification.yaml cannot be read; see package_layout\$"
done
expect 1 - '' connectors certify --package bare --profile static --artifact-dir bare_art --check package_layout
says '^      where     certification/certification.yaml$'
says '^      remedy    Restore the file, or generate a package of the same name elsewhere and copy it.$'
expect 1 '' "$scratch/bare/certification/certification.yaml: error: cannot open the file: No such file or directory" \
    connectors checks --package bare
printf 'contract_version: "1\n' >bare/certification/certification.yaml
expect 1 - '' connectors certify --package bare --profile static --artifact-dir bare_art --check package_layout
says '^      remedy    Correct the file in the line that is named, as its message says.$'

mkdir temporary
{
    TMPDIR=$scratch/temporary "$program" connectors certify --package "$package" --profile static --artifact-dir piped 2>.err
    echo $? >piped_status
} | head -1 >/dev/null
[ "$(cat piped_status)" -eq 3 ] || fail "certify into a closed pipe exits with $(cat piped_status)"
[ "$(cat .err)" = 'dpone: standard output cannot be written: an earlier part of it was lost' ] ||
    fail "certify into a closed pipe says: $(cat .err)"
[ -z "$(ls -A temporary)" ] || fail "certify into a closed pipe leaves $(ls -A temporary)"
expect 3 '' 'dpone connectors certify: cannot make folder /proc/art: there can be none; choose another place' \
    connectors certify --package "$package" --profile static --artifact-dir /proc/art --check docs_present
expect 3 '' "dpone connectors scaffold: --root /proc/x: '/proc/x' cannot be made: no folder can be made there; choose another --root" \
    connectors scaffold demo --root /proc/x

# ---- the report: what ran counts, what did not is named
expect 1 '' 'dpone connectors report: nothing: nothing was certified here; run `dpone connectors certify --artifact-dir nothing` first' \
    connectors report --artifact-dir nothing
expect 1 - '' connectors report --artifact-dir art
says '^failed     docs_present$'
says '^unverified abi_conformance: no evidence: the check did not run$'
says '^loading is failed (profile local, seed 1)$'
[ -s art/certification_report.md ] || fail 'no Markdown report'
expect 1 - '' connectors certify --package "$package" --plugin "$plugin" --artifact-dir seeded --check docs_present --seed 5
expect 0 - '' connectors certify --package "$package" --plugin "$plugin" --artifact-dir seeded --check symbol_hygiene
expect 1 - '' connectors report --artifact-dir seeded
says '^unverified docs_present: stale: since the check ran these changed: seed; run it again$'
expect 77 - '' connectors report --artifact-dir seeded --allow-unverified
says '^loading is unverified '

# ---- verify
cp art/certification_report.json good.json
expect 1 "art/certification_report.json belongs to this binary and these files; it says failed" '' \
    connectors verify art/certification_report.json --plugin "$plugin"
printf x >other.so
expect 1 - '' connectors verify art/certification_report.json --plugin other.so
says '^differs: plug-in: its SHA-256 is 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881, the report says '
sed 's/"status": "failed"/"status": "certified"/' good.json >art/certification_report.json
expect 1 - '' connectors verify art/certification_report.json --plugin "$plugin"
says '^differs: report: .*was edited'
cp good.json art/certification_report.json
expect 3 - - connectors verify no_such_report.json

# ---- the same checks again: the same verdicts
expect 1 - '' connectors certify --package "$package" --profile static --artifact-dir whole --jobs 3
expect 1 'whole/certification_report.json belongs to this binary and these files; it says failed' '' \
    connectors verify whole/certification_report.json --rerun
expect 1 - '' connectors verify whole/certification_report.json --rerun --format json
says '"verified": true'

# ---- checks
expect 0 - '' connectors checks
says '^crash_atomicity  *sink '
expect 0 - '' connectors checks --package "$package" --format cmake
says '^set(dpone_checks package_layout manifest_validation docs_present '
says '^set(dpone_check_docs_present_stage static)$'
says '^set(dpone_check_import_safety_stage loading)$'
says '^set(dpone_check_stream_contract_stage running)$'
says '^set(dpone_check_evidence_binding_stage evidence)$'
grep -q staging_first_load .out && fail 'a source is asked for the checks of a sink'
expect 0 - '' connectors checks --format json
says '"check": "package_layout"'
cp -R "$package" broken
chmod -R u+w broken
sed 's/schema_inference, //' "$package/certification/certification.yaml" >broken/certification/certification.yaml
expect 1 '' - connectors checks --package broken --format cmake
grep -q '^.*/broken/certification/certification.yaml:8:21: error: capabilities.source.required_tests: schema_inference is missing; add it: the list may grow, never shrink$' .err ||
    fail "checks of a broken contract says: $(cat .err)"

# ---- inspect
expect 0 - '' connectors inspect "$plugin"
says '^name            loading$'
says '^slots           connector.open .*source.read$'
expect 0 - '' connectors inspect "$plugin" --format json
says '"abi_version": 1'
expect 1 '' - connectors inspect "$(pwd)/other.so"

finish
