# The example of a fixture of one's own: a connector is certified against it, and not against one that fails the self-test.
file(GLOB example "${SDK_SOURCE}/examples/fixture/*")
file(COPY ${example} DESTINATION "${SOURCE}")
set(contract "${SOURCE}/dpone-connector-demo-notebook/certification/certification.yaml")

# name_fixture(<from> <to>): edits what certification.yaml says.
function(name_fixture from to)
  file(READ "${contract}" text)
  string(REPLACE "${from}" "${to}" text "${text}")
  file(WRITE "${contract}" "${text}")
endfunction()

configure(-DDPONE_CERTIFY_DURING_BUILD=OFF)
name_fixture("fixture: sqlite" "fixture: notebook")
build()
test()
expect_output("100% tests passed")
file(READ "${BUILD}/test_artifacts/connectors/demo_notebook/certification_report.json" report)
string(JSON fixture GET "${report}" fixture name)
expect_equal("${fixture}" notebook)

name_fixture("fixture: notebook\n  options: {}" "fixture: libtest_fixture_liar\n  options: {skips: delete_rows}")
set(ENV{DPONE_FIXTURE_PATH} "${SDK_BUILD}/tests/unit")
test(EXPECT_FAILURE -R "full_refresh_load")
expect_output("self-test of fixture liar: after delete_rows, row 1: expected (no such row)" "demo_notebook is unverified")
