# Makes a faulty source from a good one.
#
#   cmake -DSOURCE=<file> -DEDIT=<script> -DOUTPUT=<file> -P edit_source.cmake
#
# EDIT sets FROM and TO; FROM must occur exactly once in SOURCE, so that a fault never silently goes missing when the
# template changes.
cmake_minimum_required(VERSION 3.25)

include("${EDIT}")
file(READ "${SOURCE}" text)
string(FIND "${text}" "${FROM}" first)
string(FIND "${text}" "${FROM}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
  message(FATAL_ERROR "${EDIT}: this text must occur exactly once in ${SOURCE}:\n${FROM}")
endif()
string(REPLACE "${FROM}" "${TO}" text "${text}")
file(WRITE "${OUTPUT}" "${text}")
