# The binary contract as text: the layout of every struct of the public headers, and every symbol that libdpone exports.
#
#   cmake -DCLANG=<program> -DNM=<program> -DINCLUDE=<folder> -DLIBRARY=<file> -DWORK=<folder> -DPUBLISHED=<folder> -P dump.cmake
#
# Writes layout.txt and symbols.txt to WORK and compares them with those in PUBLISHED. What differs on purpose, an appended
# member or a new function, is published by copying them.
cmake_minimum_required(VERSION 3.25)

function(run output)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE problem)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${problem}")
  endif()
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

function(compare name text)
  file(WRITE "${WORK}/${name}" "${text}")
  file(READ "${PUBLISHED}/${name}" published)
  if(NOT text STREQUAL published)
    execute_process(COMMAND diff -u "${PUBLISHED}/${name}" "${WORK}/${name}" OUTPUT_VARIABLE difference)
    message(SEND_ERROR "the connector ABI is not what was published (docs/decisions/0003-abi-freeze.md):\n${difference}")
  endif()
endfunction()

file(MAKE_DIRECTORY "${WORK}")
file(WRITE "${WORK}/all.c" "#include <dpone/dpone.h>\n#include <dpone/fixture.h>\n")
run(records "${CLANG}" -std=c11 "-I${INCLUDE}" -fsyntax-only -Xclang -fdump-record-layouts-complete "${WORK}/all.c")
string(REGEX MATCHALL "[^\n]*[0-9] \\| struct (dpone_|Arrow)[a-zA-Z_]+\n([^\n]*\\|[^\n]*\n)+" records "${records}")
list(SORT records)
string(JOIN "\n" layout ${records})
string(REGEX REPLACE "[ ]+\n" "\n" layout "${layout}")
string(REGEX REPLACE " at [^)\n]*\\)" ")" layout "${layout}") # where an unnamed union stands in a file
compare(layout.txt "${layout}")

run(symbols "${NM}" -D --defined-only "${LIBRARY}")
string(REGEX MATCHALL "dpone_[a-z0-9_]+" symbols "${symbols}")
list(SORT symbols)
string(JOIN "\n" symbols ${symbols} "")
compare(symbols.txt "${symbols}")
