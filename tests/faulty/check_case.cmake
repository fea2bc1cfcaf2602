# Runs one check against one connector and compares what it says with what was predicted.
#
#   cmake -DDPONE=<program> -DPACKAGE=<folder> -DPLUGIN=<file> -DARTIFACTS=<folder> -DCHECK=<id> [-DPROFILE=<profile>]
#         -DVERDICT=<passed|failed> [-DCASE=<id> -DEXPECTED=<regex> -DOBSERVED=<regex>] -P check_case.cmake
#
# With VERDICT failed, CASE must be among the failed cases, with a failure whose expected and observed texts match. A
# check that could not run on this machine skips the test.
cmake_minimum_required(VERSION 3.25)

if(NOT DEFINED PROFILE)
  set(PROFILE local)
endif()
file(REMOVE_RECURSE "${ARTIFACTS}")
execute_process(
  COMMAND "${DPONE}" connectors certify --package "${PACKAGE}" --plugin "${PLUGIN}" --artifact-dir "${ARTIFACTS}"
    --check ${CHECK} --profile ${PROFILE} --format json
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE diagnostics)
string(JSON verdict ERROR_VARIABLE problem GET "${output}" checks 0 verdict)
if(problem)
  message(FATAL_ERROR "no verdict (exit status ${code}): ${output}${diagnostics}")
endif()
if(verdict STREQUAL "skipped")
  string(JSON reason GET "${output}" checks 0 reason)
  message("SKIPPED: ${reason}")
  return()
endif()
if(NOT verdict STREQUAL VERDICT)
  message(FATAL_ERROR "${CHECK} is ${verdict}, not ${VERDICT}:\n${output}${diagnostics}")
endif()
if(VERDICT STREQUAL "passed")
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "exit status ${code}, not 0")
  endif()
  return()
endif()
if(NOT code EQUAL 1)
  message(FATAL_ERROR "exit status ${code}, not 1")
endif()

string(JSON cases LENGTH "${output}" checks 0 cases)
math(EXPR last_case "${cases} - 1")
foreach(i RANGE ${last_case})
  string(JSON id GET "${output}" checks 0 cases ${i} case)
  if(NOT id STREQUAL CASE)
    continue()
  endif()
  string(JSON failures LENGTH "${output}" checks 0 cases ${i} failures)
  if(failures GREATER 0)
    math(EXPR last_failure "${failures} - 1")
    foreach(k RANGE ${last_failure})
      string(JSON expected GET "${output}" checks 0 cases ${i} failures ${k} expected)
      string(JSON observed GET "${output}" checks 0 cases ${i} failures ${k} observed)
      if(expected MATCHES "${EXPECTED}" AND observed MATCHES "${OBSERVED}")
        return()
      endif()
    endforeach()
  endif()
endforeach()
message(FATAL_ERROR "${CHECK} failed, but case ${CASE} did not expect /${EXPECTED}/ and observe /${OBSERVED}/:\n${output}")
