# The checks of a connector are registered once.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_certify: the checks of demo_api are registered already" 
  "call dpone_certify(demo_api) once")
