# Compiles every public header on its own as C11 and as C++17, strictly:
# cmake -DCC= -DCXX= -DINCLUDE= -DSCRATCH= -P headers_alone.cmake
set(strict -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
file(GLOB headers RELATIVE "${INCLUDE}" "${INCLUDE}/dpone/*.h")
if(NOT headers)
  message(FATAL_ERROR "no header below ${INCLUDE}/dpone")
endif()
foreach(header IN LISTS headers)
  file(WRITE "${SCRATCH}/alone.c" "#include <${header}>\nextern int alone;\n")
  foreach(compile IN ITEMS "${CC};-x;c;-std=c11;-Wstrict-prototypes" "${CXX};-x;c++;-std=c++17")
    list(POP_FRONT compile compiler)
    execute_process(COMMAND "${compiler}" ${compile} ${strict} "-I${INCLUDE}" "${SCRATCH}/alone.c"
      RESULT_VARIABLE result ERROR_VARIABLE errors)
    if(NOT result EQUAL 0)
      message(SEND_ERROR "${header} does not compile alone (${compile}):\n${errors}")
    endif()
  endforeach()
endforeach()
