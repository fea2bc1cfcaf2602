# Cross compiling: without a program of this machine a clear error; with DPONE_GENERATOR_EXECUTABLE it generates, lists the
# checks, and the build runs none of them, because nothing here can load the plug-in.
configure(EXPECT_FAILURE -DCMAKE_SYSTEM_NAME=Linux)
expect_output("dpone_add_connector: cross compiling needs a program `dpone` of this machine to generate connectors"
  "install the SDK for this machine and set DPONE_GENERATOR_EXECUTABLE to its program")
configure(EXPECT_FAILURE "-DDPONE_GENERATOR_EXECUTABLE=${WORK}/none")
expect_output("dpone_add_connector: DPONE_GENERATOR_EXECUTABLE names no file: ${WORK}/none")
configure("-DDPONE_GENERATOR_EXECUTABLE=${PREFIX}/bin/dpone")
build()
expect_no_output("Checking demo_api")
registered_tests(names -R package_layout)
expect_equal("${names}" "demo_api.certification.package_layout;demo_api.certification.report")
