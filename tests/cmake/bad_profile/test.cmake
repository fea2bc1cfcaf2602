# A profile that does not exist is refused, with those that do.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_certify: PROFILE is \"locale\", which is no profile; there are: static local local_live vendor_live"
  "write for example PROFILE local, or leave PROFILE out, which means local")
