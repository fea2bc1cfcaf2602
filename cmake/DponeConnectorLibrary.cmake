# dpone_connector_library(): the plug-in of a connector package.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/DponeSupport.cmake")

#[[
dpone_connector_library(<name> VERSION <x.y.z> SOURCES <file>... [LIBRARIES <library>...] [PKG_CONFIG <module>...])

Makes the module target dpone_connector_<name>, alias dpone::connector::<name>, from SOURCES, linked with libdpone, with
LIBRARIES, and with the libraries that pkg-config knows as PKG_CONFIG. The plug-in exports dpone_connector_init alone: its
own symbols are hidden, and so are those of static libraries and of C++ templates. A symbol that no library defines is an
error at link time.
]]
function(dpone_connector_library)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "VERSION" "SOURCES;LIBRARIES;PKG_CONFIG")
  _dpone_name(name dpone_connector_library "${ARGV0}")
  set(target dpone_connector_${name})
  if(TARGET ${target} OR arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES OR NOT arg_VERSION OR NOT arg_SOURCES)
    _dpone_refuse_connector_library("${ARGV}")
  endif()
  add_library(${target} MODULE ${arg_SOURCES})
  add_library(dpone::connector::${name} ALIAS ${target})
  target_link_libraries(${target} PRIVATE dpone::static ${arg_LIBRARIES})
  set_target_properties(${target} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON DPONE_CONNECTOR_VERSION "${arg_VERSION}")
  set(options "LINKER:--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/DponeConnector.map" LINKER:-z,defs)
  if(CMAKE_C_COMPILER_ID MATCHES "Clang" AND CMAKE_C_FLAGS MATCHES "-fsanitize")
    list(REMOVE_ITEM options LINKER:-z,defs) # Clang leaves the sanitizer's own symbols to the host program
  endif()
  target_link_options(${target} PRIVATE ${options})
  if(arg_PKG_CONFIG)
    _dpone_link_pkg_config(missing ${target} ${arg_PKG_CONFIG})
    if(missing)
      _dpone_fail(dpone_connector_library "the connector ${name} needs ${missing}, which pkg-config does not find"
        "install the development package that brings ${missing}.pc")
    endif()
  endif()
endfunction()

# _dpone_refuse_connector_library(<argv>): says what is wrong with the caller's call.
function(_dpone_refuse_connector_library argv)
  set(usage "NAME VERSION x.y.z SOURCES file... [LIBRARIES library...] [PKG_CONFIG module...]")
  _dpone_check_arguments(dpone_connector_library "${usage}" "VERSION" "SOURCES;LIBRARIES;PKG_CONFIG" "${argv}")
  _dpone_require_arguments(dpone_connector_library "${usage}" VERSION SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  _dpone_fail(dpone_connector_library "the connector ${name} exists already, from ${folder}"
    "give each connector of a project a name of its own")
endfunction()
