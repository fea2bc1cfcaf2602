/* Rows of a SELECT as batches: what a source's reader and open_staged() hand out through dpone/stream.h.
 *
 * The rows own a connection, so that they read one snapshot while others write. */
#ifndef DPONE_RUNTIME_REFERENCE_ROWS_H
#define DPONE_RUNTIME_REFERENCE_ROWS_H

#include <dpone/arrow.h>

#include "runtime/reference_columns.h"

/* What to read. Borrowed for the call; but `store` and `statement` are taken over, also on failure. */
struct dpone_rows_request {
    struct dpone_store *store;
    sqlite3_stmt *statement; /* of that store, bound; columns, then row id, then the cursor if any */
    const struct dpone_columns *columns; /* of the statement */
    const struct dpone_column *cursor;   /* NULL: none */
    int64_t batch_rows;
    int64_t batch_bytes;
};

/* Where the batches handed out so far end. */
struct dpone_rows_position {
    int started; /* 0: nothing was handed out */
    int64_t rowid;
    char *cursor; /* canonical text, or NULL: no cursor, or NULL in the row */
    size_t cursor_size;
};

struct dpone_rows;

int32_t dpone_rows_new(struct dpone_rows **out, const struct dpone_rows_request *request,
                       struct dpone_error *error);
void dpone_rows_free(struct dpone_rows *rows);

/* The next batch, or none at the end: `out` stays as it is. */
int32_t dpone_rows_next(struct dpone_rows *rows, struct ArrowArray *out, struct dpone_error *error);

/* Valid until freed. */
const struct ArrowSchema *dpone_rows_schema(const struct dpone_rows *rows);

/* Valid until the next batch. */
const struct dpone_rows_position *dpone_rows_position(const struct dpone_rows *rows);

#endif
