# The program `dpone` at configure time, for a project that builds the SDK itself: built beforehand in a build folder of
# its own, and again only when a source of it has changed.
include_guard(GLOBAL)

# _dpone_bootstrap(<out>): the path of the program.
function(_dpone_bootstrap out)
  set(folder "${dpone_BINARY_DIR}/bootstrap")
  set(program "${folder}/bin/dpone")
  file(GLOB_RECURSE sources "${dpone_SOURCE_DIR}/templates/*")
  foreach(layer IN ITEMS sdk manifest runtime certification generator)
    file(GLOB_RECURSE files "${dpone_SOURCE_DIR}/${layer}/*")
    list(APPEND sources ${files})
  endforeach()
  set(state "${CMAKE_C_COMPILER}")
  foreach(source IN LISTS sources)
    file(TIMESTAMP "${source}" time "%s" UTC)
    string(APPEND state "\n${source} ${time}")
  endforeach()
  string(SHA256 state "${state}")

  set(built "")
  if(EXISTS "${folder}/built" AND EXISTS "${program}")
    file(READ "${folder}/built" built)
  endif()
  if(NOT built STREQUAL state)
    _dpone_build_program("${folder}")
    file(WRITE "${folder}/built" "${state}")
  endif()
  set(${out} "${program}" PARENT_SCOPE)
endfunction()

function(_dpone_build_program folder)
  message(STATUS "dpone: building the program that generates connectors")
  cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
  string(REPLACE " Multi-Config" "" generator "${CMAKE_GENERATOR}")
  _dpone_execute(output dpone COMMAND "${CMAKE_COMMAND}" -S "${dpone_SOURCE_DIR}" -B "${folder}" -G "${generator}"
    "-DCMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}" "-DCMAKE_C_COMPILER=${CMAKE_C_COMPILER}" -DCMAKE_BUILD_TYPE=Release
    -DDPONE_BUILD_TESTS=OFF -DDPONE_INSTALL=OFF)
  _dpone_execute(output dpone COMMAND "${CMAKE_COMMAND}" --build "${folder}" --config Release --parallel ${cores}
    --target dpone_program)
endfunction()
