# dpone_connector_library(): one exported symbol, whatever is linked in; what no library defines is a link error.
# dpone_connector_test(): a test program that reaches what the plug-in hides.
configure()
build()
test()
expect_output("hand_made.contract" "100% tests passed, 0 tests failed out of 1")
step(nm -D --defined-only "${BUILD}/dpone_connector_hand_made.so")
string(REGEX MATCHALL " [A-Zi] [^\n]+" symbols "${OUTPUT}")
expect_equal("${symbols}" " T dpone_connector_init")
configure(-DUNDEFINED_SYMBOL=ON)
build(EXPECT_FAILURE)
expect_output("nowhere_defined")
