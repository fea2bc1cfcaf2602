/* Rows of a SELECT as an Arrow stream: what both a source's reader and open_staged() are made of.
 *
 * The rows own a connection, so that they read one snapshot while others write. They are shared by the stream
 * and, for a source, by the reader: the last of the two frees them. */
#ifndef DPONE_RUNTIME_REFERENCE_ROWS_H
#define DPONE_RUNTIME_REFERENCE_ROWS_H

#include <dpone/arrow.h>

#include "runtime/reference_columns.h"

/* What to read. Borrowed for the call, but `store`, which is taken over, also on failure. */
struct dpone_rows_request {
    struct dpone_store *store;
    sqlite3_stmt
        *statement; /* of that store, bound; columns, then rowid, then the cursor if any; taken over */
    const struct dpone_columns *columns; /* of the statement */
    const struct dpone_column *cursor;   /* NULL: none */
    int64_t batch_rows;
    int64_t batch_bytes;
};

/* Where the rows delivered so far end. */
struct dpone_rows_position {
    int started; /* 0: nothing was delivered */
    int64_t rowid;
    char *cursor; /* canonical text, or NULL: no cursor, or NULL in the row */
    size_t cursor_size;
};

struct dpone_rows;

/* One reference for the caller. */
int32_t dpone_rows_new(struct dpone_rows **out, const struct dpone_rows_request *request,
                       struct dpone_error *error);

/* A second one for the stream. */
void dpone_rows_stream(struct dpone_rows *rows, struct ArrowArrayStream *out);

/* Ends the reading, so that a stream that lives on answers ECANCELED, and drops the caller's reference. */
void dpone_rows_close(struct dpone_rows *rows);

/* Drops the caller's reference and leaves the stream readable. */
void dpone_rows_let_go(struct dpone_rows *rows);

/* Behind the last batch delivered; valid until the next one. */
const struct dpone_rows_position *dpone_rows_position(const struct dpone_rows *rows);

/* The failure of the stream, status DPONE_OK when there is none. */
const struct dpone_error *dpone_rows_error(const struct dpone_rows *rows);

#endif
