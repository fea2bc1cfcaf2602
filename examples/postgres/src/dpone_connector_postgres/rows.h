/* Rows of a COPY as batches. */
#ifndef DPONE_CONNECTOR_POSTGRES_ROWS_H
#define DPONE_CONNECTOR_POSTGRES_ROWS_H

#include "table.h"

struct postgres_rows;

/* What to read, and in which pieces. */
struct postgres_rows_request {
    const struct postgres_columns *columns; /* copied */
    int64_t batch_rows;                     /* 0: as many as usual */
    int64_t batch_bytes;                    /* 0: as many as usual */
    int has_place;    /* 1: the ctid comes behind the columns, and tells where rows end */
    int has_children; /* 1: then the oid of the table that a row is in */
    int64_t cursor;   /* the column whose value tells it too; -1: none */
};

/* Takes `session`, in which the COPY of `sql` is begun, over, also on failure; `sql` is cleared. */
int32_t postgres_rows_open(struct postgres_rows **out, struct postgres_session *session,
                           const struct postgres_rows_request *request, struct postgres_sql *sql,
                           struct dpone_error *error);

/* NULL is harmless. */
void postgres_rows_close(struct postgres_rows *rows);

/* As dpone_stream_functions.next. */
int32_t postgres_rows_next(struct postgres_rows *rows, struct ArrowArray *out, struct dpone_error *error);

const struct ArrowSchema *postgres_rows_schema(const struct postgres_rows *rows);

/* The last row that was delivered. */
struct postgres_place {
    int64_t table; /* oid, where there are children */
    int64_t page;
    int64_t item;
    int is_null;                /* the cursor is NULL */
    struct dpone_string cursor; /* canonical text; borrowed */
};

/* Where the batches that were delivered end; 0 when there was none. */
int postgres_rows_place(const struct postgres_rows *rows, struct postgres_place *out);

#endif
