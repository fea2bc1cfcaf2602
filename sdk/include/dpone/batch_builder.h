/* Building batches, row by row or column by column.
 *
 *     struct dpone_batch_builder *builder = NULL;
 *     dpone_batch_builder_new(&builder, &schema, error);
 *     for (each row) {
 *         dpone_batch_append_int64(builder, 0, id);
 *         dpone_batch_append_utf8(builder, 1, name, size);
 *         status = dpone_batch_end_row(builder, error);
 *     }
 *     dpone_batch_builder_finish(builder, &array, error); // empty again, ready for the next batch
 *
 * An append that fails (wrong column or type, out of memory, a value that does not fit) is remembered and
 * reported by the row's dpone_batch_end_row(), which then drops the row: the batch stays valid and the author
 * checks one status a row.
 *
 * A builder belongs to one thread at a time. Finished arrays own their buffers and may be released on any
 * thread, also after the builder is freed; while it lives it reuses the buffers of a released batch for its
 * next one. */
#ifndef DPONE_BATCH_BUILDER_H
#define DPONE_BATCH_BUILDER_H

#include <dpone/schema.h>

DPONE_BEGIN_DECLS

struct dpone_batch_builder;

/* Copies what it needs of `schema`. DPONE_UNSUPPORTED_TYPE, DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_batch_builder_new(struct dpone_batch_builder **out, const struct ArrowSchema *schema,
                                          struct dpone_error *error);
DPONE_API void dpone_batch_builder_free(struct dpone_batch_builder *builder);

/* Makes room for `rows` more rows and `data_bytes` more bytes in each utf8 and binary column. */
DPONE_API int32_t dpone_batch_builder_reserve(struct dpone_batch_builder *builder, int64_t rows,
                                              int64_t data_bytes, struct dpone_error *error);

/* One value of the row under construction. `column` counts from 0; each column at most once a row, in any
 * order; a column left out is NULL (refused by end_row where the column is not nullable). utf8 is checked to
 * be UTF-8. */
DPONE_API void dpone_batch_append_null(struct dpone_batch_builder *builder, int64_t column);
DPONE_API void dpone_batch_append_bool(struct dpone_batch_builder *builder, int64_t column, int value);
DPONE_API void dpone_batch_append_int32(struct dpone_batch_builder *builder, int64_t column,
                                        int32_t value); /* INT32, DATE32 */
DPONE_API void
dpone_batch_append_int64(struct dpone_batch_builder *builder, int64_t column,
                         int64_t value); /* INT64, TIMESTAMP_US; INT32 and DATE32 when it fits */
DPONE_API void dpone_batch_append_float64(struct dpone_batch_builder *builder, int64_t column, double value);
DPONE_API void dpone_batch_append_utf8(struct dpone_batch_builder *builder, int64_t column, const char *data,
                                       size_t size);
DPONE_API void dpone_batch_append_binary(struct dpone_batch_builder *builder, int64_t column,
                                         const void *data, size_t size);
DPONE_API void dpone_batch_append_decimal128(struct dpone_batch_builder *builder, int64_t column,
                                             const uint8_t value[16]);

/* Any type from its canonical text (dpone/value_text.h); what does not parse fails the row. */
DPONE_API void dpone_batch_append_text(struct dpone_batch_builder *builder, int64_t column, const char *data,
                                       size_t size);

/* Ends the row: DPONE_OK, or the first failure of its appends, naming the column; the row is dropped then. */
DPONE_API int32_t dpone_batch_end_row(struct dpone_batch_builder *builder, struct dpone_error *error);

/* Whole columns at once, for empty builders or between rows: every column must get the same number of rows
 * before the next row or finish, which answer DPONE_INVALID_STATE otherwise. `values` is an array of the
 * column's C type (bool: one byte each); `validity` has one byte a row, 0 for NULL, or is NULL for all valid.
 * On failure the column is as it was: DPONE_INVALID_ARGUMENT naming the row, DPONE_RESOURCE_EXHAUSTED beyond
 * 2^31-1 bytes of data, DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_batch_append_column(struct dpone_batch_builder *builder, int64_t column,
                                            const void *values, const uint8_t *validity, int64_t rows,
                                            struct dpone_error *error);

/* The same for utf8 and binary: value i is data[offsets[i] .. offsets[i+1]). */
DPONE_API int32_t dpone_batch_append_column_bytes(struct dpone_batch_builder *builder, int64_t column,
                                                  const void *data, const int32_t *offsets,
                                                  const uint8_t *validity, int64_t rows,
                                                  struct dpone_error *error);

/* Rows ended, and bytes held, since the last finish. */
DPONE_API int64_t dpone_batch_builder_rows(const struct dpone_batch_builder *builder);
DPONE_API int64_t dpone_batch_builder_bytes(const struct dpone_batch_builder *builder);

/* Hands the rows out as an array that the caller releases, and empties the builder. A row not ended is
 * dropped. 0 rows give an array of length 0. */
DPONE_API int32_t dpone_batch_builder_finish(struct dpone_batch_builder *builder, struct ArrowArray *out,
                                             struct dpone_error *error);

DPONE_END_DECLS

#endif
