# Several configurations in one build folder: each is certified by its own plug-in; without one nothing passes.
configure(-DDPONE_CERTIFY_DURING_BUILD=OFF)
build(--config Debug)
build(--config Release)
foreach(configuration IN ITEMS debug Release)
  step("${CMAKE_CTEST_COMMAND}" --test-dir "${BUILD}" -C ${configuration} -V -R "demo_api.certification.import_safety$"
    -FC "demo_api.certification")
  expect_output("100% tests passed, 0 tests failed out of 1")
  string(TOLOWER "${OUTPUT}" OUTPUT)
  string(TOLOWER "/${configuration}/dpone_connector_demo_api.so" plugin)
  expect_output("${plugin}")
endforeach()
step(EXPECT_FAILURE "${CMAKE_CTEST_COMMAND}" --test-dir "${BUILD}" -L certification)
expect_output("demo_api.certification.package_layout (Not Run)" "demo_api.certification.report (Not Run)"
  "0% tests passed, 3 tests failed out of 3")
