# Checks that ctest would never run are refused: nothing may look certified by absence.
configure(EXPECT_FAILURE)
expect_output(
  "dpone_certify: testing is not enabled, so no check of demo_api would ever run" 
  "call include(CTest) in the top CMakeLists.txt before dpone_certify(demo_api)")

# Nor may they vanish from a project that had them.
configure(-DWITH_TESTING=ON)
registered_tests(names -R package_layout)
expect_equal("${names}" "demo_api.certification.package_layout;demo_api.certification.report")
configure(EXPECT_FAILURE -DWITH_TESTING=OFF)
expect_output("dpone_certify: testing is not enabled, so no check of demo_api would ever run")
