/* Rows of a COPY as batches. The server sends a row a message; what comes before the first one is a header.
 */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "value.h"
#include "wire.h"

#define ROWS_BATCH_ROWS 16384
#define ROWS_BATCH_BYTES (4 * 1024 * 1024)

enum { ROWS_SIGNATURE_BYTES = 11, ROWS_HEADER_BYTES = 19 };

struct postgres_rows {
    struct postgres_session *session;
    struct postgres_rows_request request;
    struct postgres_columns columns;
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder;
    int64_t received; /* rows, over all batches */
    int has_header;
    int ended;
    struct postgres_place place;
    struct postgres_sql cursor; /* the text that place.cursor borrows */
};

/* A field of a row; `data` is NULL for NULL. */
struct rows_field {
    const uint8_t *data;
    size_t size;
};

/* What is left of a message. */
struct rows_message {
    const uint8_t *at;
    size_t left;
};

/* ---- Opening and closing ---- */

void postgres_rows_close(struct postgres_rows *rows) {
    if (rows != NULL) {
        postgres_session_close(rows->session);
        postgres_columns_clear(&rows->columns);
        dpone_batch_builder_free(rows->builder);
        if (rows->schema.release != NULL) {
            rows->schema.release(&rows->schema);
        }
        postgres_sql_clear(&rows->cursor);
        free(rows);
    }
}

static int32_t rows_prepare(struct postgres_rows *rows, const struct postgres_rows_request *request,
                            struct postgres_sql *sql, struct dpone_error *error) {
    int32_t status = DPONE_OK;
    rows->request = *request;
    rows->request.batch_rows = request->batch_rows > 0 ? request->batch_rows : ROWS_BATCH_ROWS;
    rows->request.batch_bytes = request->batch_bytes > 0 ? request->batch_bytes : ROWS_BATCH_BYTES;
    for (size_t i = 0; status == DPONE_OK && i < request->columns->count; i++) {
        const struct postgres_column *column = &request->columns->items[i];
        status = postgres_columns_add(&rows->columns, &column->as, column->declared, error);
    }
    if (status == DPONE_OK) {
        status = postgres_columns_to_schema(&rows->schema, &rows->columns, error);
    }
    if (status == DPONE_OK) {
        status = dpone_batch_builder_new(&rows->builder, &rows->schema, error);
    }
    return status == DPONE_OK ? postgres_session_copy_out(rows->session, sql, error) : status;
}

int32_t postgres_rows_open(struct postgres_rows **out, struct postgres_session *session,
                           const struct postgres_rows_request *request, struct postgres_sql *sql,
                           struct dpone_error *error) {
    struct postgres_rows *rows = calloc(1, sizeof(*rows));
    *out = NULL;
    if (rows == NULL) {
        postgres_session_close(session);
        postgres_sql_clear(sql);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for rows");
    }
    rows->session = session;
    int32_t status = rows_prepare(rows, request, sql, error);
    postgres_sql_clear(sql);
    if (status != DPONE_OK) {
        postgres_rows_close(rows);
        return status;
    }
    *out = rows;
    return DPONE_OK;
}

const struct ArrowSchema *postgres_rows_schema(const struct postgres_rows *rows) {
    return &rows->schema;
}

/* ---- Reading a message ---- */

static int rows_take(struct rows_message *message, size_t size, const uint8_t **out) {
    if (message->left < size) {
        return 0;
    }
    *out = message->at;
    message->at += size;
    message->left -= size;
    return 1;
}

static int rows_take_field(struct rows_message *message, struct rows_field *out) {
    const uint8_t *size = NULL;
    *out = (struct rows_field){NULL, 0};
    if (!rows_take(message, 4, &size)) {
        return 0;
    }
    if ((int32_t)postgres_wire_get32(size) < 0) {
        return 1;
    }
    out->size = postgres_wire_get32(size);
    return rows_take(message, out->size, &out->data);
}

static int32_t rows_damaged(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_DATA_CORRUPT,
                           "the server sent rows that are not in the format of COPY");
}

static int32_t rows_skip_header(struct postgres_rows *rows, struct rows_message *message,
                                struct dpone_error *error) {
    const uint8_t *header = NULL;
    const uint8_t *extension = NULL;
    if (rows->has_header) {
        return DPONE_OK;
    }
    rows->has_header = 1;
    return rows_take(message, ROWS_HEADER_BYTES, &header) &&
                   memcmp(header, "PGCOPY\n\377\r\n", ROWS_SIGNATURE_BYTES) == 0 &&
                   rows_take(message, postgres_wire_get32(header + 15), &extension)
               ? DPONE_OK
               : rows_damaged(error);
}

/* ---- Where a row is ---- */

static int32_t rows_keep_cursor(struct postgres_rows *rows, const struct rows_field *field,
                                struct dpone_error *error) {
    rows->cursor.size = 0;
    rows->place.is_null = field->data == NULL;
    int32_t status =
        field->data == NULL
            ? DPONE_OK
            : postgres_value_add_text(&rows->cursor, &rows->columns.items[rows->request.cursor].as,
                                      field->data, field->size, error);
    if (status == DPONE_OK && rows->cursor.failed) {
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a checkpoint");
    }
    rows->place.cursor = (struct dpone_string){rows->cursor.data, rows->cursor.size};
    return status;
}

/* A ctid is a page of four bytes and an item of two; an oid has four. */
static int rows_keep_place(struct postgres_rows *rows, struct rows_message *message) {
    struct rows_field place;
    struct rows_field table;
    if (!rows->request.has_place) {
        return 1;
    }
    if (!rows_take_field(message, &place) || place.size != 6) {
        return 0;
    }
    rows->place.page = postgres_wire_get32(place.data);
    rows->place.item = postgres_wire_get16(place.data + 4);
    if (!rows->request.has_children) {
        return 1;
    }
    if (!rows_take_field(message, &table) || table.size != 4) {
        return 0;
    }
    rows->place.table = postgres_wire_get32(table.data);
    return 1;
}

int postgres_rows_place(const struct postgres_rows *rows, struct postgres_place *out) {
    *out = rows->place;
    return rows->received > 0 && rows->request.has_place;
}

/* ---- Rows ---- */

/* Appends one row, and keeps its place when it is the last of its batch: `*full` tells. */
static int32_t rows_add(struct postgres_rows *rows, struct rows_message *message, int *full,
                        struct dpone_error *error) {
    struct rows_field cursor = {NULL, 0};
    int32_t status = DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < rows->columns.count; i++) {
        struct rows_field field;
        if (!rows_take_field(message, &field)) {
            return rows_damaged(error);
        }
        if (field.data != NULL) {
            status = postgres_value_append(rows->builder, (int64_t)i, &rows->columns.items[i].as, field.data,
                                           field.size, error);
        }
        if ((int64_t)i == rows->request.cursor) {
            cursor = field;
        }
    }
    if (status == DPONE_OK && !rows_keep_place(rows, message)) {
        status = rows_damaged(error);
    }
    if (status == DPONE_OK) {
        status = dpone_batch_end_row(rows->builder, error);
    }
    if (status == DPONE_OK && rows->request.cursor >= 0) {
        status = rows_keep_cursor(rows, &cursor, error);
    }
    rows->received++;
    *full = dpone_batch_builder_rows(rows->builder) >= rows->request.batch_rows ||
            dpone_batch_builder_bytes(rows->builder) >= rows->request.batch_bytes;
    return status;
}

/* One message: a header, a row, the trailer, or several of these. */
static int32_t rows_read_message(struct postgres_rows *rows, struct rows_message *message, int *full,
                                 struct dpone_error *error) {
    int32_t status = rows_skip_header(rows, message, error);
    while (status == DPONE_OK && message->left > 0) {
        const uint8_t *count = NULL;
        if (!rows_take(message, 2, &count)) {
            return rows_damaged(error);
        }
        int16_t fields = (int16_t)postgres_wire_get16(count);
        size_t expected =
            rows->columns.count + (size_t)rows->request.has_place + (size_t)rows->request.has_children;
        if (fields == -1) {
            return DPONE_OK;
        }
        status = (size_t)fields == expected ? rows_add(rows, message, full, error) : rows_damaged(error);
    }
    return status;
}

int32_t postgres_rows_next(struct postgres_rows *rows, struct ArrowArray *out, struct dpone_error *error) {
    int full = 0;
    int32_t status = DPONE_OK;
    while (status == DPONE_OK && !full && !rows->ended) {
        char *data = NULL;
        size_t size = 0;
        status = postgres_session_get(rows->session, &data, &size, error);
        rows->ended = data == NULL;
        if (status == DPONE_OK && !rows->ended) {
            struct rows_message message = {(const uint8_t *)data, size};
            status = rows_read_message(rows, &message, &full, error);
        }
        PQfreemem(data);
    }
    return status == DPONE_OK && dpone_batch_builder_rows(rows->builder) > 0
               ? dpone_batch_builder_finish(rows->builder, out, error)
               : status;
}
