# dpone_certify(): the certification of a connector as CTest tests, during the build, and as a target.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/DponeSupport.cmake")

set(DPONE_CERTIFY_DURING_BUILD STATIC CACHE STRING "Checks that `cmake --build` runs: STATIC, ALL or OFF")
set_property(CACHE DPONE_CERTIFY_DURING_BUILD PROPERTY STRINGS STATIC ALL OFF)
option(DPONE_ALLOW_UNVERIFIED "Show an unverified (never a failed) certificate as a skipped test, not as a failure" OFF)

#[[
dpone_certify(<name> [PROFILE <static|local|local_live|vendor_live>] [CHECKS <check>...] [LABELS <label>...]
              [TIMEOUT <seconds>] [DURING_BUILD] [TESTS_VAR <variable>])

Registers one test <name>.certification.<check> for every check that the certification of the connector requires, or for
CHECKS alone, run in PROFILE (default local), with the labels dpone, certification, <name> and LABELS. A check that
reports skipped or unverified is a skipped test. <name>.certification.report runs after them, whatever they said, and
passes when the connector is certified. Call include(CTest) first. TIMEOUT replaces the time limit of every test.

`cmake --build` runs the static and loading checks whose inputs changed; with DURING_BUILD or
DPONE_CERTIFY_DURING_BUILD=ALL every check, with =OFF none. The target <name>.certify runs all checks and the report.
Evidence goes to <build>/test_artifacts/connectors/<name>. TESTS_VAR receives the names of the tests.
]]
function(dpone_certify)
  set(usage "NAME [PROFILE static|local|local_live|vendor_live] [CHECKS check...] [LABELS label...] [TIMEOUT seconds] \
[DURING_BUILD] [TESTS_VAR variable]")
  set(one_value PROFILE TIMEOUT TESTS_VAR)
  set(multi_value CHECKS LABELS)
  cmake_parse_arguments(PARSE_ARGV 1 arg "DURING_BUILD" "${one_value}" "${multi_value}")
  _dpone_check_arguments(dpone_certify "${usage}" "${one_value}" "${multi_value}" "${ARGV}")
  string(REPLACE "-" "_" name "${ARGV0}")
  _dpone_certify_check_call(${name})

  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  _dpone_certify_list_checks(list_file ${name} "${package}")
  include("${list_file}")
  _dpone_certify_select_checks(checks "${list_file}")

  set(artifacts "${CMAKE_BINARY_DIR}/test_artifacts/connectors/${name}")
  if(NOT DEFINED arg_PROFILE)
    set(arg_PROFILE local)
  endif()
  _dpone_escape(package_word "${package}")
  set(certify connectors certify --package "${package_word}" --plugin "$<TARGET_FILE:dpone_connector_${name}>"
    --artifact-dir "${artifacts}" --profile ${arg_PROFILE})
  set(report connectors report --artifact-dir "${artifacts}")
  if(DPONE_ALLOW_UNVERIFIED)
    list(APPEND report --allow-unverified)
  endif()

  set(tests "")
  if(CMAKE_TESTING_ENABLED)
    _dpone_certify_add_tests(tests)
  endif()
  _dpone_certify_add_build()
  if(DEFINED arg_TESTS_VAR)
    set(${arg_TESTS_VAR} ${tests} PARENT_SCOPE)
  endif()
endfunction()

# _dpone_certify_check_call(<name>): refuses what the name and the caller's arg_* cannot mean.
function(_dpone_certify_check_call name)
  if(NOT TARGET dpone_connector_${name})
    _dpone_fail(dpone_certify "there is no connector ${name}"
      "call dpone_add_connector(${name} ...), or dpone_connector_library(${name} ...), first")
  endif()
  if(NOT CMAKE_TESTING_ENABLED AND NOT DEFINED BUILD_TESTING)
    _dpone_fail(dpone_certify "testing is not enabled, so no check of ${name} would ever run"
      "call include(CTest) in the top CMakeLists.txt before dpone_certify(${name})")
  endif()
  get_property(certified GLOBAL PROPERTY _DPONE_CERTIFIED)
  if(name IN_LIST certified)
    _dpone_fail(dpone_certify "the checks of ${name} are registered already" "call dpone_certify(${name}) once")
  endif()
  set_property(GLOBAL APPEND PROPERTY _DPONE_CERTIFIED ${name})
  if(DEFINED arg_TIMEOUT AND NOT arg_TIMEOUT MATCHES "^[1-9][0-9]*$")
    _dpone_fail(dpone_certify "TIMEOUT is \"${arg_TIMEOUT}\", not a number of seconds" "write for example TIMEOUT 300")
  endif()
  if(NOT DPONE_CERTIFY_DURING_BUILD MATCHES "^(STATIC|ALL|OFF)$")
    _dpone_fail(dpone_certify "DPONE_CERTIFY_DURING_BUILD is \"${DPONE_CERTIFY_DURING_BUILD}\""
      "set it to STATIC, ALL or OFF")
  endif()
endfunction()

# _dpone_certify_list_checks(<out> <name> <package>): the file that says which checks the connector must pass, as
# `dpone connectors checks --format cmake` printed it for these inputs; printed anew when the inputs differ.
function(_dpone_certify_list_checks out name package)
  _dpone_program(program dpone_certify)
  get_property(key GLOBAL PROPERTY _DPONE_PROGRAM_DIGEST)
  foreach(input IN ITEMS certification/certification.yaml dpone_connector_manifest.json)
    if(NOT EXISTS "${package}/${input}")
      _dpone_fail(dpone_certify "the package of ${name} has no ${input}: ${package}"
        "restore the file, or generate the package anew elsewhere and copy it")
    endif()
    file(SHA256 "${package}/${input}" digest)
    string(APPEND key " ${digest}")
    _dpone_escape(input "${package}/${input}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${input}")
  endforeach()

  set(list_file "${CMAKE_CURRENT_BINARY_DIR}/dpone/${name}.checks.cmake")
  set(cached_key "")
  if(EXISTS "${list_file}")
    file(STRINGS "${list_file}" cached_key LIMIT_COUNT 1)
  endif()
  if(NOT cached_key STREQUAL "# ${key}")
    _dpone_execute(text dpone_certify COMMAND "${program}" connectors checks --package "${package}" --format cmake)
    file(WRITE "${list_file}" "# ${key}\n${text}")
  endif()
  set(${out} "${list_file}" PARENT_SCOPE)
endfunction()

# _dpone_certify_select_checks(<out> <list file>): all listed checks, or those that the caller's CHECKS name.
function(_dpone_certify_select_checks out list_file)
  if(NOT dpone_checks)
    _dpone_fail(dpone_certify "the certification of ${name} requires no check" "see ${package}/certification/certification.yaml")
  endif()
  foreach(check IN LISTS arg_CHECKS)
    if(NOT check IN_LIST dpone_checks)
      list(JOIN dpone_checks " " known)
      _dpone_fail(dpone_certify "CHECKS names \"${check}\", which is no check of ${name}" "its checks are: ${known}")
    endif()
  endforeach()
  if(DEFINED arg_CHECKS)
    set(${out} ${arg_CHECKS} PARENT_SCOPE)
  else()
    set(${out} ${dpone_checks} PARENT_SCOPE)
  endif()
endfunction()

# _dpone_certify_add_tests(<out>): one test per check of the caller, and the report as the clean-up of their fixture: it
# runs last, also after failures and when a check is selected alone.
function(_dpone_certify_add_tests out)
  set(labels dpone certification ${name} ${arg_LABELS})
  set(tests "")
  foreach(check IN LISTS checks)
    set(test ${name}.certification.${check})
    add_test(NAME ${test} COMMAND dpone::program ${certify} --check ${check})
    set(timeout ${arg_TIMEOUT})
    if(NOT timeout)
      math(EXPR timeout "${dpone_check_${check}_time_limit} + 60") # the program ends the check itself, with evidence
    endif()
    set_tests_properties(${test} PROPERTIES TIMEOUT ${timeout})
    if(dpone_check_${check}_stage STREQUAL "evidence")
      set_tests_properties(${test} PROPERTIES DEPENDS "${tests}")
    endif()
    list(APPEND tests ${test})
  endforeach()
  set_tests_properties(${tests} PROPERTIES LABELS "${labels}" SKIP_RETURN_CODE 77
    FIXTURES_REQUIRED ${name}.certification)
  if(arg_PROFILE STREQUAL "vendor_live")
    set_tests_properties(${tests} PROPERTIES RESOURCE_LOCK ${name}.vendor_live) # the author's system is shared
  endif()

  set(test ${name}.certification.report)
  add_test(NAME ${test} COMMAND dpone::program ${report})
  set_tests_properties(${test} PROPERTIES LABELS "${labels}" TIMEOUT 120 FIXTURES_CLEANUP ${name}.certification)
  if(DPONE_ALLOW_UNVERIFIED)
    set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77)
  endif()
  set(${out} ${tests} ${test} PARENT_SCOPE)
endfunction()

# _dpone_certify_add_build(): the checks that the build runs, each behind a stamp, and the target <name>.certify.
function(_dpone_certify_add_build)
  add_custom_target(${name}.certify
    COMMAND dpone::program ${certify}
    COMMAND dpone::program ${report}
    DEPENDS dpone_connector_${name}
    COMMENT "Certifying ${name}" USES_TERMINAL VERBATIM)

  set(during_build ${DPONE_CERTIFY_DURING_BUILD})
  if(arg_DURING_BUILD)
    set(during_build ALL)
  endif()
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    set(during_build OFF) # nothing can load the plug-in here
  endif()
  set(stamps "")
  foreach(check IN LISTS checks)
    if(during_build STREQUAL "ALL" OR
        (during_build STREQUAL "STATIC" AND dpone_check_${check}_stage MATCHES "^(static|loading)$"))
      set(after "")
      if(dpone_check_${check}_stage STREQUAL "evidence")
        set(after "${stamps}")
      endif()
      _dpone_certify_add_stamp(stamp ${check} ${after})
      list(APPEND stamps "${stamp}")
    endif()
  endforeach()
  if(during_build STREQUAL "ALL")
    _dpone_certify_add_report_stamp(stamps)
  endif()
  set(targets ${name}.certify)
  if(stamps)
    add_custom_target(${name}.certify_during_build ALL DEPENDS ${stamps})
    add_dependencies(${name}.certify_during_build dpone_connector_${name})
    list(APPEND targets ${name}.certify_during_build)
  endif()
  if(TARGET dpone_fixture) # the SDK is built by this project: its systems come first
    foreach(target IN LISTS targets)
      add_dependencies(${target} dpone_fixture)
    endforeach()
  endif()
endfunction()

# _dpone_certify_add_stamp(<out> <check> [<stamp>...]): a build step that runs one check when what it looks at, or a
# stamp, has changed.
function(_dpone_certify_add_stamp out check)
  _dpone_certify_stamp(stamp ${check})
  set(depends dpone::program "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/DponeRunCheck.cmake" ${ARGN})
  if(NOT dpone_check_${check}_stage STREQUAL "static")
    list(APPEND depends dpone_connector_${name})
  endif()
  add_custom_command(OUTPUT "${stamp}" DEPFILE "${stamp}.d"
    COMMAND "${CMAKE_COMMAND}" "-DTITLE=${name}: ${check}" "-DSTAMP=${stamp}" "-DPACKAGE=${package}"
      "-DINPUTS=${dpone_check_${check}_inputs}" -P "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/DponeRunCheck.cmake" --
      "$<TARGET_FILE:dpone::program>" ${certify} --check ${check}
    DEPENDS ${depends} COMMENT "Checking ${name}: ${check}" VERBATIM)
  set(${out} "${stamp}" PARENT_SCOPE)
endfunction()

# _dpone_certify_add_report_stamp(<list of stamps>): the report as the last build step; its stamp joins the list.
function(_dpone_certify_add_report_stamp list)
  _dpone_certify_stamp(stamp report)
  add_custom_command(OUTPUT "${stamp}"
    COMMAND "${CMAKE_COMMAND}" "-DTITLE=${name}: report" "-DSTAMP=${stamp}"
      -P "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/DponeRunCheck.cmake" -- "$<TARGET_FILE:dpone::program>" ${report}
    DEPENDS ${${list}} COMMENT "Reporting on ${name}" VERBATIM)
  set(${list} ${${list}} "${stamp}" PARENT_SCOPE)
endfunction()

# _dpone_certify_stamp(<out> <check>): the file that stands for a check which passed during the build.
function(_dpone_certify_stamp out check)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/dpone")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    string(APPEND folder "/$<CONFIG>")
  endif()
  set(${out} "${folder}/${name}.${check}.stamp" PARENT_SCOPE)
endfunction()
