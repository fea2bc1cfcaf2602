/* The canonical text of rows: what observers write, what the harness compares, what a person can read.
 *
 * A dump is a file of lines, each ended by "\n". The first holds the columns:
 *
 *     {"columns":[{"name":"id","type":"int64","nullable":false,"precision":0,"scale":0}, ...]}
 *
 * and each other line one row, a JSON array with an element a column: null; a string with the canonical text
 * (dpone/value_text.h) of the value; or {"misfit": "..."} for what an observer found that is no value of the
 * column's type.
 *
 * Strings are escaped in one way only: \" \\ \b \f \n \r \t, \u00xx (lower case) for the other controls and
 * U+007F, everything else as UTF-8. So two equal rows are two equal lines, and rows can be compared, sorted
 * and hashed as bytes. */
#ifndef DPONE_CERTIFICATION_CANONICAL_H
#define DPONE_CERTIFICATION_CANONICAL_H

#include "dataset.h"

#include <dpone/batch_view.h>
#include <dpone/row_hash.h>
#include <dpone/value_text.h>

#include <stdio.h>

/* A growing byte string; begin with all zero. */
struct dpone_canonical_text {
    char *data; /* NUL-terminated once something was added */
    size_t size;
    size_t capacity;
    int failed; /* 1: memory ran out; everything since is lost */
};

void dpone_canonical_text_clear(struct dpone_canonical_text *text);
void dpone_canonical_text_add(struct dpone_canonical_text *text, const void *data, size_t size);
void dpone_canonical_text_add_string(struct dpone_canonical_text *text, const char *string);
void dpone_canonical_text_add_json_string(struct dpone_canonical_text *text, const void *data, size_t size);

/* Adds the canonical text of a value that is not null, unquoted. */
void dpone_canonical_add_value(struct dpone_canonical_text *text, const struct dpone_column *column,
                               const struct dpone_fixture_value *value);

/* Adds one row line with its "\n". */
void dpone_canonical_add_row(struct dpone_canonical_text *text, const struct dpone_column *columns,
                             size_t count, const struct dpone_fixture_value *values);

/* Adds the line of columns with its "\n". */
void dpone_canonical_add_columns(struct dpone_canonical_text *text, const struct dpone_column *columns,
                                 size_t count);

/* Reads canonical text into a value; bytes are allocated in `storage` (which the caller clears) or borrowed
 * from `text`. DPONE_INVALID_ARGUMENT names type and text. */
int32_t dpone_canonical_read_value(struct dpone_fixture_value *out, const struct dpone_column *column,
                                   struct dpone_string text, struct dpone_canonical_text *storage,
                                   struct dpone_error *error);

/* Adds the row as dpone/row_hash.h serialises it to a digest of rows. `scratch` is the caller's, reused
 * between rows. */
void dpone_canonical_digest_row(struct dpone_digest *digest, const struct dpone_column *columns, size_t count,
                                const struct dpone_fixture_value *values,
                                struct dpone_canonical_text *scratch);

/* Writes rows as a dump. DPONE_IO naming the file. */
int32_t dpone_canonical_dump_rows(FILE *out, const struct dpone_fixture_rows *rows,
                                  struct dpone_error *error);

/* Reads a whole stream and writes it as a dump; the stream stays the caller's. `rows` and `digest` may be
 * NULL. DPONE_DATA_CORRUPT for a batch whose shape is not the schema's; the stream's own errors as DPONE_IO
 * with its message. */
int32_t dpone_canonical_dump_stream(FILE *out, struct ArrowArrayStream *stream, int64_t *rows,
                                    struct dpone_digest *digest, struct dpone_error *error);

/* Rows as an Arrow stream of batches of `batch_rows` rows, the whole of a data set or any other rows. `rows`
 * (its columns and context) must outlive the stream; batches may outlive both. */
int32_t dpone_canonical_stream_rows(struct ArrowArrayStream *out, const struct dpone_fixture_rows *rows,
                                    int64_t batch_rows, struct dpone_error *error);

/* The first difference between two dumps. */
struct dpone_difference {
    int equal; /* 1: nothing differs, all else is empty */
    char
        where[256]; /* "column 3 \"amount\"", "row 17 (first column \"1017\"), column \"amount\"", "row 17" */
    char expected[512]; /* canonical text, cut at 500 bytes; "(null)"; "(no such row)" */
    char observed[512];
    int64_t expected_rows;
    int64_t observed_rows;
    int64_t missing_rows; /* in expected only */
    int64_t surplus_rows; /* in observed only */
};

/* Flags of a comparison. */
enum dpone_compare_flags {
    DPONE_COMPARE_AS_MULTISET = 0, /* rows in any order */
    DPONE_COMPARE_IN_ORDER = 1,
    DPONE_COMPARE_NULLABLE =
        2 /* the columns' nullability counts too; a source may call every column nullable */
};

/* Compares two dump files: columns first (names, types, order), then rows. A row that differs in some columns
 * only is found by its first column (the key) and named column by column. DPONE_OK with `out` filled whether
 * equal or not; DPONE_IO, DPONE_OUT_OF_MEMORY, or DPONE_DATA_CORRUPT for a file that is no dump. */
int32_t dpone_canonical_compare(struct dpone_difference *out, const char *expected_path,
                                const char *observed_path, int32_t flags, struct dpone_error *error);

#endif
