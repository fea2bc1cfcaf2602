# The matrix of faults: which check rejects which faulty connector, and which other checks do.
#
#   cmake -DACTION=run -DFAULTS=<file> -DRESULTS=<folder> -DDPONE=<program> -P matrix.cmake
#     certifies every faulty connector with every check of its package and keeps who rejected it in RESULTS
#   cmake -DACTION=write -DFAULTS=<file> -DRESULTS=<folder> -DDOCUMENT=<file> -P matrix.cmake
#     writes DOCUMENT from RESULTS, and from what it said before where there is no result
#   cmake -DACTION=check -DFAULTS=<file> -DDOCUMENT=<file> -DDPONE=<program> -DCOMPLETE=<bool> -P matrix.cmake
#     fails unless DOCUMENT has a row for each fault, none too many when COMPLETE, and each thing that a check must reject
#     has its fault
#
# FAULTS has a line for each fault: folder|check|fault|case|plug-in|package; one without a case says that a connector of
# the folder without a fault passes the check.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/must_reject.cmake")

# A measurement, and the one check that reads what the others wrote, say nothing about other faults.
set(never_others benchmark evidence_binding)

# What these connectors do while they are loaded (set the clock, kill, mount) only import_safety stops from happening.
set(never_elsewhere import_safety)

set(cell "[^|\n]*\\|") # of a row of the page
file(STRINGS "${FAULTS}" faults REGEX "^[^|]*\\|[^|]*\\|[^|]*\\|[^|]")
file(STRINGS "${FAULTS}" faultless REGEX "^[^|]*\\|[^|]*\\|[^|]*\\|\\|")

# split(<line>): sets folder, check, fault, case, plugin and package.
macro(split line)
  string(REPLACE "|" ";" fields "${line}")
  foreach(variable IN ITEMS folder check fault case plugin package)
    list(POP_FRONT fields ${variable})
  endforeach()
endmacro()

# ---- run ----

# rejecting(<out> <folder> <plug-in> <package>): the checks that the connector fails, of those that a good one of the
# folder passes.
function(rejecting out folder plugin package)
  set(arguments --profile static)
  if(NOT plugin STREQUAL "")
    set(arguments --plugin "${plugin}" --profile local)
  endif()
  set(checks ${faultless})
  list(FILTER checks INCLUDE REGEX "^${folder}\\|")
  list(TRANSFORM checks REPLACE "^[^|]*\\|([^|]*)\\|.*$" "\\1")
  list(REMOVE_DUPLICATES checks)
  list(REMOVE_ITEM checks ${never_others})
  list(TRANSFORM checks PREPEND "--check=")
  list(APPEND arguments ${checks})
  execute_process(COMMAND "${DPONE}" connectors certify --package "${package}" ${arguments} --format json
      --artifact-dir "${RESULTS}/artifacts"
    OUTPUT_VARIABLE report ERROR_QUIET)
  file(REMOVE_RECURSE "${RESULTS}/artifacts")
  string(JSON count ERROR_VARIABLE problem LENGTH "${report}" checks)
  if(problem)
    message(FATAL_ERROR "${plugin}${package}: no report")
  endif()
  set(failed "")
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON verdict GET "${report}" checks ${i} verdict)
    if(verdict STREQUAL "failed")
      string(JSON id GET "${report}" checks ${i} check)
      list(APPEND failed ${id})
    endif()
  endforeach()
  set(${out} "${failed}" PARENT_SCOPE)
endfunction()

if(ACTION STREQUAL "run")
  file(MAKE_DIRECTORY "${RESULTS}")
  foreach(line IN LISTS faults)
    split("${line}")
    set(result "${RESULTS}/${check}.${fault}")
    set(is_stale ON)
    if(EXISTS "${result}" AND NOT "${plugin}" STREQUAL "" AND NOT "${plugin}" IS_NEWER_THAN "${result}")
      set(is_stale OFF)
    endif()
    if(is_stale AND NOT "${package}" STREQUAL "" AND NOT check IN_LIST never_elsewhere)
      rejecting(failed ${folder} "${plugin}" "${package}")
      list(REMOVE_ITEM failed ${check})
      file(WRITE "${result}" "${failed}")
      message(STATUS "${check}.${fault}: also ${failed}")
    endif()
  endforeach()
endif()

# ---- write ----

if(ACTION STREQUAL "write")
  set(before "")
  if(EXISTS "${DOCUMENT}")
    file(READ "${DOCUMENT}" before)
  endif()
  set(text "# Faults and the checks that reject them

`./dev faults` writes this page: it certifies every faulty connector of `tests/faulty/` with every check. A fault counts
only when the named check fails in the named case with the texts that were predicted; the tests `faulty.*` prove that on
every run. Other checks may reject the same connector too: the last column says which did. The connectors without a
fault pass every check. `benchmark` and `evidence_binding` are run for their own faults alone, and what connectors do while they
are loaded is not let happen outside of `import_safety`.

## What each check must reject

| check | must reject | faults |
|---|---|---|
")
  foreach(row IN LISTS must_reject)
    string(REGEX REPLACE "^([a-z_]+): (.*) => (.*)$" "| \\1 | \\2 | \\3 |" row "${row}")
    string(APPEND text "${row}\n")
  endforeach()
  set(last_folder "")
  foreach(line IN LISTS faults)
    split("${line}")
    if(NOT folder STREQUAL last_folder)
      string(APPEND text "\n## tests/faulty/${folder}\n\n| fault | rejected by | in case | and by |\n|---|---|---|---|\n")
      set(last_folder "${folder}")
    endif()
    set(row "| ${fault} | ${check} | ${case} |")
    set(others "(not tried)")
    string(FIND "${before}" "\n${row}" found)
    if(EXISTS "${RESULTS}/${check}.${fault}")
      file(READ "${RESULTS}/${check}.${fault}" others)
      string(REPLACE ";" ", " others "${others}")
    elseif(NOT found EQUAL -1)
      string(SUBSTRING "${before}" ${found} -1 others)
      string(REGEX REPLACE "^\n\\|${cell}${cell}${cell} ([^|\n]*) \\|.*$" "\\1" others "${others}")
    endif()
    string(APPEND text "${row} ${others} |\n")
  endforeach()
  file(WRITE "${DOCUMENT}" "${text}")
endif()

# ---- check ----

if(ACTION STREQUAL "check")
  file(READ "${DOCUMENT}" text)
  set(problems "")
  set(known "")
  foreach(line IN LISTS faults)
    split("${line}")
    list(APPEND known "${check}.${fault}")
    string(FIND "${text}" "\n| ${fault} | ${check} | ${case} |" found)
    if(found EQUAL -1)
      list(APPEND problems "the page has no row for ${check}.${fault} in case ${case}")
    endif()
  endforeach()
  string(REGEX MATCHALL "\n\\|${cell}${cell}${cell}${cell}" rows "${text}")
  list(FILTER rows EXCLUDE REGEX "\\| rejected by \\||\\|---\\|")
  list(LENGTH rows rows)
  list(LENGTH faults count)
  if(COMPLETE AND NOT rows EQUAL count)
    list(APPEND problems "the page has ${rows} rows, and there are ${count} faults")
  endif()
  set(covered "")
  foreach(row IN LISTS must_reject)
    string(REGEX MATCH "^([a-z_]+): .* => (.*)$" matched "${row}")
    set(check "${CMAKE_MATCH_1}")
    list(APPEND covered ${check})
    string(REPLACE ", " ";" named "${CMAKE_MATCH_2}")
    foreach(fault IN LISTS named)
      if(COMPLETE AND NOT "${check}.${fault}" IN_LIST known)
        list(APPEND problems "must_reject.cmake: there is no fault ${check}.${fault}")
      endif()
    endforeach()
  endforeach()
  execute_process(COMMAND "${DPONE}" connectors checks --format json OUTPUT_VARIABLE catalogue COMMAND_ERROR_IS_FATAL ANY)
  string(JSON count LENGTH "${catalogue}" checks)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON id GET "${catalogue}" checks ${i} check)
    string(JSON available GET "${catalogue}" checks ${i} available)
    if(available AND NOT id IN_LIST covered)
      list(APPEND problems "must_reject.cmake: nothing that ${id} must reject")
    endif()
  endforeach()
  if(problems)
    list(JOIN problems "\n  " problems)
    message(FATAL_ERROR "docs/reference/faults.md is not what tests/faulty/ has; build the target "
      "faults_page, or run ./dev faults:\n  ${problems}")
  endif()
endif()
