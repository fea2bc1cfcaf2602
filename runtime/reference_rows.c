/* Rows of a SELECT as an Arrow stream. */
#include "runtime/reference_rows.h"

#include <errno.h>
#include <stdlib.h>

#include <dpone/batch_builder.h>

#include "runtime/reference_value.h"

struct dpone_rows {
    atomic_int references;
    int finished; /* 1: no more rows, or closed; further calls answer as the last one did */
    int closed;
    struct dpone_store *store;
    sqlite3_stmt *statement;
    struct dpone_columns columns;
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder;
    int64_t batch_rows;
    int64_t batch_bytes;
    int has_cursor;
    struct dpone_column cursor;           /* its name is not kept */
    struct dpone_rows_position pending;   /* behind the last row read */
    struct dpone_rows_position delivered; /* behind the last batch handed out */
    struct dpone_error error;
};

static void release_resources(struct dpone_rows *rows) {
    (void)sqlite3_finalize(rows->statement);
    dpone_store_close(rows->store);
    dpone_batch_builder_free(rows->builder);
    rows->statement = NULL;
    rows->store = NULL;
    rows->builder = NULL;
}

static void unreference(struct dpone_rows *rows) {
    if (atomic_fetch_sub(&rows->references, 1) == 1) {
        release_resources(rows);
        if (rows->schema.release != NULL) {
            rows->schema.release(&rows->schema);
        }
        dpone_columns_clear(&rows->columns);
        free(rows->pending.cursor);
        free(rows->delivered.cursor);
        free(rows);
    }
}

static int32_t copy_columns(struct dpone_rows *rows, const struct dpone_columns *columns,
                            struct dpone_error *error) {
    for (size_t i = 0; i < columns->count; i++) {
        if (dpone_columns_add(&rows->columns, &columns->items[i]) != DPONE_OK) {
            return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a read");
        }
    }
    int32_t status = dpone_schema_make(&rows->schema, rows->columns.items, rows->columns.count, error);
    return status == DPONE_OK ? dpone_batch_builder_new(&rows->builder, &rows->schema, error) : status;
}

int32_t dpone_rows_new(struct dpone_rows **out, const struct dpone_rows_request *request,
                       struct dpone_error *error) {
    *out = NULL;
    struct dpone_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL) {
        (void)sqlite3_finalize(request->statement);
        dpone_store_close(request->store);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a read");
    }
    atomic_init(&rows->references, 1);
    rows->store = request->store;
    rows->statement = request->statement;
    rows->batch_rows = request->batch_rows;
    rows->batch_bytes = request->batch_bytes;
    rows->error = (struct dpone_error)DPONE_ERROR_INIT;
    if (request->cursor != NULL) {
        rows->has_cursor = 1;
        rows->cursor = *request->cursor;
        rows->cursor.name = "cursor";
    }
    int32_t status = copy_columns(rows, request->columns, error);
    if (status != DPONE_OK) {
        unreference(rows);
        return status;
    }
    *out = rows;
    return DPONE_OK;
}

/* Remembers where the current row stands. */
static int32_t move_on(struct dpone_rows *rows, struct dpone_error *error) {
    int index = (int)rows->columns.count;
    rows->pending.started = 1;
    rows->pending.rowid = sqlite3_column_int64(rows->statement, index);
    if (!rows->has_cursor) {
        return DPONE_OK;
    }
    free(rows->pending.cursor);
    rows->pending.cursor = NULL;
    sqlite3_value *value = sqlite3_column_value(rows->statement, index + 1);
    if (sqlite3_value_type(value) == SQLITE_NULL) {
        return DPONE_OK;
    }
    rows->pending.cursor = dpone_reference_text(&rows->pending.cursor_size, &rows->cursor, value);
    return rows->pending.cursor != NULL
               ? DPONE_OK
               : dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a cursor");
}

/* What was read is handed out: its position counts from now on. */
static int32_t deliver(struct dpone_rows *rows, struct ArrowArray *out, struct dpone_error *error) {
    int32_t status = dpone_batch_builder_finish(rows->builder, out, error);
    if (status == DPONE_OK) {
        free(rows->delivered.cursor);
        rows->delivered = rows->pending;
        rows->pending.cursor = NULL;
    }
    return status;
}

static int32_t append_row(struct dpone_rows *rows, struct dpone_error *error) {
    for (size_t i = 0; i < rows->columns.count; i++) {
        dpone_reference_append(rows->builder, &rows->columns.items[i], (int64_t)i, rows->statement, (int)i);
    }
    int32_t status = dpone_batch_end_row(rows->builder, error);
    return status == DPONE_OK ? move_on(rows, error) : status;
}

static int batch_is_full(const struct dpone_rows *rows) {
    return dpone_batch_builder_rows(rows->builder) >= rows->batch_rows ||
           dpone_batch_builder_bytes(rows->builder) >= rows->batch_bytes;
}

static int32_t next_batch(struct dpone_rows *rows, struct ArrowArray *out, struct dpone_error *error) {
    int32_t status = dpone_store_check(rows->store, error);
    int row = 1;
    while (status == DPONE_OK && row && !batch_is_full(rows)) {
        status = dpone_store_step(rows->store, rows->statement, &row, error);
        if (status == DPONE_OK && row) {
            status = append_row(rows, error);
        }
    }
    if (status != DPONE_OK) {
        return status;
    }
    rows->finished = !row;
    return dpone_batch_builder_rows(rows->builder) == 0 ? DPONE_OK : deliver(rows, out, error);
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    struct dpone_rows *rows = stream->private_data;
    return dpone_schema_copy(out, &rows->schema, NULL) == DPONE_OK ? 0 : ENOMEM;
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct dpone_rows *rows = stream->private_data;
    *out = (struct ArrowArray){0};
    if (rows->closed) {
        return ECANCELED;
    }
    if (!rows->finished && next_batch(rows, out, &rows->error) != DPONE_OK) {
        rows->finished = 1;
    }
    return rows->error.status == DPONE_OK ? 0 : EIO;
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream) {
    struct dpone_rows *rows = stream->private_data;
    if (rows->closed) {
        return "the read was closed";
    }
    return rows->error.status == DPONE_OK ? NULL : rows->error.message;
}

static void stream_release(struct ArrowArrayStream *stream) {
    unreference(stream->private_data);
    *stream = (struct ArrowArrayStream){0};
}

void dpone_rows_stream(struct dpone_rows *rows, struct ArrowArrayStream *out) {
    atomic_fetch_add(&rows->references, 1);
    *out = (struct ArrowArrayStream){stream_get_schema, stream_get_next, stream_get_last_error,
                                     stream_release, rows};
}

void dpone_rows_close(struct dpone_rows *rows) {
    rows->closed = 1;
    release_resources(rows);
    unreference(rows);
}

void dpone_rows_let_go(struct dpone_rows *rows) {
    unreference(rows);
}

const struct dpone_rows_position *dpone_rows_position(const struct dpone_rows *rows) {
    return &rows->delivered;
}

const struct dpone_error *dpone_rows_error(const struct dpone_rows *rows) {
    return &rows->error;
}
