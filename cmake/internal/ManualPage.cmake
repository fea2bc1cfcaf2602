# Writes the manual page of a CMake function from the comment above it, which begins with its signature:
#
#   cmake -DMODULE=<Dpone*.cmake> -DVERSION=<x.y.z> -DOUTPUT=<page> -P ManualPage.cmake
cmake_minimum_required(VERSION 3.25)

file(READ "${MODULE}" text)
string(REGEX MATCH "^# ([a-z_]+)\\(\\): ([^\n]*)\\.\n" heading "${text}")
set(function "${CMAKE_MATCH_1}")
set(summary "${CMAKE_MATCH_2}")
string(FIND "${text}" "#[[\n" start)
string(FIND "${text}" "\n]]" end)
math(EXPR start "${start} + 4")
math(EXPR length "${end} - ${start}")
if(NOT function OR length LESS 1)
  message(FATAL_ERROR "${MODULE}: no heading `# function(): summary.` or no #[[ comment ]]")
endif()
string(SUBSTRING "${text}" ${start} ${length} comment)

# roff: backslashes doubled, and no line that begins with a dot or a quote.
string(REPLACE "\\" "\\e" comment "${comment}")
string(REPLACE "\n." "\n\\&." comment "${comment}")
string(REPLACE "\n'" "\n\\&'" comment "${comment}")
string(FIND "${comment}" "\n\n" paragraph)
string(SUBSTRING "${comment}" 0 ${paragraph} synopsis)
math(EXPR paragraph "${paragraph} + 2")
string(SUBSTRING "${comment}" ${paragraph} -1 description)
string(REPLACE "\n\n" "\n.PP\n" description "${description}")
string(TOUPPER "${function}" title)
file(WRITE "${OUTPUT}" ".TH ${title} 7 \"\" \"dpone ${VERSION}\" \"dpone connector SDK\"
.SH NAME
${function} \\- ${summary}
.SH SYNOPSIS
.nf
find_package(dpone 1 REQUIRED)

${synopsis}
.fi
.SH DESCRIPTION
${description}
.SH SEE ALSO
.BR dpone (1)
")
