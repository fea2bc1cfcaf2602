# What the public functions share: arguments checked alike, and the program `dpone` found and run at configure time.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _dpone_fail(<function> <line>...): a configure error that names the function; further lines are details. The leading
# space of each line keeps CMake from wrapping it.
function(_dpone_fail function)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "") # keeps `;`
  list(JOIN arg_UNPARSED_ARGUMENTS "\n " text)
  message(FATAL_ERROR " ${function}: ${text}")
endfunction()

# _dpone_check_arguments(<function> <usage> <one-value keywords> <multi-value keywords> <argv>)
#
# Called after cmake_parse_arguments(... arg ...) of the caller, whose arg_* it reads: refuses a missing name, unknown
# arguments and keywords without a value, each by name and with the usage as the remedy.
function(_dpone_check_arguments function usage one_value multi_value argv)
  set(keywords ${one_value} ${multi_value})
  set(remedy "usage: ${function}(${usage})")
  list(POP_FRONT argv name)
  if(NOT name OR name IN_LIST keywords)
    _dpone_fail(${function} "the name of the connector is missing; it comes first" "${remedy}")
  endif()
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    list(GET arg_UNPARSED_ARGUMENTS 0 unknown)
    _dpone_fail(${function} "unknown argument \"${unknown}\"" "${remedy}")
  endif()
  foreach(keyword IN LISTS one_value multi_value)
    if(keyword IN_LIST argv AND NOT DEFINED arg_${keyword})
      _dpone_fail(${function} "${keyword} has no value" "${remedy}")
    endif()
  endforeach()
endfunction()

# _dpone_require_arguments(<function> <usage> <keyword>...): refuses a call without one of them.
function(_dpone_require_arguments function usage)
  foreach(keyword IN LISTS ARGN)
    if(NOT DEFINED arg_${keyword})
      _dpone_fail(${function} "${keyword} is missing" "usage: ${function}(${usage})")
    endif()
  endforeach()
endfunction()

# _dpone_write(<file> <text>): leaves a file alone that has the text already, so that nothing is made again for it.
function(_dpone_write file text)
  set(old "")
  if(EXISTS "${file}")
    file(READ "${file}" old)
  endif()
  if(NOT old STREQUAL text)
    file(WRITE "${file}" "${text}")
  endif()
endfunction()

# _dpone_escape(<out> <text>): `text` as one element of a list.
function(_dpone_escape out text)
  string(REPLACE ";" "\\;" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# _dpone_execute(<out> <function> COMMAND <word>...): runs a command at configure time; its output is the result, its
# failure a configure error with all that is known of it.
function(_dpone_execute out function)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "COMMAND")
  execute_process(COMMAND ${arg_COMMAND} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE diagnostics)
  if(NOT code EQUAL 0)
    string(STRIP "${output}${diagnostics}" diagnostics)
    string(REPLACE "\n" "\n " diagnostics "${diagnostics}")
    list(JOIN arg_COMMAND " " command)
    _dpone_fail(${function} "${diagnostics}" "(exit status ${code} of: ${command})")
  endif()
  set(${out} "${output}" PARENT_SCOPE)
endfunction()

# _dpone_program(<out> <function>): the program that runs on this machine, now. DPONE_GENERATOR_EXECUTABLE wins (for
# cross compiling); then the imported target's file; a project that builds the SDK itself gets it built first.
function(_dpone_program out function)
  get_property(program GLOBAL PROPERTY _DPONE_PROGRAM)
  if(NOT program)
    _dpone_find_program(program ${function})
    set_property(GLOBAL PROPERTY _DPONE_PROGRAM "${program}")
  endif()
  set(${out} "${program}" PARENT_SCOPE)
endfunction()

# _dpone_sdk_digest(<out> <function>): of the program and of these modules: what is kept from an earlier configuration
# holds as long as they are the same.
function(_dpone_sdk_digest out function)
  get_property(digest GLOBAL PROPERTY _DPONE_SDK_DIGEST)
  if(NOT digest)
    _dpone_program(program ${function})
    file(SHA256 "${program}" digest)
    file(SHA256 "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/DponeCertify.cmake" module)
    string(APPEND digest " ${module}")
    set_property(GLOBAL PROPERTY _DPONE_SDK_DIGEST "${digest}")
  endif()
  set(${out} "${digest}" PARENT_SCOPE)
endfunction()

function(_dpone_find_program out function)
  if(DPONE_GENERATOR_EXECUTABLE)
    if(NOT EXISTS "${DPONE_GENERATOR_EXECUTABLE}")
      _dpone_fail(${function} "DPONE_GENERATOR_EXECUTABLE names no file: ${DPONE_GENERATOR_EXECUTABLE}"
        "set it to the program `dpone` of this machine")
    endif()
    set(${out} "${DPONE_GENERATOR_EXECUTABLE}" PARENT_SCOPE)
    return()
  endif()
  if(CMAKE_CROSSCOMPILING)
    _dpone_fail(${function} "cross compiling needs a program `dpone` of this machine to generate connectors"
      "install the SDK for this machine and set DPONE_GENERATOR_EXECUTABLE to its program")
  endif()
  get_target_property(imported dpone::program IMPORTED)
  if(NOT imported)
    _dpone_bootstrap(program)
    set(${out} "${program}" PARENT_SCOPE)
    return()
  endif()
  get_target_property(configurations dpone::program IMPORTED_CONFIGURATIONS)
  foreach(configuration IN LISTS configurations)
    get_target_property(program dpone::program IMPORTED_LOCATION_${configuration})
    if(EXISTS "${program}")
      set(${out} "${program}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  _dpone_fail(${function} "the program `dpone` of the package in ${dpone_DIR} does not exist: ${program}"
    "build the SDK, or install its runtime component, first")
endfunction()

# _dpone_json_strings(<out> <json> <member>): a string, or an array of them, as a sorted list without duplicates.
function(_dpone_json_strings out json member)
  set(strings "")
  string(JSON type ERROR_VARIABLE absent TYPE "${json}" "${member}")
  if(type STREQUAL "ARRAY")
    string(JSON length LENGTH "${json}" "${member}")
    while(length GREATER 0)
      math(EXPR length "${length} - 1")
      string(JSON item GET "${json}" "${member}" ${length})
      list(APPEND strings "${item}")
    endwhile()
  elseif(type STREQUAL "STRING")
    string(JSON strings GET "${json}" "${member}")
  endif()
  list(REMOVE_DUPLICATES strings)
  list(SORT strings)
  set(${out} "${strings}" PARENT_SCOPE)
endfunction()

# _dpone_pkg_config(<out> <module>): the imported target of a library that pkg-config knows, looked for once per project;
# empty when it is not known.
function(_dpone_pkg_config out module)
  set(target PkgConfig::DPONE_PC_${module})
  if(NOT TARGET ${target})
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(DPONE_PC_${module} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT TARGET ${target})
      set(target "")
    endif()
  endif()
  set(${out} ${target} PARENT_SCOPE)
endfunction()
