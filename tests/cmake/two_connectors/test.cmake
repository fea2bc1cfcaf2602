# Two connectors in one project: targets, tests and evidence of their own; a dash in a name is an underscore.
configure(-DDPONE_CERTIFY_DURING_BUILD=OFF -DDPONE_ALLOW_UNVERIFIED=ON)
expect_exists("${SOURCE}/dpone-connector-other-api/dpone_connector_manifest.json")
registered_tests(names -L certification)
expect_equal("${names}" "demo_api.certification.package_layout;demo_api.certification.report;other_api.certification.package_layout;other_api.certification.report")
build()
test(-L certification -j2)
expect_exists("${BUILD}/test_artifacts/connectors/demo_api/certification_report.md"
  "${BUILD}/test_artifacts/connectors/other_api/certification_report.md")
