# dpone_package_connector(): installs a connector with all that belongs to it, byte by byte what was certified, where the
# program finds it by name; and makes a Debian package and a tarball of it.
configure(-DCMAKE_BUILD_TYPE=Release -DDPONE_CERTIFY_DURING_BUILD=OFF -DDPONE_ALLOW_UNVERIFIED=ON)
build()
test()
step("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix" --component demo_api)
set(folder "${WORK}/prefix/lib/dpone/connectors/demo_api")
set(files dpone_connector_demo_api.so dpone_connector_manifest.json README.md schemas/options.schema.json docs/demo_api.md
  examples/demo_api_to_postgres.yaml certification/certification.yaml certification_report.md certification_report.json
  evidence/package_layout.json)
foreach(file IN LISTS files)
  expect_exists("${folder}/${file}")
endforeach()
file(SHA256 "${BUILD}/dpone-connector-demo-api/dpone_connector_demo_api.so" certified)
file(SHA256 "${folder}/dpone_connector_demo_api.so" installed)
expect_equal("${installed}" "${certified}")

# Found by name: on DPONE_CONNECTOR_PATH, and in the standard folder beside the program.
set(by_name connectors certify --plugin demo_api --check symbol_hygiene --artifact-dir "${WORK}/artifacts")
step(EXPECT_FAILURE "${PREFIX}/bin/dpone" ${by_name})
expect_output("demo_api")
step("${CMAKE_COMMAND}" -E env "DPONE_CONNECTOR_PATH=${WORK}/prefix/lib/dpone/connectors" "${PREFIX}/bin/dpone" ${by_name})
file(COPY "${PREFIX}/" DESTINATION "${WORK}/prefix" USE_SOURCE_PERMISSIONS)
step("${WORK}/prefix/bin/dpone" ${by_name})

step("${CMAKE_CPACK_COMMAND}" --config "${BUILD}/CPackConfig.cmake" -B "${WORK}/packages")
file(GLOB tarball "${WORK}/packages/*.tar.gz")
set(package "${WORK}/packages/dpone-connector-demo-api_1.0.0.deb")
step("${CMAKE_COMMAND}" -E tar tf "${tarball}")
foreach(file IN LISTS files)
  expect_output("/lib/dpone/connectors/demo_api/${file}")
endforeach()
step(dpkg-deb --contents "${package}")
foreach(file IN LISTS files)
  expect_output("./usr/lib/dpone/connectors/demo_api/${file}")
endforeach()
step(dpkg-deb --extract "${package}" "${WORK}/extracted")
file(SHA256 "${WORK}/extracted/usr/lib/dpone/connectors/demo_api/dpone_connector_demo_api.so" packaged)
expect_equal("${packaged}" "${certified}")
find_program(lintian lintian)
if(lintian)
  step("${lintian}" --allow-root --fail-on error "${package}")
endif()

# The report of the plug-in before is not handed on with one that was built since; certified again, it is.
file(APPEND "${SOURCE}/dpone-connector-demo-api/src/dpone_connector_demo_api/connector.c"
  "int added(void);\nint added(void) { return 1; }\n")
build()
set(install "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/later")
step(EXPECT_FAILURE ${install})
expect_output("dpone_package_connector: the report is not about the plug-in of demo_api that was built: \
${BUILD}/test_artifacts/connectors/demo_api/certification_report.json
   build the target demo_api.certify, which certifies this one, and install again")
expect_absent("${WORK}/later/lib/dpone")
step(EXPECT_FAILURE "${CMAKE_CPACK_COMMAND}" --config "${BUILD}/CPackConfig.cmake" -B "${WORK}/later packages")
expect_output("the report is not about the plug-in of demo_api")
build(--target demo_api.certify)
step(${install})
expect_exists("${WORK}/later/lib/dpone/connectors/demo_api/certification_report.json")
