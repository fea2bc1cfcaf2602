# The contract test of a package that is a part of a project: built and run without being asked for, unless it is left out.
configure()
registered_tests(names)
expect_equal("${names}" "demo_api.contract")
test_property(labels demo_api.contract LABELS)
expect_equal("${labels}" "demo_api;dpone")
build()
test()
expect_output("demo_api.contract" "100% tests passed, 0 tests failed out of 1")

# It is linked again when the plug-in is.
file(APPEND "${SOURCE}/dpone-connector-demo-api/src/dpone_connector_demo_api/connector.c" "/* edited */\n")
build(--target demo_api_contract_test)
expect_output("Linking C executable" "demo_api_contract_test")

# expect_left_out([<argument>...]): a fresh project has no test.
macro(expect_left_out)
  file(REMOVE_RECURSE "${BUILD}")
  configure(${ARGV})
  registered_tests(names)
  expect_equal("${names}" "")
endmacro()

expect_left_out(-DDPONE_CONNECTOR_TESTS=OFF)
expect_no_output("demo_api.contract")
expect_left_out(-DBUILD_TESTING=OFF)
expect_no_output("demo_api.contract")
expect_left_out(-DWITHOUT_CTEST=ON)
expect_output("dpone: testing is not enabled, so demo_api.contract is left out; call include(CTest) before this connector")

# A machine without cmocka: the rest is built all the same.
find_program(pkg_config NAMES pkg-config pkgconf REQUIRED)
file(WRITE "${WORK}/pkg-config" "#!/bin/sh\ncase \" $* \" in *cmocka*) exit 1 ;; esac\nexec '${pkg_config}' \"$@\"\n")
file(CHMOD "${WORK}/pkg-config" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
expect_left_out("-DPKG_CONFIG_EXECUTABLE=${WORK}/pkg-config")
expect_output("dpone: cmocka is missing, so demo_api.contract is left out; install libcmocka-dev and configure again")
build()
expect_exists("${BUILD}/dpone-connector-demo-api/dpone_connector_demo_api.so")
