# dpone_package_connector(): a connector as something to install and to hand on.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/DponeSupport.cmake")

#[[
dpone_package_connector(<name>)

`cmake --install` puts the connector into lib/dpone/connectors/<name>, where `dpone --plugin <name>` finds it below the same
prefix: plug-in, manifest, schemas, docs, examples, certification.yaml, README.md and, when there is one, the certification
report with its evidence. They are the install component <name>. `cpack` makes a Debian package dpone-connector-<name> of
each connector, and a tarball of all; a project that includes CPack itself decides alone what is packaged.
CPACK_PACKAGE_CONTACT names the maintainer; a file LICENSE of the package or the project becomes its Debian copyright.

What is installed is what was certified, byte by byte: the plug-in is linked with the run path that it will have there, and
without symbols unless the configuration is Debug or RelWithDebInfo. A report of another plug-in fails the installation.
]]
function(dpone_package_connector)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "")
  _dpone_name(name dpone_package_connector "${ARGV0}")
  _dpone_check_arguments(dpone_package_connector "NAME" "" "" "${ARGV}")
  if(NOT TARGET dpone_connector_${name})
    _dpone_fail(dpone_package_connector "there is no connector ${name}"
      "call dpone_add_connector(${name} ...), or dpone_connector_library(${name} ...), first")
  endif()
  set_target_properties(dpone_connector_${name} PROPERTIES BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH_USE_LINK_PATH ON)
  target_link_options(dpone_connector_${name} PRIVATE $<$<NOT:$<CONFIG:Debug,RelWithDebInfo>>:LINKER:--strip-all>)
  get_target_property(package dpone_connector_${name} SOURCE_DIR)
  set(destination "lib/dpone/connectors/${name}")
  set(artifacts "${CMAKE_BINARY_DIR}/test_artifacts/connectors/${name}")
  _dpone_install_report_check()
  install(TARGETS dpone_connector_${name} LIBRARY DESTINATION "${destination}" COMPONENT ${name})
  install(FILES "${package}/dpone_connector_manifest.json" "${package}/README.md" DESTINATION "${destination}"
    COMPONENT ${name})
  install(FILES "${package}/certification/certification.yaml" DESTINATION "${destination}/certification"
    COMPONENT ${name})
  foreach(folder IN ITEMS schemas docs examples)
    install(DIRECTORY "${package}/${folder}" DESTINATION "${destination}" COMPONENT ${name})
  endforeach()
  install(FILES "${artifacts}/certification_report.json" "${artifacts}/certification_report.md"
    DESTINATION "${destination}" COMPONENT ${name} OPTIONAL)
  install(DIRECTORY "${artifacts}/evidence" DESTINATION "${destination}" COMPONENT ${name} OPTIONAL)

  get_property(packaged GLOBAL PROPERTY _DPONE_PACKAGED)
  if(NOT packaged)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _dpone_configure_cpack)
  endif()
  set_property(GLOBAL APPEND PROPERTY _DPONE_PACKAGED ${name})
endfunction()

# _dpone_install_report_check(): before anything of the caller's connector is installed, refuses a report that is about
# another plug-in than the one built.
function(_dpone_install_report_check)
  set(plugin $<TARGET_FILE:dpone_connector_${name}>)
  string(CONFIGURE [==[
set(report [=[@artifacts@/certification_report.json]=])
if(EXISTS "${report}")
  file(READ "${report}" json)
  string(JSON certified ERROR_VARIABLE none GET "${json}" plugin sha256)
  file(SHA256 [=[@plugin@]=] built)
  if(NOT certified STREQUAL built)
    message(FATAL_ERROR " dpone_package_connector: the report is not about the plug-in of @name@ that was built: ${report}\n\
 build the target @name@.certify, which certifies this one, and install again")
  endif()
endif()
]==] code @ONLY)
  install(CODE "${code}" COMPONENT ${name})
endfunction()

# _dpone_configure_cpack(): at the end of the project, one Debian package for each connector.
function(_dpone_configure_cpack)
  if(CPack_CMake_INCLUDED)
    return()
  endif()
  if(NOT CPACK_PACKAGE_CONTACT)
    set(CPACK_PACKAGE_CONTACT "The authors of ${PROJECT_NAME} <${PROJECT_NAME}@example.org>")
  endif()
  get_property(CPACK_COMPONENTS_ALL GLOBAL PROPERTY _DPONE_PACKAGED)
  foreach(name IN LISTS CPACK_COMPONENTS_ALL)
    get_target_property(version dpone_connector_${name} DPONE_CONNECTOR_VERSION)
    string(REPLACE "_" "-" package "dpone-connector-${name}")
    string(TOUPPER "${name}" component)
    set(CPACK_DEBIAN_${component}_PACKAGE_NAME ${package})
    set(CPACK_DEBIAN_${component}_FILE_NAME "${package}_${version}.deb")
    set(CPACK_DEBIAN_${component}_PACKAGE_RECOMMENDS dpone)
    _dpone_install_debian_documents(${name} ${package} ${version})
    set(CPACK_COMPONENT_${component}_DESCRIPTION "Teaches the ETL framework dpone one more system: ${name}.")
  endforeach()
  set(CPACK_PACKAGE_NAME ${PROJECT_NAME})
  set(CPACK_PACKAGE_VERSION ${version})
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Connectors for dpone")
  set(CPACK_GENERATOR DEB TGZ)
  set(CPACK_DEB_COMPONENT_INSTALL ON)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_ARCHIVE_COMPONENT_INSTALL OFF)
  set(CPACK_VERBATIM_VARIABLES ON)
  include(CPack)
endfunction()

# _dpone_install_debian_documents(<name> <Debian package> <version>): what Debian asks of every package: its licence, and a
# compressed changelog.
function(_dpone_install_debian_documents name package version)
  set(folder "${CMAKE_BINARY_DIR}/dpone/${package}")
  get_target_property(source dpone_connector_${name} SOURCE_DIR)
  set(copyright "${folder}/copyright")
  _dpone_write("${copyright}" "${name}, a connector of ${PROJECT_NAME}: the copyright is its authors'.\n")
  foreach(license IN ITEMS "${CMAKE_SOURCE_DIR}/LICENSE" "${source}/LICENSE")
    if(EXISTS "${license}")
      set(copyright "${license}")
    endif()
  endforeach()
  _dpone_write("${folder}/changelog" "${package} (${version}) unstable; urgency=medium\n\n  * Version ${version}.\n
 -- ${CPACK_PACKAGE_CONTACT}  Thu, 01 Jan 2026 00:00:00 +0000\n")
  if(NOT EXISTS "${folder}/changelog.gz" OR NOT "${folder}/changelog.gz" IS_NEWER_THAN "${folder}/changelog")
    _dpone_execute(ignored dpone_package_connector COMMAND gzip --best --no-name --keep --force "${folder}/changelog")
  endif()
  install(FILES "${copyright}" DESTINATION "share/doc/${package}" COMPONENT ${name} RENAME copyright)
  install(FILES "${folder}/changelog.gz" DESTINATION "share/doc/${package}" COMPONENT ${name})
endfunction()
