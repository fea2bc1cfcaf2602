# A keyword without a value is refused by name.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_add_connector: TYPE has no value" 
  "usage: dpone_add_connector(NAME TYPE api|database|event|file CAPABILITIES source|sink|state... [NATIVE_CAPABILITIES name...] [ROOT folder] [TARGETS_VAR variable])")
expect_absent("${SOURCE}/dpone-connector-demo-api")
