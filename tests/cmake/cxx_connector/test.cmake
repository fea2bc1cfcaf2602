# A plug-in in C++ exports none of the templates that it instantiates.
configure()
build()
step(nm -D --defined-only "${BUILD}/dpone_connector_cxx.so")
string(REGEX MATCHALL " [A-Zi-w] [^\n]+" symbols "${OUTPUT}")
expect_equal("${symbols}" " T dpone_connector_init")
