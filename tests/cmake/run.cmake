# Runs one case: copies its project to a fresh folder and includes its script, which configures, builds, tests, and judges.
#
#   cmake -DCASE=<case> -DPREFIX=<installed SDK> -DSDK_SOURCE=<folder> -DSDK_BUILD=<folder> -DWORK=<folder>
#         -DGENERATOR=<generator> -P run.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/support.cmake")

set(SOURCE "${WORK}/source")
set(BUILD "${WORK}/build")
file(REMOVE_RECURSE "${WORK}")
file(COPY "${CMAKE_CURRENT_LIST_DIR}/${CASE}/" DESTINATION "${SOURCE}" PATTERN test.cmake EXCLUDE)
include("${CMAKE_CURRENT_LIST_DIR}/${CASE}/test.cmake")
