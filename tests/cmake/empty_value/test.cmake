# A keyword whose value is an empty variable is refused by name.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_add_connector: ROOT has no value" 
  "usage: dpone_add_connector(NAME TYPE api|database|event|file CAPABILITIES source|sink|state... [NATIVE_CAPABILITIES name...] [ROOT folder] [TARGETS_VAR variable])")
