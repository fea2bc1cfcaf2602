# A connector without checks is refused: one without its contract, and one of which nothing is required.
configure()
set(contract "${SOURCE}/dpone-connector-demo-api/certification/certification.yaml")
file(REMOVE "${contract}")
configure(EXPECT_FAILURE)
expect_output("dpone_certify: the package of demo_api has no certification/certification.yaml: ${SOURCE}/dpone-connector-demo-api"
  "restore the file, or generate the package anew elsewhere and copy it")

file(WRITE "${contract}" "")
file(WRITE "${WORK}/dpone" "#!/bin/sh\necho 'set(dpone_checks)'\n")
file(CHMOD "${WORK}/dpone" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
configure(EXPECT_FAILURE "-DDPONE_GENERATOR_EXECUTABLE=${WORK}/dpone")
expect_output("dpone_certify: the certification of demo_api requires no check"
  "see ${SOURCE}/dpone-connector-demo-api/certification/certification.yaml")
