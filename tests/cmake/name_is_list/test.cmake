# A name with `;`, such as an unintended list, is refused by every function.
foreach(function IN ITEMS add_connector connector_library connector_test certify package_connector)
  configure(EXPECT_FAILURE -DFUNCTION=${function})
  expect_output("dpone_${function}: the name of the connector is a list: \"one\\;two\"\n   name one connector in each call")
endforeach()
