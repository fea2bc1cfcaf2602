# Checks that ctest would never run are refused: nothing may look certified by absence.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_certify: testing is not enabled, so no check of demo_api would ever run" 
  "call include(CTest) in the top CMakeLists.txt before dpone_certify(demo_api)")
