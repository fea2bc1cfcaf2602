# A name that cannot be is refused with the words of the program; nothing is written anywhere.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_add_connector: " 
  "../demo" 
  "(exit status 2 of: ")
expect_absent("${WORK}/demo" "${SOURCE}/dpone-connector-../demo")
