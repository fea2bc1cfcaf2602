/* The column types of the ABI and building schemas of them. */
#ifndef DPONE_SCHEMA_H
#define DPONE_SCHEMA_H

#include <dpone/arrow.h>
#include <dpone/error.h>

DPONE_BEGIN_DECLS

enum dpone_type {
    DPONE_TYPE_BOOL = 0,
    DPONE_TYPE_INT32 = 1,
    DPONE_TYPE_INT64 = 2,
    DPONE_TYPE_FLOAT64 = 3,
    DPONE_TYPE_UTF8 = 4,
    DPONE_TYPE_BINARY = 5,
    DPONE_TYPE_DATE32 = 6,       /* int32 days since 1970-01-01 */
    DPONE_TYPE_TIMESTAMP_US = 7, /* int64 microseconds since 1970-01-01T00:00:00Z */
    DPONE_TYPE_DECIMAL128 = 8,   /* 16 bytes, two's complement, little endian, value * 10^scale */
    DPONE_TYPE_COUNT = 9
};

/* One column. */
struct dpone_column {
    const char *name;  /* UTF-8, NUL-terminated */
    int32_t type;      /* enum dpone_type */
    int32_t nullable;  /* 1 or 0 */
    int32_t precision; /* DECIMAL128: 1..38, else 0 */
    int32_t scale;     /* DECIMAL128: 0..precision, else 0 */
};

/* "int64", "timestamp_us", ... as options, manifests and messages spell it; NULL for a number that is none.
 */
DPONE_API const char *dpone_type_name(int32_t type);

/* Reads "int64" or "decimal128(38,9)". DPONE_OK or DPONE_INVALID_ARGUMENT naming the known ones. */
DPONE_API int32_t dpone_type_parse(struct dpone_string text, int32_t *type, int32_t *precision,
                                   int32_t *scale, struct dpone_error *error);

/* Makes a "+s" schema with copies of the names. `out` is overwritten; release it through out->release.
 * DPONE_INVALID_ARGUMENT for a type, precision, scale or a name twice; DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_schema_make(struct ArrowSchema *out, const struct dpone_column *columns, size_t count,
                                    struct dpone_error *error);

/* A deep copy of any schema of the ABI: its columns; metadata, which the ABI does not know, is left out.
 * DPONE_UNSUPPORTED_TYPE, DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_schema_copy(struct ArrowSchema *out, const struct ArrowSchema *schema,
                                    struct dpone_error *error);

/* Describes child `index` of a schema; the name is borrowed from it. DPONE_UNSUPPORTED_TYPE for a format that
 * is not of the ABI. */
DPONE_API int32_t dpone_schema_column(const struct ArrowSchema *schema, int64_t index,
                                      struct dpone_column *out, struct dpone_error *error);

/* Position of the column with that name, or -1. */
DPONE_API int64_t dpone_schema_find(const struct ArrowSchema *schema, struct dpone_string name);

/* 1 when both have the same columns: names, types, nullability, order. */
DPONE_API int dpone_schema_equal(const struct ArrowSchema *left, const struct ArrowSchema *right);

DPONE_END_DECLS

#endif
