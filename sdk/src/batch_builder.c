/* A batch builder's life: new, free, reserve, and handing the rows out (dpone/batch_builder.h). */
#include <inttypes.h>
#include <string.h>

#include "batch_internal.h"
#include "memory.h"

int32_t dpone_batch_builder_new(struct dpone_batch_builder **out, const struct ArrowSchema *schema,
                                struct dpone_error *error) {
    *out = NULL;
    size_t count = (size_t)schema->n_children;
    struct dpone_batch_builder *builder =
        dpone_memory_allocate_zeroed(1, sizeof(*builder) + count * sizeof(struct builder_column));
    int32_t status = DPONE_OUT_OF_MEMORY;
    if (builder == NULL)
        return dpone_error_set(error, status, "out of memory for a builder of %zu columns", count);
    builder->columns = (struct builder_column *)(void *)(builder + 1);
    builder->count = count;
    builder->failure = (struct dpone_error)DPONE_ERROR_INIT;
    builder->pool = dpone_storage_pool_new(count);
    if (builder->pool == NULL)
        dpone_error_set(error, status, "out of memory for a builder of %zu columns", count);
    else
        status = dpone_schema_copy(&builder->schema, schema, error);
    for (size_t i = 0; i < count && status == DPONE_OK; i++) {
        struct builder_column *column = &builder->columns[i];
        status = dpone_schema_column(&builder->schema, (int64_t)i, &column->column, error);
        column->type = column->column.type;
    }
    if (status == DPONE_OK)
        *out = builder;
    else
        dpone_batch_builder_free(builder);
    return status;
}

void dpone_batch_builder_free(struct dpone_batch_builder *builder) {
    if (builder == NULL)
        return;
    for (size_t i = 0; i < builder->count; i++)
        if (builder->columns[i].storage != NULL)
            dpone_storage_give_back(builder->columns[i].storage);
    if (builder->pool != NULL)
        dpone_storage_pool_drop(builder->pool);
    if (builder->schema.release != NULL)
        builder->schema.release(&builder->schema);
    dpone_memory_free(builder);
}

int32_t dpone_batch_builder_reserve(struct dpone_batch_builder *builder, int64_t rows, int64_t data_bytes,
                                    struct dpone_error *error) {
    if (rows < 0 || data_bytes < 0 || rows > INT32_MAX || data_bytes > INT32_MAX)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "a batch cannot reserve %" PRId64 " rows and %" PRId64
                               " bytes: both are 0 to 2147483647",
                               rows, data_bytes);
    for (size_t i = 0; i < builder->count; i++) {
        struct builder_column *column = &builder->columns[i];
        size_t bytes = dpone_type_has_offsets(column->type) ? (size_t)data_bytes : 0;
        if (!dpone_builder_reserve(builder, column, column->length + rows, column->bytes_size + bytes))
            return dpone_error_set(error, DPONE_OUT_OF_MEMORY,
                                   "column \"%s\": out of memory for %" PRId64 " rows", column->column.name,
                                   rows);
    }
    return DPONE_OK;
}

int64_t dpone_batch_builder_rows(const struct dpone_batch_builder *builder) {
    return builder->rows;
}

int64_t dpone_batch_builder_bytes(const struct dpone_batch_builder *builder) {
    int64_t total = 0;
    for (size_t i = 0; i < builder->count; i++) {
        const struct builder_column *column = &builder->columns[i];
        int64_t bits = column->has_validity ? column->length : 0;
        int64_t width = (int64_t)dpone_type_width(column->type);
        if (dpone_type_has_offsets(column->type))
            width = (int64_t)sizeof(int32_t);
        else if (width == 0)
            bits += column->length;
        total += column->length * width + (bits + 7) / 8 + (int64_t)column->bytes_size;
    }
    return total;
}

/* What a finished batch owns beside its columns: their arrays, in one block. */
struct finished_batch {
    const void *no_validity[1];
    struct ArrowArray columns[];
};

static void finished_release_column(struct ArrowArray *array) {
    struct column_storage *storage = array->private_data;
    struct storage_pool *pool = storage->pool;
    dpone_storage_give_back(storage);
    dpone_storage_pool_drop(pool);
    array->release = NULL;
}

static void finished_release(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release != NULL)
            array->children[i]->release(array->children[i]);
    dpone_memory_free(array->private_data);
    array->release = NULL;
}

/* Every column has a storage and no buffer that a reader might miss, even without rows. */
static int32_t finish_prepare(struct dpone_batch_builder *builder, struct dpone_error *error) {
    for (size_t i = 0; i < builder->count; i++) {
        struct builder_column *column = &builder->columns[i];
        if (column->length != builder->rows)
            return dpone_error_set(error, DPONE_INVALID_STATE,
                                   "column \"%s\" has %" PRId64 " rows, another %" PRId64
                                   ": give every column the same number before finish",
                                   column->column.name, column->length, builder->rows);
        size_t bytes = column->bytes_size;
        if (bytes == 0 && dpone_type_has_offsets(column->type))
            bytes = 1;
        if (!dpone_builder_reserve(builder, column, column->length > 0 ? column->length : 1, bytes))
            return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "column \"%s\": out of memory",
                                   column->column.name);
    }
    return DPONE_OK;
}

/* Hands one column's storage over to an array, and leaves the column empty. */
static void finish_column(struct builder_column *column, struct ArrowArray *out) {
    struct column_storage *storage = column->storage;
    int has_nulls = column->null_count > 0;
    if (has_nulls && column->length % 8 != 0) /* nothing of the padding's ones shows in the last byte */
        column->validity[column->length / 8] &= (uint8_t)((1 << (column->length % 8)) - 1);
    storage->buffers[0] = has_nulls ? column->validity : NULL;
    storage->buffers[1] = column->fixed;
    storage->buffers[2] = column->bytes;
    atomic_fetch_add(&storage->pool->references, 1);
    *out = (struct ArrowArray){.length = column->length,
                               .null_count = column->null_count,
                               .n_buffers = dpone_type_has_offsets(column->type) ? 3 : 2,
                               .buffers = storage->buffers,
                               .release = finished_release_column,
                               .private_data = storage};
    *column = (struct builder_column){.type = column->type,
                                      .column = column->column,
                                      .last_rows = column->length,
                                      .last_bytes = column->bytes_size};
}

/* Drops a row that was not ended. */
static void finish_drop_row(struct dpone_batch_builder *builder) {
    for (size_t i = 0; builder->row_open && !builder->uneven && i < builder->count; i++)
        dpone_builder_truncate(&builder->columns[i], builder->rows);
    builder->row_open = 0;
    dpone_error_clear(&builder->failure);
}

int32_t dpone_batch_builder_finish(struct dpone_batch_builder *builder, struct ArrowArray *out,
                                   struct dpone_error *error) {
    memset(out, 0, sizeof(*out));
    finish_drop_row(builder);
    int32_t status = finish_prepare(builder, error);
    if (status != DPONE_OK)
        return status;
    size_t columns_bytes = builder->count * (sizeof(struct ArrowArray) + sizeof(struct ArrowArray *));
    struct finished_batch *batch = dpone_memory_allocate_zeroed(1, sizeof(*batch) + columns_bytes);
    if (batch == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a batch of %zu columns",
                               builder->count);
    struct ArrowArray **children = (struct ArrowArray **)(void *)(batch->columns + builder->count);
    for (size_t i = 0; i < builder->count; i++) {
        children[i] = &batch->columns[i];
        finish_column(&builder->columns[i], children[i]);
    }
    *out = (struct ArrowArray){.length = builder->rows,
                               .n_buffers = 1,
                               .n_children = (int64_t)builder->count,
                               .buffers = batch->no_validity,
                               .children = children,
                               .release = finished_release,
                               .private_data = batch};
    builder->rows = 0;
    return DPONE_OK;
}
