# The target demo_api.certify builds the plug-in, runs all checks and writes the report.
configure(-DDPONE_CERTIFY_DURING_BUILD=OFF -DDPONE_ALLOW_UNVERIFIED=ON)
build(--target demo_api.certify)
expect_exists("${BUILD}/test_artifacts/connectors/demo_api/certification_report.md")
