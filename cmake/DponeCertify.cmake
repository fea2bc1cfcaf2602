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

ctest reads the tests when it starts: a project of a hundred connectors has thousands. With TESTS_VAR they are tests of the
calling folder like any other, which set_tests_properties() can change.

What a call registers is written as functions into the build tree, which connectors of the same shape share. It is taken
from there as long as the call, the program and the package's two contract files stay the same: configuring again runs
nothing.
]]
function(dpone_certify)
  cmake_parse_arguments(PARSE_ARGV 1 arg "DURING_BUILD" "PROFILE;TIMEOUT;TESTS_VAR" "CHECKS;LABELS")
  _dpone_name(name dpone_certify "${ARGV0}")
  _dpone_certify_digest(digest "${ARGV}")
  if(digest AND digest STREQUAL "${_DPONE_CERTIFY_DIGEST_${name}}")
    set(key ${_DPONE_CERTIFY_KEY_${name}})
  else()
    _dpone_certify_check_call("${ARGV}")
    _dpone_certify_key(key "${ARGV}")
  endif()
  set(script "${CMAKE_BINARY_DIR}/dpone/${key}.certify.cmake")
  if(NOT EXISTS "${script}")
    _dpone_certify_write_script()
  endif()
  set(_DPONE_CERTIFY_DIGEST_${name} "${digest}" CACHE INTERNAL "The call of dpone_certify() that is written down")
  set(_DPONE_CERTIFY_KEY_${name} ${key} CACHE INTERNAL "Where it is written down")
  if(NOT COMMAND _dpone_register_${key})
    include("${script}")
  endif()

  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  set(plugin $<TARGET_FILE:dpone_connector_${name}>)
  set(artifacts "${CMAKE_BINARY_DIR}/test_artifacts/connectors/${name}")
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/dpone")
  cmake_language(CALL _dpone_register_${key})
  if(NOT CMAKE_TESTING_ENABLED)
    set(tests "")
  elseif(DEFINED arg_TESTS_VAR OR CMAKE_CROSSCOMPILING)
    set(_dpone_name NAME)
    set(_dpone_command COMMAND)
    cmake_language(CALL _dpone_tests_${key} ${name} dpone::program "${plugin}" "${package}" "${artifacts}")
  else()
    _dpone_certify_at_ctest()
  endif()
  set_property(GLOBAL APPEND PROPERTY _DPONE_CERTIFIED ${name})
  if(DEFINED arg_TESTS_VAR)
    set(${arg_TESTS_VAR} ${tests} PARENT_SCOPE)
  endif()
endfunction()

# _dpone_certify_digest(<out> <argv>): of all that the caller's call depends on; empty when it cannot be right.
function(_dpone_certify_digest out argv)
  set(${out} "" PARENT_SCOPE)
  get_property(certified GLOBAL PROPERTY _DPONE_CERTIFIED)
  if(NOT TARGET dpone_connector_${name} OR name IN_LIST certified)
    return()
  endif()
  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  if(NOT EXISTS "${package}/certification/certification.yaml" OR NOT EXISTS "${package}/dpone_connector_manifest.json")
    return()
  endif()
  file(SHA256 "${package}/certification/certification.yaml" contract)
  file(SHA256 "${package}/dpone_connector_manifest.json" manifest)
  _dpone_certify_circumstances(circumstances)
  string(SHA256 digest "${contract} ${manifest} ${argv} ${circumstances}")
  set(${out} ${digest} PARENT_SCOPE)
endfunction()

# _dpone_certify_circumstances(<out>): what every call depends on: the SDK and the project's options.
function(_dpone_certify_circumstances out)
  _dpone_sdk_digest(sdk dpone_certify)
  set(${out} "${sdk} ${DPONE_ALLOW_UNVERIFIED} ${DPONE_CERTIFY_DURING_BUILD} ${CMAKE_TESTING_ENABLED} \
${CMAKE_CROSSCOMPILING} ${CMAKE_CROSSCOMPILING_EMULATOR}" PARENT_SCOPE)
endfunction()

# _dpone_certify_key(<out> <argv>): a digest of what the caller's connector has in common with those of the same shape.
function(_dpone_certify_key out argv)
  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  file(READ "${package}/certification/certification.yaml" contract)
  file(READ "${package}/dpone_connector_manifest.json" manifest)
  string(REGEX REPLACE "(connectors?[_/:\" ]+|docs/)${name}" "\\1@" shape "${contract}${manifest}")
  list(POP_FRONT argv)
  _dpone_certify_circumstances(circumstances)
  string(SHA256 key "${shape} ${argv} ${circumstances}")
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

# _dpone_certify_write_script(): asks the program which checks the caller's connector must pass, and writes two functions:
# one that makes its targets, and one that registers its tests, in a project or in ctest, where add_test() has no keywords.
# What differs between connectors of one shape stays a variable: name, package, plug-in and folders.
function(_dpone_certify_write_script)
  _dpone_program(program dpone_certify)
  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  _dpone_execute(list dpone_certify COMMAND "${program}" connectors checks --package "${package}" --format cmake)
  string(SHA256 list_name "${list}")
  set(list_file "${CMAKE_BINARY_DIR}/dpone/${list_name}.checks.cmake")
  _dpone_write("${list_file}" "${list}")
  include("${list_file}")
  _dpone_certify_select_checks(checks)

  set(profile local)
  if(DEFINED arg_PROFILE)
    set(profile ${arg_PROFILE})
  endif()
  set(certify "connectors certify --package \"\${package}\" --plugin \${plugin} \
--artifact-dir \${artifacts} --profile ${profile}")
  set(report connectors report --artifact-dir "\${artifacts}")
  if(DPONE_ALLOW_UNVERIFIED)
    list(APPEND report --allow-unverified)
  endif()
  set(text "# Written by dpone_certify().\n")
  _dpone_certify_append_targets(text)
  _dpone_certify_append_tests(text)
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
    list(REMOVE_DUPLICATES arg_CHECKS)
    set(${out} ${arg_CHECKS} PARENT_SCOPE)
  else()
    set(${out} ${dpone_checks} PARENT_SCOPE)
  endif()
endfunction()

# _dpone_certify_append_tests(<text>): one test per check of the caller, and the report as the clean-up of their fixture:
# it runs last, also after failures and when a check is selected alone.
function(_dpone_certify_append_tests out)
  set(labels "dpone;certification;\${name};${arg_LABELS}")
  string(REGEX REPLACE ";$" "" labels "${labels}")
  set(lock "")
  if(arg_PROFILE STREQUAL "vendor_live")
    set(lock "RESOURCE_LOCK \${name}.vendor_live") # the author's system is shared
  endif()
  set(skip "")
  if(DPONE_ALLOW_UNVERIFIED)
    set(skip "SKIP_RETURN_CODE 77")
  endif()

  list(JOIN checks " " words)
  set(body "
function(_dpone_tests_${key} name program plugin package artifacts)
set(tests)
foreach(check IN ITEMS ${words})
  add_test(\${_dpone_name} \${name}.certification.\${check} \${_dpone_command} \${program} ${certify} --check \${check})
  list(APPEND tests \${name}.certification.\${check})
endforeach()
set_tests_properties(\${tests} PROPERTIES LABELS \"${labels}\" SKIP_RETURN_CODE 77
  FIXTURES_REQUIRED \${name}.certification ${lock})\n")
  set(tests "")
  foreach(check IN LISTS checks)
    set(test "\${name}.certification.${check}")
    set(timeout ${arg_TIMEOUT})
    if(NOT timeout)
      math(EXPR timeout "${dpone_check_${check}_time_limit} + 60") # the program ends the check itself, with evidence
    endif()
    set(depends "")
    if(dpone_check_${check}_stage STREQUAL "evidence")
      set(depends "DEPENDS \"${tests}\"")
    endif()
    string(APPEND body "set_tests_properties(${test} PROPERTIES TIMEOUT ${timeout} ${depends})\n")
    list(APPEND tests ${test})
  endforeach()
  list(JOIN report " " words)
  set(test "\${name}.certification.report")
  string(APPEND body "add_test(\${_dpone_name} ${test} \${_dpone_command} \${program} ${words})
set_tests_properties(${test} PROPERTIES LABELS \"${labels}\" TIMEOUT 120 FIXTURES_CLEANUP \${name}.certification ${skip})
set(tests \${tests} ${test} PARENT_SCOPE)
endfunction()\n")
  set(${out} "${${out}}${body}" PARENT_SCOPE)
endfunction()

# _dpone_certify_at_ctest(): has ctest register the caller's tests. Of several configurations, it takes the one of its option
# -C, and without it says, as of every test, that none is available.
function(_dpone_certify_at_ctest)
  set(file "${folder}/${name}.tests.cmake")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${file}")
  string(CONFIGURE [==[
include([=[@script@]=])
_dpone_tests_@key@(@name@ "${program}" "${plugin}" [=[@package@]=] [=[@artifacts@]=])
]==] call @ONLY)
  set(found "set(program [=[$<TARGET_FILE:dpone::program>]=])\nset(plugin [=[${plugin}]=])\n")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(NOT multi_config)
    file(GENERATE OUTPUT "${file}" CONTENT "${found}${call}")
    return()
  endif()
  string(CONFIGURE [==[
set(program NOT_AVAILABLE)
string(TOLOWER "@name@.tests.${CTEST_CONFIGURATION_TYPE}.cmake" found)
include("${CMAKE_CURRENT_LIST_DIR}/${found}" OPTIONAL)
@call@]==] call @ONLY)
  _dpone_write("${file}" "${call}")
  file(GENERATE OUTPUT "${folder}/${name}.tests.$<LOWER_CASE:$<CONFIG>>.cmake" CONTENT "${found}")
endfunction()

# _dpone_certify_append_targets(<text>): the target <name>.certify, and the build step that runs checks.
function(_dpone_certify_append_targets out)
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

function(_dpone_register_@key@)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${package}/certification/certification.yaml"
  "${package}/dpone_connector_manifest.json")
add_custom_target(${name}.certify
  COMMAND "${CMAKE_COMMAND}" -DNAME=${name} "-DREPORT=@report@" -P "@modules@/DponeRunAll.cmake" --
    $<TARGET_FILE:dpone::program> @certify@
  DEPENDS dpone_connector_${name} COMMENT "Certifying ${name}" USES_TERMINAL VERBATIM)
]==])
  if(selected)
    string(APPEND steps [==[
set(stamps "${folder}@configuration@")
add_custom_command(OUTPUT "${stamps}/${name}.checks.stamp" DEPFILE "${stamps}/${name}.checks.stamp.d"
  COMMAND "${CMAKE_COMMAND}" -DNAME=${name} "-DFOLDER=${stamps}" "-DPACKAGE=${package}" "-DLIST=@list_file@"
    "-DCHECKS=@selected@" -DPLUGIN=${plugin} @report_option@
    -P "@modules@/DponeRunChecks.cmake" -- $<TARGET_FILE:dpone::program> @certify@
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
    set(report_option "\"-DREPORT=${report}\"")
  endif()
  string(CONFIGURE "${steps}" steps @ONLY)
  set(${out} "${${out}}${steps}endfunction()\n" PARENT_SCOPE)
endfunction()
