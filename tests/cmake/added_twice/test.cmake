# A connector is added once, however its name is spelled and wherever its package is; nothing is generated for the second call.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_add_connector: the connector demo_api is a part of this project already, from ${SOURCE}/dpone-connector-demo-api"
  "call dpone_add_connector(demo_api ...) once, and give each connector of a project a name of its own")
expect_absent("${SOURCE}/elsewhere")
