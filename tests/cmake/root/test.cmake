# ROOT, relative and absolute: the packages are generated there, also outside the source folder.
configure()
expect_exists("${SOURCE}/community/dpone-connector-demo-api/dpone_connector_manifest.json"
  "${WORK}/elsewhere/dpone-connector-other-api/dpone_connector_manifest.json")
build()
