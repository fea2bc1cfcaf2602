# dpone_package_connector(): installs a connector with all that belongs to it, and makes a Debian package of it.
configure(-DDPONE_CERTIFY_DURING_BUILD=OFF -DDPONE_ALLOW_UNVERIFIED=ON)
build()
test()
step("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix" --component demo_api)
set(folder "${WORK}/prefix/lib/dpone/connectors/demo_api")
foreach(file IN ITEMS dpone_connector_demo_api.so dpone_connector_manifest.json README.md schemas/options.schema.json
    docs/demo_api.md examples/demo_api_to_postgres.yaml certification/certification.yaml certification_report.md
    certification_report.json)
  expect_exists("${folder}/${file}")
endforeach()
step("${CMAKE_COMMAND}" -E env "DPONE_CONNECTOR_PATH=${WORK}/prefix/lib/dpone/connectors"
  "${PREFIX}/bin/dpone" connectors certify --plugin demo_api --check symbol_hygiene --artifact-dir "${WORK}/artifacts")

step("${CMAKE_CPACK_COMMAND}" -G DEB --config "${BUILD}/CPackConfig.cmake" -B "${WORK}/packages")
step(dpkg-deb --contents "${WORK}/packages/dpone-connector-demo-api_1.0.0.deb")
expect_output("./usr/lib/dpone/connectors/demo_api/dpone_connector_demo_api.so"
  "./usr/lib/dpone/connectors/demo_api/certification_report.md")
