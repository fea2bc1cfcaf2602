# dpone_add_connector(): a connector package as part of this project, generated when it is missing.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/DponeSupport.cmake")

#[[
dpone_add_connector(<name> TYPE <api|database|event|file> CAPABILITIES <source|sink|state>...
                    [NATIVE_CAPABILITIES <name>...] [ROOT <folder>] [TARGETS_VAR <variable>])

Adds the package <ROOT>/dpone-connector-<name> (ROOT: default the current source folder) as a subdirectory: the module
target dpone_connector_<name>, with the alias dpone::connector::<name>. A package that is missing is generated first, as by
`dpone connectors scaffold`; a file that exists is never changed. TYPE and capabilities that differ from those of an
existing package are an error. TARGETS_VAR receives the list of targets made.
]]
function(dpone_add_connector)
  set(usage "NAME TYPE api|database|event|file CAPABILITIES source|sink|state... [NATIVE_CAPABILITIES name...] \
[ROOT folder] [TARGETS_VAR variable]")
  set(one_value TYPE ROOT TARGETS_VAR)
  set(multi_value CAPABILITIES NATIVE_CAPABILITIES)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "${one_value}" "${multi_value}")
  _dpone_check_arguments(dpone_add_connector "${usage}" "${one_value}" "${multi_value}" "${ARGV}")
  _dpone_require_arguments(dpone_add_connector "${usage}" TYPE CAPABILITIES)

  set(root "${CMAKE_CURRENT_SOURCE_DIR}")
  if(DEFINED arg_ROOT)
    cmake_path(ABSOLUTE_PATH arg_ROOT BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE OUTPUT_VARIABLE root)
  endif()
  string(REPLACE "-" "_" arg_NAME "${ARGV0}")
  string(REPLACE "_" "-" folder "dpone-connector-${arg_NAME}")
  set(package "${root}/${folder}")

  # A name of another form is for the program to refuse: there is one validator of names.
  if(NOT arg_NAME MATCHES "^[a-z][a-z0-9_]*$" OR NOT EXISTS "${package}/dpone_connector_manifest.json")
    _dpone_scaffold("${ARGV0}" "${root}")
  endif()
  _dpone_compare_package("${package}")

  add_subdirectory("${package}" "${CMAKE_CURRENT_BINARY_DIR}/${folder}")
  if(NOT TARGET dpone_connector_${arg_NAME})
    _dpone_fail(dpone_add_connector "${package}/CMakeLists.txt makes no target dpone_connector_${arg_NAME}"
      "call dpone_connector_library(${arg_NAME} ...) there")
  endif()
  if(DEFINED arg_TARGETS_VAR)
    set(${arg_TARGETS_VAR} dpone_connector_${arg_NAME} PARENT_SCOPE)
  endif()
endfunction()

# _dpone_scaffold(<name> <root>): generates the package that the caller's arg_* describe.
function(_dpone_scaffold name root)
  _dpone_program(program dpone_add_connector)
  _dpone_escape(program "${program}")
  _dpone_escape(root "${root}")
  set(command "${program}" connectors scaffold "${name}" --root "${root}" --connector-type "${arg_TYPE}")
  foreach(capability IN LISTS arg_CAPABILITIES)
    list(APPEND command --capability "${capability}")
  endforeach()
  foreach(capability IN LISTS arg_NATIVE_CAPABILITIES)
    list(APPEND command --native-capability "${capability}")
  endforeach()
  _dpone_execute(output dpone_add_connector COMMAND ${command})
  message(STATUS "dpone: generated the connector ${name}")
endfunction()

# _dpone_compare_package(<package>): what the caller's arg_* ask for against what the package says it is.
function(_dpone_compare_package package)
  set(file "${package}/dpone_connector_manifest.json")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" json)
  set(keywords NAME TYPE CAPABILITIES NATIVE_CAPABILITIES)
  set(members connector connector_type capabilities native_capabilities)
  foreach(keyword member IN ZIP_LISTS keywords members)
    set(asked ${arg_${keyword}})
    list(REMOVE_DUPLICATES asked)
    list(SORT asked)
    _dpone_json_strings(found "${json}" ${member})
    if(NOT "${asked}" STREQUAL "${found}")
      list(JOIN asked " " asked)
      list(JOIN found " " found)
      _dpone_fail(dpone_add_connector
        "${keyword} of connector ${arg_NAME}: this project asks for \"${asked}\", the package has \"${found}\""
        "in ${file}"
        "make the two agree, or move the package away to have it generated anew")
    endif()
  endforeach()
endfunction()
