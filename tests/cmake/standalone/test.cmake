# The package of a project is a project of its own: it configures, builds and registers the same checks.
configure()
registered_tests(part -R "^demo_api\\.certification")
set(SOURCE "${SOURCE}/dpone-connector-demo-api")
set(BUILD "${WORK}/standalone")
configure()
registered_tests(alone -R "^demo_api\\.certification")
expect_equal("${alone}" "${part}")
build()
