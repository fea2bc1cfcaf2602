# Certifying a connector that does not exist is refused.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_certify: there is no connector demo_api" 
  "call dpone_add_connector(demo_api ...), or dpone_connector_library(demo_api ...), first")
