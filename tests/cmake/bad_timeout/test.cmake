# A time limit is a number of seconds.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_certify: TIMEOUT is \"soon\", not a number of seconds" 
  "write for example TIMEOUT 300")
