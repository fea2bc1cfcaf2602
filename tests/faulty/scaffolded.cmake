# Faults in a scaffolded connector. The package is scaffolded by the build, so these are the very sources that an author
# gets; each fault is an edit of a few lines, and shares every other object file with the good connector.
set(DPONE_EDIT_SOURCE "${CMAKE_CURRENT_LIST_DIR}/edit_source.cmake")

# dpone_faulty_package(<type> CAPABILITIES <capability>... PKG_CONFIG <module>...)
# Scaffolds demo_<type> and builds <type>_good, the connector without a fault. The caller then has the variables that the
# functions below read: faulty_type, faulty_package (its folder), faulty_folder (of its sources) and faulty_names.
function(dpone_faulty_package type)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "CAPABILITIES;PKG_CONFIG")
  set(root "${CMAKE_CURRENT_BINARY_DIR}/${type}-packages")
  set(faulty_type ${type})
  set(faulty_package "${root}/dpone-connector-demo-${type}")
  set(faulty_folder "${faulty_package}/src/dpone_connector_demo_${type}")

  set(index "${PROJECT_SOURCE_DIR}/templates/${type}/index.yaml")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${index}")
  file(STRINGS "${index}" faulty_names REGEX "path: src/.*/[a-z_]+\\.c$")
  list(TRANSFORM faulty_names REPLACE "^.*/" "")
  list(REMOVE_DUPLICATES faulty_names)
  list(TRANSFORM faulty_names PREPEND "${faulty_folder}/" OUTPUT_VARIABLE sources)
  file(GLOB_RECURSE templates CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/templates/${type}/*"
    "${PROJECT_SOURCE_DIR}/templates/common/*")
  list(TRANSFORM arg_CAPABILITIES PREPEND "--capability=")
  add_custom_command(OUTPUT ${sources}
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${root}"
    COMMAND dpone::program connectors scaffold demo_${type} --root "${root}" --connector-type ${type} ${arg_CAPABILITIES}
      --template-dir "${PROJECT_SOURCE_DIR}/templates"
    DEPENDS dpone::program ${templates}
    COMMENT "Scaffolding the ${type} connector that the faults are put into" VERBATIM)
  add_custom_target(faulty_${type}_package DEPENDS ${sources})
  pkg_check_modules(FAULTY_${type} REQUIRED IMPORTED_TARGET ${arg_PKG_CONFIG})

  foreach(name IN LISTS faulty_names)
    _dpone_faulty_compile(${type}_object_${name} "${faulty_folder}/${name}")
  endforeach()
  _dpone_faulty_plugin(${type}_good)
  foreach(variable IN ITEMS faulty_type faulty_package faulty_folder faulty_names)
    set(${variable} "${${variable}}" PARENT_SCOPE)
  endforeach()
endfunction()

# _dpone_faulty_compile(<target> <source>): compiles as the package does.
function(_dpone_faulty_compile target source)
  add_library(${target} OBJECT "${source}")
  add_dependencies(${target} faulty_${faulty_type}_package)
  dpone_internal_target(${target})
  string(TOUPPER "demo_${faulty_type}" upper)
  target_compile_definitions(${target} PRIVATE "${upper}_VERSION=\"1.0.0\"")
  target_include_directories(${target} PRIVATE "${faulty_folder}")
  target_link_libraries(${target} PRIVATE dpone::static PkgConfig::FAULTY_${faulty_type})
endfunction()

# _dpone_faulty_plugin(<target> [EDITED <name>...]): the good objects but for those of EDITED, which <target> compiles
# itself.
function(_dpone_faulty_plugin target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EDITED")
  set(objects "")
  foreach(name IN LISTS faulty_names)
    if(NOT name IN_LIST arg_EDITED)
      list(APPEND objects "$<TARGET_OBJECTS:${faulty_type}_object_${name}>")
    else()
      list(APPEND objects "$<TARGET_OBJECTS:${target}_${name}>")
    endif()
  endforeach()
  add_library(${target} MODULE ${objects})
  dpone_internal_target(${target})
  set_target_properties(${target} PROPERTIES PREFIX "" LINKER_LANGUAGE C)
  target_link_libraries(${target} PRIVATE dpone::static PkgConfig::FAULTY_${faulty_type})
  target_link_options(${target} PRIVATE LINKER:--exclude-libs,ALL)
endfunction()

# dpone_fault(<check> <fault> CASE <case> EXPECTED <regex> OBSERVED <regex> FILE <name> FROM <text> TO <text>
#             [FILE2 <name> FROM2 <text> TO2 <text>] [NEEDS <fault of the fixture>])
function(dpone_fault check fault)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "CASE;EXPECTED;OBSERVED;NEEDS;FILE;FROM;TO;FILE2;FROM2;TO2" "")
  set(target ${faulty_type}_${fault})
  foreach(suffix IN ITEMS "" 2)
    if(DEFINED arg_FILE${suffix})
      set(name "${arg_FILE${suffix}}")
      set(edit "${CMAKE_CURRENT_BINARY_DIR}/${fault}/${name}.cmake")
      set(edited "${CMAKE_CURRENT_BINARY_DIR}/${fault}/${name}")
      file(CONFIGURE OUTPUT "${edit}" @ONLY
        CONTENT "set(FROM [==[${arg_FROM${suffix}}]==])\nset(TO [==[${arg_TO${suffix}}]==])\n")
      add_custom_command(OUTPUT "${edited}"
        COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${faulty_folder}/${name}" "-DEDIT=${edit}" "-DOUTPUT=${edited}"
          -P "${DPONE_EDIT_SOURCE}"
        DEPENDS "${faulty_folder}/${name}" "${edit}" "${DPONE_EDIT_SOURCE}" VERBATIM)
      _dpone_faulty_compile(${target}_${name} "${edited}")
    endif()
  endforeach()
  _dpone_faulty_plugin(${target} EDITED ${arg_FILE} ${arg_FILE2})
  set(needs "")
  if(DEFINED arg_NEEDS)
    set(needs NEEDS ${arg_NEEDS})
  endif()
  dpone_faulty_test(${check} ${fault} PLUGIN ${target} PACKAGE "${faulty_package}" CASE ${arg_CASE}
    EXPECTED "${arg_EXPECTED}" OBSERVED "${arg_OBSERVED}" ${needs})
endfunction()

# What a connector without a fault passes: dpone_faultless(${source_and_sink_checks} ...).
set(source_and_sink_checks package_layout manifest_validation docs_present import_safety symbol_hygiene abi_conformance
  config_contract lifecycle schema_inference stream_contract full_refresh_extract incremental_append_extract
  source_fault_tolerance staging_first_load full_refresh_load incremental_append_load incremental_merge_load replace_load
  type_fidelity identifier_safety schema_evolution_contracts load_idempotency crash_atomicity sink_fault_tolerance
  load_concurrency quality_contracts run_artifact_evidence secret_redaction benchmark)
set(state_checks state_read_write_round_trip state_commit_after_success state_no_advance_after_failure state_concurrency)

# dpone_faultless(<check>...): the connector without a fault passes them.
function(dpone_faultless)
  foreach(check IN LISTS ARGV)
    dpone_faulty_test(${check} ${faulty_type}_good PLUGIN ${faulty_type}_good PACKAGE "${faulty_package}")
  endforeach()
endfunction()
