# DPONE_CERTIFY_DURING_BUILD=OFF: the build runs no check; the target that runs them is there.
configure(-DDPONE_CERTIFY_DURING_BUILD=OFF)
build()
expect_no_output("Checking demo_api")
build(--target help)
expect_output("demo_api.certify")
registered_tests(names -R "^demo_api\\.certification\\.package_layout$")
expect_equal("${names}" "demo_api.certification.package_layout;demo_api.certification.report")
