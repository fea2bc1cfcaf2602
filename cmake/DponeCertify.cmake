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
DPONE_CERTIFY_DURING_BUILD=ALL every check and the report, with =OFF none. The target <name>.certify runs all checks and
the report. Evidence goes to <build>/test_artifacts/connectors/<name>. TESTS_VAR receives the names of the tests.

What a call registers is written as a function into the build tree, which connectors of the same shape share. It is taken
from there as long as the call, the program and the package's two contract files stay the same: configuring again runs
nothing.
]]
function(dpone_certify)
  cmake_parse_arguments(PARSE_ARGV 1 arg "DURING_BUILD" "PROFILE;TIMEOUT;TESTS_VAR" "CHECKS;LABELS")
  string(REPLACE "-" "_" name "${ARGV0}")
  _dpone_certify_key(key "${ARGV}")
  set(script "${CMAKE_BINARY_DIR}/dpone/${key}.certify.cmake")
  if(NOT key OR NOT EXISTS "${script}")
    _dpone_certify_check_call("${ARGV}")
    _dpone_certify_write_script()
  endif()
  if(NOT COMMAND _dpone_register_${key})
    include("${script}")
  endif()
  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  _dpone_escape(package_word "${package}")
  set(tests "")
  cmake_language(CALL _dpone_register_${key})
  set_property(GLOBAL APPEND PROPERTY _DPONE_CERTIFIED ${name})
  if(DEFINED arg_TESTS_VAR)
    set(${arg_TESTS_VAR} ${tests} PARENT_SCOPE)
  endif()
endfunction()

# _dpone_certify_key(<out> <argv>): a digest of all that the caller's script depends on, with the connector's name left out;
# empty when the call cannot be right.
function(_dpone_certify_key out argv)
  set(${out} "" PARENT_SCOPE)
  get_property(certified GLOBAL PROPERTY _DPONE_CERTIFIED)
  if(NOT TARGET dpone_connector_${name} OR name IN_LIST certified)
    return()
  endif()
  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  if(NOT EXISTS "${package}/certification/certification.yaml" OR NOT EXISTS "${package}/dpone_connector_manifest.json")
    return()
  endif()
  file(READ "${package}/certification/certification.yaml" contract)
  file(READ "${package}/dpone_connector_manifest.json" manifest)
  string(REGEX REPLACE "(connectors?[_/:\" ]+|docs/)${name}" "\\1@" shape "${contract}${manifest}")
  list(POP_FRONT argv)
  _dpone_sdk_digest(sdk dpone_certify)
  string(SHA256 key "${shape} ${argv} ${sdk} ${DPONE_ALLOW_UNVERIFIED} ${DPONE_CERTIFY_DURING_BUILD} \
${CMAKE_TESTING_ENABLED} ${CMAKE_CROSSCOMPILING} ${CMAKE_CROSSCOMPILING_EMULATOR}")
  set(${out} ${key} PARENT_SCOPE)
endfunction()

# _dpone_certify_check_call(<argv>): refuses what the caller's name and arg_* cannot mean.
function(_dpone_certify_check_call argv)
  _dpone_check_arguments(dpone_certify "NAME [PROFILE static|local|local_live|vendor_live] [CHECKS check...] \
[LABELS label...] [TIMEOUT seconds] [DURING_BUILD] [TESTS_VAR variable]"
    "PROFILE;TIMEOUT;TESTS_VAR" "CHECKS;LABELS" "${argv}")
  if(NOT TARGET dpone_connector_${name})
    _dpone_fail(dpone_certify "there is no connector ${name}"
      "call dpone_add_connector(${name} ...), or dpone_connector_library(${name} ...), first")
  endif()
  get_property(certified GLOBAL PROPERTY _DPONE_CERTIFIED)
  if(name IN_LIST certified)
    _dpone_fail(dpone_certify "the checks of ${name} are registered already" "call dpone_certify(${name}) once")
  endif()
  if(NOT CMAKE_TESTING_ENABLED AND NOT DEFINED BUILD_TESTING)
    _dpone_fail(dpone_certify "testing is not enabled, so no check of ${name} would ever run"
      "call include(CTest) in the top CMakeLists.txt before dpone_certify(${name})")
  endif()
  set(profiles static local local_live vendor_live)
  if(DEFINED arg_PROFILE AND NOT arg_PROFILE IN_LIST profiles)
    list(JOIN profiles " " known)
    _dpone_fail(dpone_certify "PROFILE is \"${arg_PROFILE}\", which is no profile; there are: ${known}"
      "write for example PROFILE local, or leave PROFILE out, which means local")
  endif()
  if(DEFINED arg_TIMEOUT AND NOT arg_TIMEOUT MATCHES "^[1-9][0-9]*$")
    _dpone_fail(dpone_certify "TIMEOUT is \"${arg_TIMEOUT}\", not a number of seconds" "write for example TIMEOUT 300")
  endif()
  if(NOT DPONE_CERTIFY_DURING_BUILD MATCHES "^(STATIC|ALL|OFF)$")
    _dpone_fail(dpone_certify "DPONE_CERTIFY_DURING_BUILD is \"${DPONE_CERTIFY_DURING_BUILD}\""
      "set it to STATIC, ALL or OFF")
  endif()
  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  foreach(file IN ITEMS certification/certification.yaml dpone_connector_manifest.json)
    if(NOT EXISTS "${package}/${file}")
      _dpone_fail(dpone_certify "the package of ${name} has no ${file}: ${package}"
        "restore the file, or generate the package anew elsewhere and copy it")
    endif()
  endforeach()
endfunction()

# _dpone_certify_write_script(): asks the program which checks the caller's connector must pass, and writes the script that
# registers them, as a function. What differs between connectors of one shape stays a variable in it: name, package, folders.
function(_dpone_certify_write_script)
  _dpone_program(program dpone_certify)
  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  _dpone_execute(list dpone_certify COMMAND "${program}" connectors checks --package "${package}" --format cmake)
  string(SHA256 list_name "${list}")
  set(list_file "${CMAKE_BINARY_DIR}/dpone/${list_name}.checks.cmake")
  _dpone_write("${list_file}" "${list}")
  include("${list_file}")
  _dpone_certify_select_checks(checks)

  set(text [==[
# Written by dpone_certify().
function(_dpone_register_@key@)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  "${package_word}/certification/certification.yaml" "${package_word}/dpone_connector_manifest.json")
set(artifacts "${CMAKE_BINARY_DIR}/test_artifacts/connectors/${name}")
set(report connectors report --artifact-dir "${artifacts}" @allow_unverified@)
set(certify connectors certify --package "${package_word}" --plugin $<TARGET_FILE:dpone_connector_${name}>
  --artifact-dir "${artifacts}" --profile @profile@)
]==])
  set(profile local)
  if(DEFINED arg_PROFILE)
    set(profile ${arg_PROFILE})
  endif()
  set(allow_unverified "")
  if(DPONE_ALLOW_UNVERIFIED)
    set(allow_unverified --allow-unverified)
  endif()
  string(CONFIGURE "${text}" text @ONLY)
  if(CMAKE_TESTING_ENABLED)
    _dpone_certify_append_tests(text)
  endif()
  _dpone_certify_append_build(text)
  string(APPEND text "endfunction()\n")
  _dpone_write("${script}" "${text}")
endfunction()

# _dpone_certify_select_checks(<out>): all listed checks, or those that the caller's CHECKS name.
function(_dpone_certify_select_checks out)
  if(NOT dpone_checks)
    _dpone_fail(dpone_certify "the certification of ${name} requires no check"
      "see ${package}/certification/certification.yaml")
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

# _dpone_certify_append_tests(<text>): one test per check of the caller, and the report as the clean-up of their fixture:
# it runs last, also after failures and when a check is selected alone.
function(_dpone_certify_append_tests out)
  set(text "${${out}}")
  set(tests "")
  set(timeouts "")
  foreach(check IN LISTS checks)
    set(test "\${name}.certification.${check}")
    string(APPEND text "add_test(NAME ${test} COMMAND dpone::program \${certify} --check ${check})\n")
    set(timeout ${arg_TIMEOUT})
    if(NOT timeout)
      math(EXPR timeout "${dpone_check_${check}_time_limit} + 60") # the program ends the check itself, with evidence
    endif()
    if(dpone_check_${check}_stage STREQUAL "evidence" AND tests)
      string(APPEND text "set_tests_properties(${test} PROPERTIES DEPENDS \"${tests}\")\n")
    endif()
    list(APPEND tests ${test})
    list(APPEND timeouts ${timeout})
    list(APPEND tests_of_${timeout} ${test})
  endforeach()

  set(labels "dpone;certification;\${name};${arg_LABELS}")
  string(REGEX REPLACE ";$" "" labels "${labels}")
  set(lock "")
  if(arg_PROFILE STREQUAL "vendor_live")
    set(lock "RESOURCE_LOCK \${name}.vendor_live") # the author's system is shared
  endif()
  list(REMOVE_DUPLICATES timeouts)
  foreach(timeout IN LISTS timeouts)
    list(JOIN tests_of_${timeout} "\n  " words)
    string(APPEND text "set_tests_properties(${words}\n  PROPERTIES LABELS \"${labels}\" TIMEOUT ${timeout} "
      "SKIP_RETURN_CODE 77 FIXTURES_REQUIRED \${name}.certification ${lock})\n")
  endforeach()

  set(test "\${name}.certification.report")
  set(skip "")
  if(DPONE_ALLOW_UNVERIFIED)
    set(skip "SKIP_RETURN_CODE 77")
  endif()
  string(APPEND text "add_test(NAME ${test} COMMAND dpone::program \${report})\n"
    "set_tests_properties(${test} PROPERTIES LABELS \"${labels}\" TIMEOUT 120 "
    "FIXTURES_CLEANUP \${name}.certification ${skip})\n"
    "set(tests \"${tests};${test}\" PARENT_SCOPE)\n")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# _dpone_certify_append_build(<text>): the target <name>.certify, and the build step that runs checks.
function(_dpone_certify_append_build out)
  set(during_build ${DPONE_CERTIFY_DURING_BUILD})
  if(arg_DURING_BUILD)
    set(during_build ALL)
  endif()
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    set(during_build OFF) # nothing can load the plug-in here
  endif()
  set(selected "")
  foreach(check IN LISTS checks)
    if(during_build STREQUAL "ALL" OR
        (during_build STREQUAL "STATIC" AND dpone_check_${check}_stage MATCHES "^(static|loading)$"))
      list(APPEND selected ${check})
    endif()
  endforeach()

  set(modules "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
  set(steps [==[
add_custom_target(${name}.certify
  COMMAND "${CMAKE_COMMAND}" -DNAME=${name} "-DREPORT=${report}" -P "@modules@/DponeRunAll.cmake" --
    $<TARGET_FILE:dpone::program> ${certify}
  DEPENDS dpone_connector_${name} COMMENT "Certifying ${name}" USES_TERMINAL VERBATIM)
]==])
  if(selected)
    string(APPEND steps [==[
set(stamps "${CMAKE_CURRENT_BINARY_DIR}/dpone@configuration@")
add_custom_command(OUTPUT "${stamps}/${name}.checks.stamp" DEPFILE "${stamps}/${name}.checks.stamp.d"
  COMMAND "${CMAKE_COMMAND}" -DNAME=${name} "-DFOLDER=${stamps}" "-DPACKAGE=${package}" "-DLIST=@list_file@"
    "-DCHECKS=@selected@" -DPLUGIN=$<TARGET_FILE:dpone_connector_${name}> @report_option@
    -P "@modules@/DponeRunChecks.cmake" -- $<TARGET_FILE:dpone::program> ${certify}
  DEPENDS dpone::program dpone_connector_${name} "@list_file@" "@modules@/DponeRunChecks.cmake"
  COMMENT "Checking ${name}" VERBATIM)
add_custom_target(${name}.certify_during_build ALL DEPENDS "${stamps}/${name}.checks.stamp")
]==])
  endif()
  if(TARGET dpone_fixture) # the SDK is built by this project: its systems come first
    string(APPEND steps "add_dependencies(\${name}.certify dpone_fixture)\n")
    if(selected)
      string(APPEND steps "add_dependencies(\${name}.certify_during_build dpone_fixture)\n")
    endif()
  endif()

  set(configuration "")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    set(configuration "/$<CONFIG>")
  endif()
  set(report_option "")
  if(during_build STREQUAL "ALL")
    set(report_option "\"-DREPORT=\${report}\"")
  endif()
  string(CONFIGURE "${steps}" steps @ONLY)
  set(${out} "${${out}}${steps}" PARENT_SCOPE)
endfunction()
