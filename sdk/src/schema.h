/* What the parts of libdpone ask about column types beyond dpone/schema.h. Internal. */
#ifndef DPONE_SRC_SCHEMA_H
#define DPONE_SRC_SCHEMA_H

#include <dpone/schema.h>

/* Room for the text of any type, terminator included: "decimal128(38,38)". */
#define DPONE_TYPE_TEXT_BYTES 32

/* Writes "int64" or "decimal128(38,9)" and returns `out`. */
const char *dpone_column_type_text(char out[DPONE_TYPE_TEXT_BYTES], const struct dpone_column *column);

/* Bytes of one value: 4, 8 or 16; 0 for bool (bits), utf8 and binary (offsets). */
size_t dpone_type_width(int32_t type);

/* 1 for utf8 and binary. */
int dpone_type_has_offsets(int32_t type);

#endif
