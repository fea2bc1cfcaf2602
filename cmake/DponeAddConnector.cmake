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
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TYPE;ROOT;TARGETS_VAR" "CAPABILITIES;NATIVE_CAPABILITIES")
  _dpone_name(name dpone_add_connector "${ARGV0}")
  string(REPLACE "_" "-" folder "dpone-connector-${name}")
  set(root "${CMAKE_CURRENT_SOURCE_DIR}")
  if(DEFINED arg_ROOT)
    cmake_path(ABSOLUTE_PATH arg_ROOT BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE OUTPUT_VARIABLE root)
  endif()
  set(package "${root}/${folder}")

  if(TARGET dpone_connector_${name})
    get_target_property(package dpone_connector_${name} SOURCE_DIR)
    _dpone_fail(dpone_add_connector "the connector ${name} is a part of this project already, from ${package}"
      "call dpone_add_connector(${name} ...) once, and give each connector of a project a name of its own")
  endif()

  # A call and a package that were found to agree need no second look.
  set(agreed "")
  if(EXISTS "${package}/dpone_connector_manifest.json")
    file(SHA256 "${package}/dpone_connector_manifest.json" agreed)
    string(APPEND agreed " ${ARGV}")
  endif()
  if(NOT agreed OR NOT agreed STREQUAL "${_DPONE_AGREED_${name}}")
    _dpone_check_package("${ARGV}")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${package}/dpone_connector_manifest.json")

  add_subdirectory("${package}" "${CMAKE_CURRENT_BINARY_DIR}/${folder}")
  if(NOT TARGET dpone_connector_${name})
    _dpone_fail(dpone_add_connector "${package}/CMakeLists.txt makes no target dpone_connector_${name}"
      "call dpone_connector_library(${name} ...) there")
  endif()
  if(DEFINED arg_TARGETS_VAR)
    set(${arg_TARGETS_VAR} dpone_connector_${name} PARENT_SCOPE)
  endif()
endfunction()

# _dpone_check_package(<argv>): refuses a wrong call, generates the package when it is missing, and compares the two.
function(_dpone_check_package argv)
  set(usage "NAME TYPE api|database|event|file CAPABILITIES source|sink|state... [NATIVE_CAPABILITIES name...] \
[ROOT folder] [TARGETS_VAR variable]")
  _dpone_check_arguments(dpone_add_connector "${usage}" "TYPE;ROOT;TARGETS_VAR" "CAPABILITIES;NATIVE_CAPABILITIES"
    "${argv}")
  _dpone_require_arguments(dpone_add_connector "${usage}" TYPE CAPABILITIES)
  # A name of another form is for the program to refuse: there is one validator of names.
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$" OR NOT EXISTS "${package}/dpone_connector_manifest.json")
    list(GET argv 0 spelled_name)
    _dpone_scaffold("${spelled_name}" "${root}")
  endif()
  _dpone_compare_package("${package}")
  file(SHA256 "${package}/dpone_connector_manifest.json" digest)
  set(_DPONE_AGREED_${name} "${digest} ${argv}" CACHE INTERNAL "The call of dpone_add_connector() that agrees with ${name}")
endfunction()

# _dpone_scaffold(<name> <root>): generates the package that the caller's arg_* describe.
function(_dpone_scaffold name root)
  _dpone_program(program dpone_add_connector)
  _dpone_escape(program "${program}")
  # The program enters no root through a link; the folder of this project may well lie behind one.
  file(REAL_PATH "${root}" root)
  _dpone_escape(root "${root}")
  set(command "${program}" connectors scaffold "${name}" --root "${root}" --connector-type "${arg_TYPE}")
  foreach(capability IN LISTS arg_CAPABILITIES)
    list(APPEND command --capability "${capability}")
  endforeach()
  foreach(capability IN LISTS arg_NATIVE_CAPABILITIES)
    list(APPEND command --native-capability "${capability}")
  endforeach()
  set(makes "${package}/dpone_connector_manifest.json") # two build folders may share a root
  if(EXISTS "${makes}")
    set(makes "")
  endif()
  _dpone_execute(output dpone_add_connector MAKES "${makes}" COMMAND ${command})
  message(STATUS "dpone: generated the connector ${name}")
endfunction()

# _dpone_compare_package(<package>): what the caller's arg_* ask for against what the package says it is.
function(_dpone_compare_package package)
  set(file "${package}/dpone_connector_manifest.json")
  set(arg_NAME ${name})
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
        "${keyword} of connector ${name}: this project asks for \"${asked}\", the package has \"${found}\""
        "in ${file}"
        "make the two agree, or move the package away to have it generated anew")
    endif()
  endforeach()
endfunction()
