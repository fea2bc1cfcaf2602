# Runs one check against one connector and compares what it says with what was predicted.
#
#   cmake -DDPONE=<program> -DPACKAGE=<folder> [-DPLUGIN=<file>] -DARTIFACTS=<folder> [-DKEEP_ARTIFACTS=ON] -DCHECK=<id>
#         [-DPROFILE=<profile>] -DVERDICT=<passed|failed> [-DCASE=<id> -DEXPECTED=<regex> -DOBSERVED=<regex>]
#         [-DNEEDS=<fault>] -P check_case.cmake
#
# With VERDICT failed, CASE must be among the failed cases, with a failure whose expected and observed texts match. A
# check that could not run on this machine skips the test. So does a fixture that cannot play the fault NEEDS here, if the
# prediction did not come true.
cmake_minimum_required(VERSION 3.25)

# not_as_predicted(<text>): fails the test, or says why it was skipped.
function(not_as_predicted text)
  if(DEFINED NEEDS)
    execute_process(COMMAND "${DPONE}" connectors certify --package "${PACKAGE}" --plugin "${PLUGIN}"
      --check sink_fault_tolerance --case ${NEEDS}.stage.stays --profile ${PROFILE} ERROR_VARIABLE problem OUTPUT_QUIET)
    if(problem MATCHES "unknown case of sink_fault_tolerance")
      message("SKIPPED: the fixture cannot play ${NEEDS} on this machine")
      return()
    endif()
  endif()
  message(FATAL_ERROR "${text}")
endfunction()

if(NOT DEFINED PROFILE)
  set(PROFILE local)
endif()
set(plugin "")
if(DEFINED PLUGIN)
  set(plugin --plugin "${PLUGIN}")
endif()
if(NOT KEEP_ARTIFACTS)
  file(REMOVE_RECURSE "${ARTIFACTS}")
endif()
execute_process(
  COMMAND "${DPONE}" connectors certify --package "${PACKAGE}" ${plugin} --artifact-dir "${ARTIFACTS}"
    --check ${CHECK} --profile ${PROFILE} --format json
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE diagnostics)
file(GLOB written "${ARTIFACTS}/evidence/*.json" "${ARTIFACTS}/certification_report.json")
if(written)
  execute_process(COMMAND "${DPONE}" manifest validate ${written} RESULT_VARIABLE invalid OUTPUT_VARIABLE problems
    ERROR_VARIABLE problems)
  if(invalid)
    message(FATAL_ERROR "the evidence is not what its schema says:\n${problems}")
  endif()
endif()
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
  not_as_predicted("${CHECK} is ${verdict}, not ${VERDICT}:\n${output}${diagnostics}")
  return()
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
not_as_predicted("${CHECK} failed, but case ${CASE} did not expect /${EXPECTED}/ and observe /${OBSERVED}/:\n${output}")
