# Certifies the good loading connector, edits what it left behind, and expects evidence_binding, the report and verify to
# notice.
#
#   cmake -DDPONE=<program> -DPACKAGE=<folder> -DPLUGIN=<file> -DARTIFACTS=<folder> -DEDITED=<file> -DFROM=<text> -DTO=<text>
#         -DCASE=<case> -DEXPECTED=<regex> -DOBSERVED=<regex> -P evidence_case.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${ARTIFACTS}")
execute_process(
  COMMAND "${DPONE}" connectors certify --package "${PACKAGE}" --plugin "${PLUGIN}" --artifact-dir "${ARTIFACTS}"
    --profile local --capability symbol_hygiene --capability evidence_binding
  OUTPUT_QUIET ERROR_QUIET)
execute_process(COMMAND "${DPONE}" manifest validate "${ARTIFACTS}/certification_report.json" OUTPUT_QUIET
  COMMAND_ERROR_IS_FATAL ANY)
set(verify "${DPONE}" connectors verify "${ARTIFACTS}/certification_report.json")
execute_process(COMMAND ${verify} OUTPUT_VARIABLE output RESULT_VARIABLE code)
if(NOT output MATCHES " belongs to this binary and these files; it says ")
  message(FATAL_ERROR "an unedited report does not verify (exit status ${code}): ${output}")
endif()

file(READ "${ARTIFACTS}/${EDITED}" text)
string(FIND "${text}" "${FROM}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "${EDITED} does not hold: ${FROM}")
endif()
string(REPLACE "${FROM}" "${TO}" text "${text}")
file(WRITE "${ARTIFACTS}/${EDITED}" "${text}")

execute_process(COMMAND ${verify} OUTPUT_VARIABLE output RESULT_VARIABLE code)
if(NOT code EQUAL 1 OR NOT output MATCHES "${DIFFERS}")
  message(FATAL_ERROR "verify says (exit status ${code}): ${output}\nand not: ${DIFFERS}")
endif()
set(CHECK evidence_binding)
set(VERDICT failed)
set(KEEP_ARTIFACTS ON)
include("${CMAKE_CURRENT_LIST_DIR}/../check_case.cmake")
