/* Reading batches (dpone/batch_view.h). The view and its columns are one block. */
#include <dpone/batch_view.h>

#include "array_shape.h"
#include "memory.h"
#include "schema.h"

int32_t dpone_batch_view_new(struct dpone_batch_view **out, const struct ArrowSchema *schema,
                             struct dpone_error *error) {
    *out = NULL;
    size_t count = (size_t)schema->n_children;
    size_t columns_bytes = count * sizeof(struct dpone_column_view);
    struct dpone_batch_view *view = dpone_memory_allocate_zeroed(1, sizeof(*view) + columns_bytes);
    if (view == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a view of %zu columns", count);
    view->column_count = schema->n_children;
    view->columns = (struct dpone_column_view *)(void *)(view + 1);
    for (size_t i = 0; i < count; i++) {
        int32_t status = dpone_schema_column(schema, (int64_t)i, &view->columns[i].column, error);
        if (status != DPONE_OK) {
            dpone_memory_free(view);
            return status;
        }
    }
    *out = view;
    return DPONE_OK;
}

void dpone_batch_view_free(struct dpone_batch_view *view) {
    dpone_memory_free(view);
}

/* Points one column at its array, whose shape has been checked. */
static void view_set_column(struct dpone_column_view *view, const struct ArrowArray *array) {
    size_t width = dpone_type_width(view->column.type);
    view->validity = array->null_count == 0 ? NULL : array->buffers[0];
    view->validity_offset = array->offset;
    view->null_count = array->buffers[0] == NULL ? 0 : array->null_count;
    view->values_offset = view->column.type == DPONE_TYPE_BOOL ? array->offset : 0;
    view->offsets = NULL;
    view->values = array->buffers[1];
    if (dpone_type_has_offsets(view->column.type)) {
        static const int32_t no_rows[1] = {0};
        static const uint8_t no_bytes[1] = {0};
        view->offsets =
            array->buffers[1] == NULL ? no_rows : (const int32_t *)array->buffers[1] + array->offset;
        view->values = array->buffers[2] == NULL ? no_bytes : array->buffers[2];
    } else if (width > 0 && view->values != NULL) {
        view->values = (const uint8_t *)view->values + (size_t)array->offset * width;
    }
}

int32_t dpone_batch_view_set(struct dpone_batch_view *view, const struct ArrowArray *batch,
                             struct dpone_error *error) {
    view->rows = 0;
    int32_t status = dpone_array_check_batch(batch, view->column_count, error);
    for (int64_t i = 0; i < view->column_count && status == DPONE_OK; i++)
        status = dpone_array_check_column(batch->children[i], &view->columns[i].column, batch->length, error);
    if (status != DPONE_OK)
        return status;
    for (int64_t i = 0; i < view->column_count; i++)
        view_set_column(&view->columns[i], batch->children[i]);
    view->rows = batch->length;
    return DPONE_OK;
}
