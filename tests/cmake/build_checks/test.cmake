# The build runs the static and loading checks: each again only when its inputs changed, a failed one alone.
configure()
build()
expect_output("demo_api: package_layout: passed" "demo_api: import_safety: passed")
expect_no_output("demo_api: full_refresh_extract: passed")
build()
expect_no_output("Checking")

set(document "${SOURCE}/dpone-connector-demo-api/docs/demo_api.md")
file(RENAME "${document}" "${WORK}/kept.md")
build(EXPECT_FAILURE)
expect_output("demo_api: package_layout: failed (exit status 1)")
expect_no_output("demo_api: import_safety: passed")
build(EXPECT_FAILURE)
expect_output("demo_api: package_layout: failed (exit status 1)")
file(RENAME "${WORK}/kept.md" "${document}")
build()
expect_output("demo_api: package_layout: passed")
build()
expect_no_output("Checking")

# A new file counts as much as a changed one.
file(WRITE "${SOURCE}/dpone-connector-demo-api/docs/more.md" "# More\n")
build()
expect_output("demo_api: package_layout: passed")
expect_no_output("demo_api: import_safety: passed")

# An example is looked at by manifest_validation; no check that loads the plug-in depends on it.
file(TOUCH "${SOURCE}/dpone-connector-demo-api/examples/demo_api_to_postgres.yaml")
build()
expect_output("demo_api: manifest_validation: passed")
expect_no_output("workflow_valid" "import_safety" "symbol_hygiene" "abi_conformance" "config_contract" "Building C object")

# A new plug-in is loaded again; what only reads files is not.
file(APPEND "${SOURCE}/dpone-connector-demo-api/src/dpone_connector_demo_api/client.c" "/* edited */\n")
build()
expect_output("demo_api: import_safety: passed" "demo_api: symbol_hygiene: passed")
expect_no_output("manifest_validation" "workflow_valid")
build()
expect_no_output("Checking" "Building C object")
