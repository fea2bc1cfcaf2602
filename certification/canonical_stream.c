/* Between Arrow streams and canonical rows: a stream out of rows, a dump out of a stream. */
#include "canonical.h"

#include <dpone/batch_builder.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Rows as a stream ---- */

struct row_stream {
    struct dpone_fixture_rows rows;
    int64_t next;
    int64_t batch_rows;
    struct dpone_batch_builder *builder;
    struct dpone_error error;
};

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    struct row_stream *self = stream->private_data;
    return dpone_schema_make(out, self->rows.columns, self->rows.column_count, &self->error) == DPONE_OK
               ? 0
               : ENOMEM;
}

static void append_value(struct dpone_batch_builder *builder, int64_t index, int32_t type,
                         const struct dpone_fixture_value *value) {
    if (value->is_null) {
        dpone_batch_append_null(builder, index);
        return;
    }
    switch (type) {
    case DPONE_TYPE_BOOL:
        dpone_batch_append_bool(builder, index, value->as.integer != 0);
        break;
    case DPONE_TYPE_INT32:
    case DPONE_TYPE_DATE32:
        dpone_batch_append_int32(builder, index, (int32_t)value->as.integer);
        break;
    case DPONE_TYPE_FLOAT64:
        dpone_batch_append_float64(builder, index, value->as.real);
        break;
    case DPONE_TYPE_UTF8:
        dpone_batch_append_utf8(builder, index, (const char *)value->as.bytes.data, value->as.bytes.size);
        break;
    case DPONE_TYPE_BINARY:
        dpone_batch_append_binary(builder, index, value->as.bytes.data, value->as.bytes.size);
        break;
    case DPONE_TYPE_DECIMAL128:
        dpone_batch_append_decimal128(builder, index, value->as.decimal);
        break;
    default:
        dpone_batch_append_int64(builder, index, value->as.integer);
        break;
    }
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct row_stream *self = stream->private_data;
    char scratch[DPONE_FIXTURE_SCRATCH_BYTES];
    int64_t end = self->next + self->batch_rows;
    memset(out, 0, sizeof(*out));
    if (self->error.status != DPONE_OK) {
        return EIO;
    }
    if (self->next >= self->rows.row_count) {
        return 0;
    }
    for (; self->next < end && self->next < self->rows.row_count; self->next++) {
        for (size_t i = 0; i < self->rows.column_count; i++) {
            struct dpone_fixture_value value;
            self->rows.value(self->rows.context, self->next, i, scratch, &value);
            append_value(self->builder, (int64_t)i, self->rows.columns[i].type, &value);
        }
        if (dpone_batch_end_row(self->builder, &self->error) != DPONE_OK) {
            return EIO;
        }
    }
    return dpone_batch_builder_finish(self->builder, out, &self->error) == DPONE_OK ? 0 : ENOMEM;
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream) {
    struct row_stream *self = stream->private_data;
    return self->error.status != DPONE_OK ? self->error.message : NULL;
}

static void stream_release(struct ArrowArrayStream *stream) {
    struct row_stream *self = stream->private_data;
    dpone_batch_builder_free(self->builder);
    free(self);
    stream->release = NULL;
}

int32_t dpone_canonical_stream_rows(struct ArrowArrayStream *out, const struct dpone_fixture_rows *rows,
                                    int64_t batch_rows, struct dpone_error *error) {
    struct ArrowSchema schema = {0};
    struct row_stream *self = calloc(1, sizeof(*self));
    memset(out, 0, sizeof(*out));
    if (self == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a stream");
    }
    self->rows = *rows;
    self->batch_rows = batch_rows > 0 ? batch_rows : 1024;
    self->error = (struct dpone_error)DPONE_ERROR_INIT;
    int32_t status = dpone_schema_make(&schema, rows->columns, rows->column_count, error);
    if (status == DPONE_OK) {
        status = dpone_batch_builder_new(&self->builder, &schema, error);
        schema.release(&schema);
    }
    if (status != DPONE_OK) {
        free(self);
        return status;
    }
    *out = (struct ArrowArrayStream){stream_get_schema, stream_get_next, stream_get_last_error,
                                     stream_release, self};
    return DPONE_OK;
}

/* ---- A stream as a dump ---- */

/* One dump under way. */
struct dump {
    FILE *out;
    struct dpone_column *columns;
    struct dpone_fixture_value *values;
    struct dpone_batch_view *view;
    struct dpone_canonical_text line;
    struct dpone_canonical_text scratch;
    int64_t rows;
    struct dpone_digest *digest; /* or NULL */
};

static void view_value(const struct dpone_column_view *view, int64_t row, struct dpone_fixture_value *out) {
    memset(out, 0, sizeof(*out));
    out->is_null = dpone_view_is_null(view, row);
    if (out->is_null) {
        return;
    }
    switch (view->column.type) {
    case DPONE_TYPE_BOOL:
        out->as.integer = dpone_view_bool(view, row);
        break;
    case DPONE_TYPE_INT32:
    case DPONE_TYPE_DATE32:
        out->as.integer = dpone_view_int32(view, row);
        break;
    case DPONE_TYPE_FLOAT64:
        out->as.real = dpone_view_float64(view, row);
        break;
    case DPONE_TYPE_UTF8:
    case DPONE_TYPE_BINARY:
        out->as.bytes = dpone_view_bytes(view, row);
        break;
    case DPONE_TYPE_DECIMAL128:
        memcpy(out->as.decimal, dpone_view_decimal128(view, row), sizeof(out->as.decimal));
        break;
    default:
        out->as.integer = dpone_view_int64(view, row);
        break;
    }
}

void dpone_canonical_digest_row(struct dpone_digest *digest, const struct dpone_column *columns, size_t count,
                                const struct dpone_fixture_value *values,
                                struct dpone_canonical_text *scratch) {
    scratch->size = 0;
    for (size_t i = 0; i < count; i++) {
        char head[5] = {0};
        size_t at = scratch->size;
        dpone_canonical_text_add(scratch, head, values[i].is_null ? 1 : sizeof(head));
        if (values[i].is_null || scratch->failed) {
            continue;
        }
        dpone_canonical_add_value(scratch, &columns[i], &values[i]);
        size_t size = scratch->size - at - sizeof(head);
        scratch->data[at] = 1;
        for (size_t byte = 0; byte < 4; byte++) {
            scratch->data[at + 1 + byte] = (char)(unsigned char)(size >> (8 * byte) & 0xff);
        }
    }
    dpone_digest_add_row(digest, scratch->data, scratch->size);
}

static int32_t dump_flush(struct dump *dump, struct dpone_error *error) {
    if (dump->line.failed || dump->scratch.failed) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a line of a dump");
    }
    if (fwrite(dump->line.data, 1, dump->line.size, dump->out) != dump->line.size) {
        return dpone_error_set(error, DPONE_IO, "cannot write a dump: %s", strerror(errno));
    }
    dump->line.size = 0;
    return DPONE_OK;
}

static int32_t dump_batch(struct dump *dump, const struct ArrowArray *batch, struct dpone_error *error) {
    int32_t status = dpone_batch_view_set(dump->view, batch, error);
    if (status != DPONE_OK) {
        return status;
    }
    size_t count = (size_t)dump->view->column_count;
    for (int64_t row = 0; status == DPONE_OK && row < dump->view->rows; row++) {
        for (size_t i = 0; i < count; i++) {
            view_value(&dump->view->columns[i], row, &dump->values[i]);
        }
        dpone_canonical_add_row(&dump->line, dump->columns, count, dump->values);
        if (dump->digest != NULL) {
            dpone_canonical_digest_row(dump->digest, dump->columns, count, dump->values, &dump->scratch);
        }
        dump->rows++;
        status = dump_flush(dump, error);
    }
    return status;
}

static int32_t dump_open(struct dump *dump, const struct ArrowSchema *schema, struct dpone_error *error) {
    size_t count = (size_t)schema->n_children;
    if (dump->columns == NULL || dump->values == NULL) {
        (void)dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a dump");
        return DPONE_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t status = dpone_schema_column(schema, (int64_t)i, &dump->columns[i], error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    dpone_canonical_add_columns(&dump->line, dump->columns, count);
    int32_t status = dump_flush(dump, error);
    return status == DPONE_OK ? dpone_batch_view_new(&dump->view, schema, error) : status;
}

static int32_t stream_failed(struct ArrowArrayStream *stream, int code, const char *call,
                             struct dpone_error *error) {
    const char *message = stream->get_last_error(stream);
    return dpone_error_set(error, DPONE_IO, "%s answered %d: %s", call, code,
                           message != NULL ? message : "no message");
}

int32_t dpone_canonical_dump_stream(FILE *out, struct ArrowArrayStream *stream, int64_t *rows,
                                    struct dpone_digest *digest, struct dpone_error *error) {
    struct dump dump = {.out = out, .digest = digest};
    struct ArrowSchema schema = {0};
    int more = 1;
    int code = stream->get_schema(stream, &schema);
    if (code != 0) {
        return stream_failed(stream, code, "get_schema", error);
    }
    struct dpone_column *columns = calloc((size_t)schema.n_children + 1, sizeof(*columns));
    struct dpone_fixture_value *values = calloc((size_t)schema.n_children + 1, sizeof(*values));
    dump.columns = columns;
    dump.values = values;
    int32_t status = dump_open(&dump, &schema, error);
    while (status == DPONE_OK && more) {
        struct ArrowArray batch = {0};
        code = stream->get_next(stream, &batch);
        if (code != 0) {
            status = stream_failed(stream, code, "get_next", error);
        } else if (batch.release == NULL) {
            more = 0;
        } else {
            status = dump_batch(&dump, &batch, error);
            batch.release(&batch);
        }
    }
    if (rows != NULL) {
        *rows = dump.rows;
    }
    dpone_batch_view_free(dump.view);
    schema.release(&schema);
    free(columns);
    free(values);
    dpone_canonical_text_clear(&dump.line);
    dpone_canonical_text_clear(&dump.scratch);
    return status;
}
