# Build step of dpone_certify(): runs one command quietly, and on success leaves a stamp with the files it depends on.
#
#   cmake -DTITLE=<text> -DSTAMP=<file> [-DPACKAGE=<folder> -DINPUTS=<path>;<folder/>...] -P DponeRunCheck.cmake -- <command>...
#
# Exit status 77 (skipped or unverified) passes the build, which certifies nothing, with the reason shown.
cmake_minimum_required(VERSION 3.25)

# The words after `--`, as a list that keeps `;` in them.
set(command "")
set(found_separator FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(index RANGE ${last})
  string(REPLACE ";" "\\;" word "${CMAKE_ARGV${index}}")
  if(found_separator)
    list(APPEND command "${word}")
  elseif(word STREQUAL "--")
    set(found_separator TRUE)
  endif()
endforeach()

execute_process(COMMAND ${command} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE diagnostics)
if(code EQUAL 77)
  message(NOTICE "${TITLE}: not verified\n${output}${diagnostics}")
elseif(NOT code EQUAL 0)
  message(NOTICE "${output}${diagnostics}")
  message(FATAL_ERROR "${TITLE}: failed (exit status ${code})")
endif()

# A folder stands for itself, so that an added or removed file counts, and for every file below it.
set(files "")
foreach(input IN LISTS INPUTS)
  if(input MATCHES "/$")
    file(GLOB_RECURSE below LIST_DIRECTORIES TRUE "${PACKAGE}/${input}*")
    string(REGEX REPLACE "/$" "" input "${input}")
    list(APPEND files ${below})
  endif()
  list(APPEND files "${PACKAGE}/${input}")
endforeach()
string(REGEX REPLACE "([ #\\\\])" "\\\\\\1" files "${files}")
string(REPLACE "$" "$$" files "${files}")
string(REGEX REPLACE "([ #\\\\])" "\\\\\\1" target "${STAMP}")
string(REPLACE "$" "$$" target "${target}")
list(JOIN files " \\\n  " files)
file(WRITE "${STAMP}.d" "${target}: ${files}\n")
file(TOUCH "${STAMP}")
