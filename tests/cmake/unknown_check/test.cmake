# A check that the connector does not have is refused, with the list of those it has.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_certify: CHECKS names \"package_layuot\", which is no check of demo_api" 
  "its checks are: package_layout ")
