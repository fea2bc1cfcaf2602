# A call that does not begin with a name is refused.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_add_connector: the name of the connector is missing; it comes first" 
  "usage: dpone_add_connector(NAME TYPE api|database|event|file CAPABILITIES source|sink|state... [NATIVE_CAPABILITIES name...] [ROOT folder] [TARGETS_VAR variable])")
