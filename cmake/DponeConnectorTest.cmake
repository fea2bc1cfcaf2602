# dpone_connector_test(): the contract test of a connector package.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/DponeSupport.cmake")

option(DPONE_CONNECTOR_TESTS "Make the contract tests of connectors, which need cmocka" ON)

#[[
dpone_connector_test(<name> SOURCES <file>...)

Makes the program <name>_contract_test from SOURCES and the object files of the plug-in, with the plug-in's include folders,
definitions, options and libraries, and cmocka; and registers it as the test <name>.contract, with the labels dpone and
<name>. It makes nothing where BUILD_TESTING or DPONE_CONNECTOR_TESTS is OFF, and, which is said, where cmocka is missing or
testing is not enabled yet.
]]
function(dpone_connector_test)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  _dpone_name(name dpone_connector_test "${ARGV0}")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    _dpone_check_arguments(dpone_connector_test "NAME SOURCES file..." "" "SOURCES" "${ARGV}")
    _dpone_require_arguments(dpone_connector_test "NAME SOURCES file..." SOURCES)
  endif()
  set(plugin dpone_connector_${name})
  if(NOT TARGET ${plugin})
    _dpone_fail(dpone_connector_test "there is no connector ${name}" "call dpone_connector_library(${name} ...) first")
  endif()
  if(NOT DPONE_CONNECTOR_TESTS OR (DEFINED BUILD_TESTING AND NOT BUILD_TESTING))
    return()
  endif()
  if(NOT CMAKE_TESTING_ENABLED)
    message(STATUS
      "dpone: testing is not enabled, so ${name}.contract is left out; call include(CTest) before this connector")
    return()
  endif()
  set(target ${name}_contract_test)
  add_executable(${target} ${arg_SOURCES})
  # As link options: a hundred connectors with the object files among the sources take CMake a fifth longer.
  target_link_options(${target} PRIVATE $<TARGET_OBJECTS:${plugin}>)
  set_property(TARGET ${target} PROPERTY LINK_DEPENDS $<TARGET_FILE:${plugin}>)
  add_dependencies(${target} ${plugin})
  foreach(property IN ITEMS INCLUDE_DIRECTORIES COMPILE_DEFINITIONS COMPILE_OPTIONS LINK_LIBRARIES)
    set_property(TARGET ${target} PROPERTY ${property} $<TARGET_PROPERTY:${plugin},${property}>)
  endforeach()
  get_target_property(standard ${plugin} C_STANDARD)
  if(standard)
    set_target_properties(${target} PROPERTIES C_STANDARD ${standard} C_STANDARD_REQUIRED ON)
  endif()
  _dpone_link_pkg_config(missing ${target} cmocka)
  if(missing)
    message(STATUS "dpone: cmocka is missing, so ${name}.contract is left out; install libcmocka-dev and configure again")
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL TRUE)
    return()
  endif()
  add_test(NAME ${name}.contract COMMAND ${target})
  set_tests_properties(${name}.contract PROPERTIES LABELS "dpone;${name}" TIMEOUT 60)
endfunction()
