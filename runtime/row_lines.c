/* Rows as JSON lines. */
#include "runtime/row_lines.h"

#include <stdlib.h>

#include <jansson.h>

#include <dpone/batch_view.h>
#include <dpone/validate.h>
#include <dpone/value_text.h>

#include "runtime/scratch.h"

struct dpone_row_lines {
    struct ArrowSchema schema;
    struct dpone_batch_view *view;
    struct dpone_scratch text; /* of one value */
};

int32_t dpone_row_lines_new(struct dpone_row_lines **out, struct ArrowArrayStream *stream,
                            struct dpone_error *error) {
    *out = NULL;
    struct dpone_row_lines *lines = calloc(1, sizeof *lines);
    if (lines == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for rows");
    }
    if (stream->get_schema(stream, &lines->schema) != 0) {
        const char *reason = stream->get_last_error(stream);
        free(lines);
        return dpone_error_set(error, DPONE_UNAVAILABLE, "cannot learn the schema: %s",
                               reason == NULL ? "no reason given" : reason);
    }
    int32_t status = dpone_schema_validate(&lines->schema, error);
    if (status == DPONE_OK) {
        status = dpone_batch_view_new(&lines->view, &lines->schema, error);
    }
    if (status != DPONE_OK) {
        dpone_row_lines_free(lines);
        return status;
    }
    *out = lines;
    return DPONE_OK;
}

void dpone_row_lines_free(struct dpone_row_lines *lines) {
    if (lines != NULL) {
        dpone_batch_view_free(lines->view);
        dpone_scratch_clear(&lines->text);
        if (lines->schema.release != NULL) {
            lines->schema.release(&lines->schema);
        }
        free(lines);
    }
}

static json_t *value_json(struct dpone_row_lines *lines, const struct dpone_column_view *column,
                          int64_t row) {
    if (dpone_view_is_null(column, row)) {
        return json_null();
    }
    lines->text.size = 0;
    int32_t status = dpone_value_text_of_view(column, row, dpone_scratch_add_text, &lines->text);
    const char *data = lines->text.size == 0 ? "" : (const char *)lines->text.data;
    return status == DPONE_OK ? json_stringn(data, lines->text.size) : NULL;
}

static json_t *row_json(struct dpone_row_lines *lines, int64_t row) {
    json_t *object = json_object();
    for (int64_t i = 0; i < lines->view->column_count; i++) {
        const struct dpone_column_view *column = &lines->view->columns[i];
        if (json_object_set_new(object, column->column.name, value_json(lines, column, row)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

int32_t dpone_row_lines_print(struct dpone_row_lines *lines, const struct ArrowArray *batch,
                              int64_t limit_rows, FILE *out, struct dpone_error *error) {
    int32_t status = dpone_batch_validate(&lines->schema, batch, error);
    if (status == DPONE_OK) {
        status = dpone_batch_view_set(lines->view, batch, error);
    }
    for (int64_t row = 0; status == DPONE_OK && row < batch->length && row < limit_rows; row++) {
        json_t *json = row_json(lines, row);
        if (json == NULL) {
            return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a row");
        }
        (void)json_dumpf(json, out, JSON_COMPACT);
        (void)fputc('\n', out);
        json_decref(json);
    }
    return status;
}
