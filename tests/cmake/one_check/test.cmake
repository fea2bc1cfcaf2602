# `ctest -R` runs one check, and the report after it, which does not pass what did not run; with `-FC` the check alone.
configure(-DDPONE_CERTIFY_DURING_BUILD=OFF)
build()
test(EXPECT_FAILURE -R "demo_api\\.certification\\.package_layout$")
expect_output("1/2 Test " "demo_api.certification.package_layout" "Passed" "2/2 Test "
  "demo_api.certification.report" "50% tests passed, 1 tests failed out of 2")
test(-R demo_api.certification.package_layout -FC demo_api)
expect_output("100% tests passed, 0 tests failed out of 1")
