# Run by the build: writes OUTPUT, a C file with each of SCHEMAS (NAME.schema.json, separated by |) as an array, and the
# table dpone_builtin_schemas.
cmake_minimum_required(VERSION 3.25)
string(REPLACE "|" ";" SCHEMAS "${SCHEMAS}")
set(arrays "")
set(table "")
foreach(file IN LISTS SCHEMAS)
  get_filename_component(name "${file}" NAME)
  string(REGEX REPLACE "\\.schema\\.json$" "" name "${name}")
  string(MAKE_C_IDENTIFIER "${name}" identifier)
  file(READ "${file}" text)
  string(JSON uri GET "${text}" "$id")
  string(REGEX REPLACE "#$" "" uri "${uri}")
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const unsigned char ${identifier}[] = {\n    ${bytes}\n};\n\n")
  string(APPEND table "    {\"${name}\", \"${name}.schema.json\", \"${uri}\", ${identifier}, sizeof ${identifier}},\n")
endforeach()
file(WRITE "${OUTPUT}" "/* Generated from manifest/schemas/. */
#include \"manifest/builtin_schemas.h\"

${arrays}const struct dpone_builtin_schema dpone_builtin_schemas[] = {
${table}    {0},
};
")
