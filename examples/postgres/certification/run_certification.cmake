# Builds this package, certifies it and says where the report is:
#
#   cmake -P certification/run_certification.cmake
#
# Options, before -P: -DBUILD_DIR=<folder> (default build/certification), -DCMAKE_PREFIX_PATH=<prefix of dpone>,
# -DALLOW_UNVERIFIED=ON to accept checks that could not run here.
cmake_minimum_required(VERSION 3.25)

get_filename_component(package "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)
if(NOT BUILD_DIR)
  set(BUILD_DIR "${package}/build/certification")
endif()
set(settings -DCMAKE_BUILD_TYPE=RelWithDebInfo -DDPONE_CERTIFY_DURING_BUILD=OFF)
if(CMAKE_PREFIX_PATH)
  list(APPEND settings "-DCMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH}")
endif()
if(ALLOW_UNVERIFIED)
  list(APPEND settings -DDPONE_ALLOW_UNVERIFIED=ON)
endif()

function(run step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "postgres: ${step} failed (${result}); what it printed stands above, the report in "
      "${BUILD_DIR}/test_artifacts/connectors/postgres")
  endif()
endfunction()

run("configuring" "${CMAKE_COMMAND}" -S "${package}" -B "${BUILD_DIR}" ${settings})
run("building" "${CMAKE_COMMAND}" --build "${BUILD_DIR}" --config RelWithDebInfo)
run("the contract test" "${CMAKE_CTEST_COMMAND}" --test-dir "${BUILD_DIR}" -C RelWithDebInfo --output-on-failure
  -R "^postgres\\.contract$" --no-tests=error)
run("the certification" "${CMAKE_COMMAND}" --build "${BUILD_DIR}" --config RelWithDebInfo --target postgres.certify)
message(STATUS "postgres: the report is "
  "${BUILD_DIR}/test_artifacts/connectors/postgres/certification_report.md")
