# A call without a required keyword is refused by name.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_add_connector: CAPABILITIES is missing" 
  "usage: dpone_add_connector(NAME TYPE api|database|event|file CAPABILITIES source|sink|state... [NATIVE_CAPABILITIES name...] [ROOT folder] [TARGETS_VAR variable])")
