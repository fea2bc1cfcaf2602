# dpone_connector_library(): the plug-in of a connector package.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/DponeSupport.cmake")

#[[
dpone_connector_library(<name> VERSION <x.y.z> SOURCES <file>... [LIBRARIES <library>...])

Makes the module target dpone_connector_<name>, alias dpone::connector::<name>, from SOURCES, linked with libdpone and
LIBRARIES. The plug-in exports dpone_connector_init alone: its own symbols are hidden, and so are those of static
libraries. A symbol that no library defines is an error at link time.
]]
function(dpone_connector_library)
  set(usage "NAME VERSION x.y.z SOURCES file... [LIBRARIES library...]")
  set(one_value VERSION)
  set(multi_value SOURCES LIBRARIES)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "${one_value}" "${multi_value}")
  _dpone_check_arguments(dpone_connector_library "${usage}" "${one_value}" "${multi_value}" "${ARGV}")
  _dpone_require_arguments(dpone_connector_library "${usage}" VERSION SOURCES)

  set(name "${ARGV0}")
  set(target dpone_connector_${name})
  if(TARGET ${target})
    get_target_property(folder ${target} SOURCE_DIR)
    _dpone_fail(dpone_connector_library "the connector ${name} exists already, from ${folder}"
      "give each connector of a project a name of its own")
  endif()
  add_library(${target} MODULE ${arg_SOURCES})
  add_library(dpone::connector::${name} ALIAS ${target})
  target_link_libraries(${target} PRIVATE dpone::static ${arg_LIBRARIES})
  set_target_properties(${target} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON DPONE_CONNECTOR_VERSION "${arg_VERSION}")
  target_link_options(${target} PRIVATE LINKER:--exclude-libs,ALL)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang" OR NOT "${CMAKE_C_FLAGS}" MATCHES "-fsanitize")
    # Clang leaves the sanitizer's own symbols to the host program.
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
endfunction()
