# A word that is no keyword is refused by name, and nothing is generated.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_add_connector: unknown argument \"COLOUR\"" 
  "usage: dpone_add_connector(NAME TYPE api|database|event|file CAPABILITIES source|sink|state... [NATIVE_CAPABILITIES name...] [ROOT folder] [TARGETS_VAR variable])")
expect_absent("${SOURCE}/dpone-connector-demo-api")
