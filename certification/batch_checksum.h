/* A checksum of every byte that belongs to a batch, to see that nobody changed it. */
#ifndef DPONE_CERTIFICATION_BATCH_CHECKSUM_H
#define DPONE_CERTIFICATION_BATCH_CHECKSUM_H

#include <dpone/arrow.h>

/* Of a batch that dpone_batch_validate() accepted for `schema`: structure, pointers and the content of all
 * buffers. */
uint64_t dpone_batch_checksum(const struct ArrowSchema *schema, const struct ArrowArray *batch);

/* Of one column; `format` is its format string. */
uint64_t dpone_column_checksum(const char *format, const struct ArrowArray *column);

#endif
