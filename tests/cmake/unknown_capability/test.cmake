# A capability that does not exist is refused with the words of the program.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_add_connector: " 
  "'sinck'" 
  "(exit status 2 of: ")
expect_absent("${SOURCE}/dpone-connector-demo-api")
