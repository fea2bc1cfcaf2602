# The target <name>.certify of dpone_certify(): runs all checks, shows them as they come, and fails as the report would.
#
#   cmake -DNAME=<connector> -DREPORT=<words>;... -P DponeRunAll.cmake -- <program> <words of certify>...
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/DponeWords.cmake")

_dpone_words(certify)
list(GET certify 0 program)
execute_process(COMMAND ${certify} RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  # Exit status 77: unverified, which DPONE_ALLOW_UNVERIFIED lets pass.
  execute_process(COMMAND "${program}" ${REPORT} RESULT_VARIABLE code OUTPUT_QUIET)
endif()
if(NOT code MATCHES "^(0|77)$")
  message(FATAL_ERROR " ${NAME}: not certified (exit status ${code})")
endif()
