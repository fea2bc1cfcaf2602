# Scaffolds a package, makes one thing of it wrong, and runs check_case.cmake on it.
#
#   cmake -DWORK=<folder> -DEDIT=<script> -DDPONE=<program> -DTEMPLATES=<folder> -DCHECK=<id> -DVERDICT=<verdict> ...
#         -P package_case.cmake
#
# EDIT sets FILE, and REMOVE (true: the file goes), or FROM and TO: FROM must occur in the file, and all of it becomes TO.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND "${DPONE}" connectors scaffold demo_api --root "${WORK}" --connector-type api --capability source
    --capability sink --template-dir "${TEMPLATES}"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
set(PACKAGE "${WORK}/dpone-connector-demo-api")

include("${EDIT}")
if(REMOVE)
  if(NOT EXISTS "${PACKAGE}/${FILE}")
    message(FATAL_ERROR "the template makes no ${FILE} any more")
  endif()
  file(REMOVE "${PACKAGE}/${FILE}")
elseif(DEFINED FILE)
  # With brackets quoted, a list separator in the text stays a character of it.
  file(READ "${PACKAGE}/${FILE}" text)
  string(FIND "${text}" "${FROM}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "${FILE} does not hold this text any more:\n${FROM}")
  endif()
  string(REPLACE "${FROM}" "${TO}" text "${text}")
  file(WRITE "${PACKAGE}/${FILE}" "${text}")
endif()

set(ARTIFACTS "${WORK}/artifacts")
set(PROFILE static)
include("${CMAKE_CURRENT_LIST_DIR}/../check_case.cmake")
