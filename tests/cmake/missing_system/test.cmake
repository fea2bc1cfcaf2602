# A system that is not there: its checks are skipped with the reason, and nothing is certified by that.
file(COPY "${PREFIX}/" DESTINATION "${WORK}/prefix" USE_SOURCE_PERMISSIONS)
file(GLOB_RECURSE fixture "${WORK}/prefix/libexec/dpone/fixtures/http.so")
expect_exists("${fixture}")
file(REMOVE "${fixture}")
set(PREFIX "${WORK}/prefix")
configure(-DDPONE_CERTIFY_DURING_BUILD=OFF)
build()
test(EXPECT_FAILURE -L certification)
expect_output("demo_api.certification.full_refresh_extract (Skipped)" "install libmicrohttpd-dev"
  "demo_api.certification.report (Failed)")

# Nor by a selection in which every test is skipped.
test(EXPECT_FAILURE -R "demo_api\\.certification\\.full_refresh_extract$")
expect_output("demo_api.certification.report (Failed)" "demo_api is unverified")
configure(-DDPONE_ALLOW_UNVERIFIED=ON)
test(-R "demo_api\\.certification\\.full_refresh_extract$")
expect_output("demo_api.certification.report (Skipped)")
expect_no_output("Passed" "is certified")
