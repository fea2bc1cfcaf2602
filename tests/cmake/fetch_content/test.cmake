# FetchContent: as add_subdirectory(); find_package(dpone) in the package finds what was fetched.
set(PREFIX "")
configure("-DSDK_SOURCE=${SDK_SOURCE}")
expect_output("dpone: generated the connector demo_api")
build(--target dpone_connector_demo_api)
