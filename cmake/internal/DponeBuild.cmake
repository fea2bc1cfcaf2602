# How this repository's own targets are compiled; nothing here reaches a user of the installed package.
include_guard(GLOBAL)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

# dpone_internal_target(<target>): C11, POSIX.1-2008, hidden symbols, the warnings of docs/conventions.md, sanitizers.
function(dpone_internal_target target)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
    C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
  target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
    $<$<BOOL:${DPONE_WERROR}>:-Werror>)
  if(DPONE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${DPONE_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${DPONE_SANITIZE})
  endif()
endfunction()

# dpone_prefer_archive(<target> <archive> <library>...): links lib<archive>.a, with the libraries it needs, in place of the
# shared library of an imported target, where the archive is installed. For what the program `dpone` uses a little of, or
# seldom: each shared library is mapped and relocated whenever the program starts.
function(dpone_prefer_archive target archive)
  find_library(DPONE_ARCHIVE_${archive} NAMES lib${archive}.a)
  mark_as_advanced(DPONE_ARCHIVE_${archive})
  if(DPONE_ARCHIVE_${archive})
    set_property(TARGET ${target} PROPERTY INTERFACE_LINK_LIBRARIES "${DPONE_ARCHIVE_${archive}}" ${ARGN})
  endif()
endfunction()
