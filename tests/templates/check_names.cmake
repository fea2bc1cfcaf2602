# Packages with names that are allowed and yet awkward: each builds without a warning, passes its contract test and gives
# every symbol its own prefix; see CMakeLists.txt beside it.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# What the package's own files, its directories, libdpone, predefined macros, C++ or CMake call their own; and the shortest
# and the longest name.
string(REPEAT "a1_" 21 longest)
set(names source sink state client connector options contract api dpone test tests src build unix linux class new
  this libcurl sqlite3 cmake project x2 a_ a__b ${longest})

set(flags "-O0 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Werror")
set(capabilities ${CAPABILITIES})
list(TRANSFORM capabilities PREPEND "--capability=")
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(project "cmake_minimum_required(VERSION 3.25)\nproject(names C)\nfind_package(dpone 1 REQUIRED)\ninclude(CTest)\n")
foreach(name IN LISTS names)
  execute_process(COMMAND "${PROGRAM}" connectors scaffold ${name} --root "${WORK}" --connector-type ${TYPE}
    ${capabilities} --template-dir "${TEMPLATES}" RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE error)
  if(result EQUAL 2 AND error MATCHES "use '[a-z0-9_]+' for example")
    list(APPEND refused ${name})
  elseif(NOT result EQUAL 0)
    message(FATAL_ERROR "scaffolding ${name} ended with ${result}: ${error}")
  else()
    string(REPLACE "_" "-" dashed "${name}")
    string(APPEND project "add_subdirectory(dpone-connector-${dashed})\n")
    list(APPEND taken ${name})
  endif()
endforeach()
if(NOT refused STREQUAL "test")
  message(FATAL_ERROR "only test is a reserved name, but these were refused: ${refused}")
endif()

# All in one project: names must not clash with each other either.
file(WRITE "${WORK}/CMakeLists.txt" "${project}")
run("${CMAKE_COMMAND}" -S "${WORK}" -B "${WORK}/build" -G Ninja "-Ddpone_DIR=${SDK_BUILD}" "-DCMAKE_C_FLAGS=${flags}"
  -DDPONE_CERTIFY_DURING_BUILD=OFF)
run("${CMAKE_COMMAND}" --build "${WORK}/build" -j 2)
run("${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/build" -R "\\.contract$" --no-tests=error -j 2 --output-on-failure)
list(LENGTH taken count)
if(NOT output MATCHES "100% tests passed, 0 tests failed out of ${count}")
  message(FATAL_ERROR "not every one of the ${count} packages ran its contract test:\n${output}")
endif()

find_program(nm nm REQUIRED)
foreach(name IN LISTS taken)
  string(REPLACE "_" "-" dashed "${name}")
  file(GLOB_RECURSE objects "${WORK}/build/dpone-connector-${dashed}/*.o")
  list(FILTER objects INCLUDE REGEX "/dpone_connector_${name}\\.dir/")
  run("${nm}" --extern-only --defined-only --format=posix ${objects})
  string(REGEX MATCHALL "(^|\n)[A-Za-z_][A-Za-z0-9_]* [A-Z] " symbols "${output}")
  list(LENGTH symbols count)
  list(FILTER symbols EXCLUDE REGEX "(^|\n)(${name}_|dpone_connector_${name}_|dpone_connector_init )")
  if(symbols OR count LESS 5)
    message(FATAL_ERROR "${name}: of ${count} symbols these lack its prefix: ${symbols}")
  endif()
endforeach()
