/* How the reference connector keeps values: every v1 type exactly, in its natural order where SQLite can.
 *
 *   type           declared as        stored as
 *   bool           BOOLEAN            integer 0 or 1
 *   int32, int64   INT, BIGINT        integer
 *   float64        BLOB_FLOAT64       real; NaN as the text NaN (no affinity: -0.0 stays)
 *   utf8, binary   TEXT, BLOB         text, blob
 *   date32         INT_DATE           integer, days since 1970-01-01
 *   timestamp_us   INT_TIMESTAMP_US   integer, microseconds since 1970
 *   decimal128     TEXT_DECIMAL(P,S)  canonical text */
#ifndef DPONE_RUNTIME_REFERENCE_VALUE_H
#define DPONE_RUNTIME_REFERENCE_VALUE_H

#include <sqlite3.h>

#include <dpone/batch_builder.h>
#include <dpone/batch_view.h>

#define DPONE_DECLARED_BYTES 40

/* The declared type of a column. */
void dpone_reference_declared(char out[DPONE_DECLARED_BYTES], const struct dpone_column *column);

/* The other way; fills type, precision and scale. DPONE_UNSUPPORTED_TYPE naming column and declaration. */
int32_t dpone_reference_parse_declared(struct dpone_column *column, const char *declared,
                                       struct dpone_error *error);

/* Binds element `row` of a view; its data must live until the statement has run. */
int dpone_reference_bind(sqlite3_stmt *statement, int index, const struct dpone_column_view *view,
                         int64_t row);

/* Binds canonical text (a window's bound, a checkpoint's cursor) as the type of the column. */
int32_t dpone_reference_bind_text(sqlite3_stmt *statement, int index, const struct dpone_column *column,
                                  struct dpone_string text, struct dpone_error *error);

/* Appends column `index` of the current row; `column` of the builder has that type. What cannot be of that
 * type fails the row. */
void dpone_reference_append(struct dpone_batch_builder *builder, const struct dpone_column *column,
                            int64_t at, sqlite3_stmt *statement, int index);

/* The canonical text of a stored value that is not NULL, on the heap with a terminator, freed by the caller;
 * NULL when memory is short. Texts may hold NUL bytes: `*size` counts them. */
char *dpone_reference_text(size_t *size, const struct dpone_column *column, sqlite3_value *value);

#endif
