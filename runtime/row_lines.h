/* Rows as JSON lines for people: one object a row, {"column": "canonical text" | null, ...}
 * (dpone/value_text.h). */
#ifndef DPONE_RUNTIME_ROW_LINES_H
#define DPONE_RUNTIME_ROW_LINES_H

#include <stdio.h>

#include <dpone/arrow.h>
#include <dpone/error.h>

struct dpone_row_lines;

/* Prepares for the schema of a stream, which is only asked for its schema. The caller frees `*out`. */
int32_t dpone_row_lines_new(struct dpone_row_lines **out, struct ArrowArrayStream *stream,
                            struct dpone_error *error);
void dpone_row_lines_free(struct dpone_row_lines *lines);

/* Prints the first `limit_rows` rows of a batch, after validating all of it. */
int32_t dpone_row_lines_print(struct dpone_row_lines *lines, const struct ArrowArray *batch,
                              int64_t limit_rows, FILE *out, struct dpone_error *error);

#endif
