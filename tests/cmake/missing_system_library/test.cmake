# A library that pkg-config does not know is a configure error that names the connector and the library.
configure(EXPECT_FAILURE)
expect_output("dpone_connector_library: the connector hand_made needs no-such-library, which pkg-config does not find"
  "install the development package that brings no-such-library.pc")
