/* Rows of a SELECT as batches. */
#include "runtime/reference_rows.h"

#include <stdlib.h>

#include <dpone/batch_builder.h>

#include "runtime/reference_value.h"

struct dpone_rows {
    struct dpone_store *store;
    sqlite3_stmt *statement;
    int finished; /* 1: the statement has no more rows */
    struct dpone_columns columns;
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder;
    int64_t batch_rows;
    int64_t batch_bytes;
    int has_cursor;
    struct dpone_column cursor;           /* its name is not kept */
    struct dpone_rows_position pending;   /* behind the last row read */
    struct dpone_rows_position delivered; /* behind the last batch handed out */
};

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
    rows->store = request->store;
    rows->statement = request->statement;
    rows->batch_rows = request->batch_rows;
    rows->batch_bytes = request->batch_bytes;
    if (request->cursor != NULL) {
        rows->has_cursor = 1;
        rows->cursor = *request->cursor;
        rows->cursor.name = "cursor";
    }
    int32_t status = copy_columns(rows, request->columns, error);
    if (status != DPONE_OK) {
        dpone_rows_free(rows);
        return status;
    }
    *out = rows;
    return DPONE_OK;
}

void dpone_rows_free(struct dpone_rows *rows) {
    if (rows != NULL) {
        (void)sqlite3_finalize(rows->statement);
        dpone_store_close(rows->store);
        dpone_batch_builder_free(rows->builder);
        if (rows->schema.release != NULL) {
            rows->schema.release(&rows->schema);
        }
        dpone_columns_clear(&rows->columns);
        free(rows->pending.cursor);
        free(rows->delivered.cursor);
        free(rows);
    }
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

int32_t dpone_rows_next(struct dpone_rows *rows, struct ArrowArray *out, struct dpone_error *error) {
    int32_t status = dpone_store_check(rows->store, error);
    int row = !rows->finished;
    while (status == DPONE_OK && row && !batch_is_full(rows)) {
        status = dpone_store_step(rows->store, rows->statement, &row, error);
        if (status == DPONE_OK && row) {
            status = append_row(rows, error);
        }
    }
    rows->finished = !row;
    return status == DPONE_OK && dpone_batch_builder_rows(rows->builder) > 0 ? deliver(rows, out, error)
                                                                             : status;
}

const struct ArrowSchema *dpone_rows_schema(const struct dpone_rows *rows) {
    return &rows->schema;
}

const struct dpone_rows_position *dpone_rows_position(const struct dpone_rows *rows) {
    return &rows->delivered;
}
