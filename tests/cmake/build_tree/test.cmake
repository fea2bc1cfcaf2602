# find_package() from the build tree of the SDK.
set(PREFIX "")
configure("-Ddpone_DIR=${SDK_BUILD}")
build()
expect_output("demo_api: package_layout: passed")
