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

# _depfile_path(<out> <path>): as a depfile spells it.
function(_depfile_path out path)
  string(REGEX REPLACE "([ #\\\\])" "\\\\\\1" path "${path}")
  string(REPLACE "$" "$$" path "${path}")
  set(${out} "${path}" PARENT_SCOPE)
endfunction()

# A folder stands for itself, so that an added or removed file counts, and for everything below it.
_depfile_path(depfile "${STAMP}")
string(APPEND depfile ":")
foreach(input IN LISTS INPUTS)
  set(files "${input}")
  if(input MATCHES "/$")
    file(GLOB_RECURSE below LIST_DIRECTORIES TRUE RELATIVE "${PACKAGE}" "${PACKAGE}/${input}*")
    string(REGEX REPLACE "/$" "" files "${input}")
    list(APPEND files ${below})
  endif()
  foreach(file IN LISTS files)
    _depfile_path(file "${PACKAGE}/${file}")
    string(APPEND depfile " \\\n  ${file}")
  endforeach()
endforeach()
file(WRITE "${STAMP}.d" "${depfile}\n")
file(TOUCH "${STAMP}")
