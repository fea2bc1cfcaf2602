# The tarball, unpacked anywhere, is a prefix like any other.
step("${CMAKE_CPACK_COMMAND}" -G TGZ --config "${SDK_BUILD}/CPackConfig.cmake" -B "${WORK}/packages")
file(GLOB tarball "${WORK}/packages/*.tar.gz")
file(ARCHIVE_EXTRACT INPUT "${tarball}" DESTINATION "${WORK}/unpacked here")
file(GLOB PREFIX "${WORK}/unpacked here/*")
step("${PREFIX}/bin/dpone" --version)
configure()
build()
expect_output("demo_api: package_layout: passed")
