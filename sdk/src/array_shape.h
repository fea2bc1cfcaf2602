/* The shape of a batch: what must hold before any buffer of it is looked at. Internal. */
#ifndef DPONE_SRC_ARRAY_SHAPE_H
#define DPONE_SRC_ARRAY_SHAPE_H

#include <dpone/schema.h>

/* The struct array itself: not released, lengths, offset 0, children present. DPONE_OK or DPONE_DATA_CORRUPT.
 */
int32_t dpone_array_check_batch(const struct ArrowArray *batch, int64_t columns, struct dpone_error *error);

/* One child: not released, length, offset, buffers present and aligned, no children, no dictionary. */
int32_t dpone_array_check_column(const struct ArrowArray *array, const struct dpone_column *column,
                                 int64_t rows, struct dpone_error *error);

#endif
