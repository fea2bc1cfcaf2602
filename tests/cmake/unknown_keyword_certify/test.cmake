# A word that is no keyword of dpone_certify() is refused by name.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_certify: unknown argument \"REPEAT\"" 
  "usage: dpone_certify(NAME [PROFILE static|local|local_live|vendor_live] [CHECKS check...] [LABELS label...] [TIMEOUT seconds] [DURING_BUILD] [TESTS_VAR variable])")
