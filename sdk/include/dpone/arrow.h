/* The Arrow C data interface and C stream interface, as published by the Apache Arrow project
 * (https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html). The guards are
 * Arrow's own, so that this header and any Arrow library can be included together.
 *
 * Which types cross the ABI, version 1, with Arrow's format string:
 *   bool       "b"       int32         "i"        int64      "l"
 *   float64    "g"       utf8          "u"        binary     "z"
 *   date32     "tdD"     (days since 1970-01-01)
 *   timestamp  "tsu:UTC" (microseconds since 1970-01-01T00:00:00Z)
 *   decimal128 "d:P,S"   (P 1..38, S 0..P)
 * A column is nullable where its schema's flags say so.
 *
 * A batch is a struct array ("+s") whose children are the columns; the struct itself has no NULLs and offset
 * 0. Offsets of utf8 and binary are 32 bits: a column of one batch holds at most 2^31-1 bytes. Buffers are
 * aligned to 8 bytes at least, better to 64. */
#ifndef DPONE_ARROW_H
#define DPONE_ARROW_H

#include <dpone/base.h>

DPONE_BEGIN_DECLS

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

DPONE_END_DECLS

#endif
