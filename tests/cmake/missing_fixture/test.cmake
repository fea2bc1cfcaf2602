# Where the system that a check needs is missing, its test is skipped, and nothing looks certified: not the report of the
# rest, and not a selection of tests that are skipped without exception.
file(COPY "${PREFIX}/" DESTINATION "${WORK}/prefix" USE_SOURCE_PERMISSIONS)
set(PREFIX "${WORK}/prefix")
file(REMOVE "${PREFIX}/libexec/dpone/fixtures/http.so")
configure(-DDPONE_CERTIFY_DURING_BUILD=OFF)
build()
test(EXPECT_FAILURE -L certification)
expect_output("demo_api.certification.full_refresh_extract (Skipped)" "demo_api.certification.report (Failed)"
  "skipped    full_refresh_extract: fixture \"http\" (HTTP and JSON server) is not part of this dpone; install libmicrohttpd-dev and build dpone again"
  "demo_api is unverified")
expect_no_output("is certified")
test(EXPECT_FAILURE -R "demo_api\\.certification\\.(full_refresh|incremental_append)_extract$")
expect_output("1 tests failed out of 3" "demo_api.certification.report (Failed)" "demo_api is unverified")

configure(-DDPONE_ALLOW_UNVERIFIED=ON)
test(-R "demo_api\\.certification\\.(full_refresh|incremental_append)_extract$")
expect_output("demo_api.certification.report (Skipped)")
expect_no_output("Passed" "is certified")
