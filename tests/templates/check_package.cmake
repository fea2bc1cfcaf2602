# Scaffolds one package and holds it to what every package promises; see CMakeLists.txt beside it.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
set(capabilities ${CAPABILITIES})
list(TRANSFORM capabilities PREPEND "--capability=")
run("${PROGRAM}" connectors scaffold demo_api --root "${WORK}" --connector-type ${TYPE} ${capabilities}
  --template-dir "${TEMPLATES}")
set(package "${WORK}/dpone-connector-demo-api")

string(PREPEND FLAGS "-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
-Wunused-macros -Werror ")
run("${CMAKE_COMMAND}" -S "${package}" -B "${WORK}/build" -G Ninja "-Ddpone_DIR=${SDK_BUILD}" "-DCMAKE_C_FLAGS=${FLAGS}"
  -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_COMPILER=${COMPILER}"
  -DDPONE_CERTIFY_DURING_BUILD=OFF)
run("${CMAKE_COMMAND}" --build "${WORK}/build" -j 2)
run("${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/build" -R "^demo_api\\.contract$" --no-tests=error --output-on-failure)

file(GLOB_RECURSE sources "${package}/src/*.c" "${package}/src/*.h" "${package}/tests/*.c" "${package}/tests/*.h")
find_program(clang_format clang-format)
if(clang_format)
  run("${clang_format}" --dry-run -Werror "--style=file:${STYLE}" ${sources})
endif()
foreach(source IN LISTS sources)
  file(STRINGS "${source}" lines)
  list(LENGTH lines count)
  if(count GREATER 500)
    message(FATAL_ERROR "${source} has ${count} lines; an author reads at most 500")
  endif()
endforeach()

file(GLOB_RECURSE documents "${package}/*.md")
foreach(document IN LISTS documents)
  file(READ "${document}" text)
  if(text MATCHES "\n\n\n")
    message(FATAL_ERROR "${document} has two blank lines in a row")
  endif()
endforeach()

file(GLOB examples "${package}/examples/*.yaml")
run("${PROGRAM}" manifest validate --strict "${package}/certification/certification.yaml"
  "${package}/dpone_connector_manifest.json" ${examples})
if(NOT CAPABILITIES STREQUAL "state") # which needs no example
  run("${READ_MANIFESTS}" ${examples})
endif()
