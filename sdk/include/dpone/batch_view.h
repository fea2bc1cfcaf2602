/* Reading batches: a view that is bound once per schema, set once per batch, and then as cheap as flat
 * arrays. Copies nothing; valid as long as the array it was set to. */
#ifndef DPONE_BATCH_VIEW_H
#define DPONE_BATCH_VIEW_H

#include <dpone/schema.h>

DPONE_BEGIN_DECLS

/* One column of a batch, plain to read. Row i of the batch is element i of `values` (the array's offset is
 * applied). */
struct dpone_column_view {
    struct dpone_column column; /* name borrowed from the schema given to new */
    const uint8_t *validity;    /* bitmap, bit (validity_offset + i); NULL: no NULLs */
    int64_t validity_offset;
    const void *values; /* int32_t, int64_t, double, 16-byte decimals; bool: bitmap at bit values_offset + i;
                           utf8 and binary: the data */
    int64_t values_offset;  /* bool: first bit, else 0 */
    const int32_t *offsets; /* utf8 and binary: rows + 1 of them */
    int64_t null_count;     /* -1: not computed */
};

struct dpone_batch_view {
    int64_t rows;
    int64_t column_count;
    struct dpone_column_view *columns;
};

/* DPONE_UNSUPPORTED_TYPE, DPONE_OUT_OF_MEMORY. The schema must outlive the view. */
DPONE_API int32_t dpone_batch_view_new(struct dpone_batch_view **out, const struct ArrowSchema *schema,
                                       struct dpone_error *error);
DPONE_API void dpone_batch_view_free(struct dpone_batch_view *view);

/* Points the view at a batch of that schema. Checks shape only (children, buffers); dpone_batch_validate()
 * checks the rest. DPONE_DATA_CORRUPT when the shape is not the schema's. */
DPONE_API int32_t dpone_batch_view_set(struct dpone_batch_view *view, const struct ArrowArray *batch,
                                       struct dpone_error *error);

static inline int dpone_view_is_null(const struct dpone_column_view *view, int64_t row) {
    if (view->validity == NULL)
        return 0;
    int64_t bit = view->validity_offset + row;
    return ((view->validity[bit >> 3] >> (bit & 7)) & 1) == 0;
}
static inline int dpone_view_bool(const struct dpone_column_view *view, int64_t row) {
    int64_t bit = view->values_offset + row;
    return (((const uint8_t *)view->values)[bit >> 3] >> (bit & 7)) & 1;
}
static inline int32_t dpone_view_int32(const struct dpone_column_view *view, int64_t row) {
    return ((const int32_t *)view->values)[row];
}
static inline int64_t dpone_view_int64(const struct dpone_column_view *view, int64_t row) {
    return ((const int64_t *)view->values)[row];
}
static inline double dpone_view_float64(const struct dpone_column_view *view, int64_t row) {
    return ((const double *)view->values)[row];
}
static inline const uint8_t *dpone_view_decimal128(const struct dpone_column_view *view, int64_t row) {
    return (const uint8_t *)view->values + 16 * row;
}
static inline struct dpone_bytes dpone_view_bytes(const struct dpone_column_view *view, int64_t row) {
    struct dpone_bytes bytes = {(const uint8_t *)view->values + view->offsets[row],
                                (size_t)(view->offsets[row + 1] - view->offsets[row])};
    return bytes;
}
static inline struct dpone_string dpone_view_utf8(const struct dpone_column_view *view, int64_t row) {
    struct dpone_string text = {(const char *)view->values + view->offsets[row],
                                (size_t)(view->offsets[row + 1] - view->offsets[row])};
    return text;
}

DPONE_END_DECLS

#endif
