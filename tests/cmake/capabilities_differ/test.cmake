# Capabilities or a type that differ from the package's are refused, and both are named; the package stays as it is.
configure()
file(READ "${SOURCE}/dpone-connector-demo-api/dpone_connector_manifest.json" before)
configure(EXPECT_FAILURE "-DCAPABILITIES=source\\;state")
expect_output(
  "dpone_add_connector: CAPABILITIES of connector demo_api: this project asks for \"source state\", the package has \"sink source\""
  "in ${SOURCE}/dpone-connector-demo-api/dpone_connector_manifest.json"
  "make the two agree, or move the package away to have it generated anew")
configure(EXPECT_FAILURE "-DCAPABILITIES=sink\\;source" -DTYPE=database)
expect_output(
  "dpone_add_connector: TYPE of connector demo_api: this project asks for \"database\", the package has \"api\"")
file(READ "${SOURCE}/dpone-connector-demo-api/dpone_connector_manifest.json" after)
expect_equal("${after}" "${before}")
configure("-DCAPABILITIES=sink\\;source" -DTYPE=api)
