/* Full validation of Arrow data that came from elsewhere. Never reads what it has not proven to be there:
 * offsets are proven before what they point at. (Buffer sizes do not travel in the C data interface;
 * everything that can be known without them is checked.) */
#ifndef DPONE_VALIDATE_H
#define DPONE_VALIDATE_H

#include <dpone/arrow.h>
#include <dpone/error.h>

DPONE_BEGIN_DECLS

/* Is this a "+s" schema of the ABI's types: formats, names (UTF-8, present, unique), flags, no dictionary, a
 * release? DPONE_OK, DPONE_DATA_CORRUPT or DPONE_UNSUPPORTED_TYPE, naming the column. */
DPONE_API int32_t dpone_schema_validate(const struct ArrowSchema *schema, struct dpone_error *error);

/* Is `batch` a complete, correct batch of `schema`: lengths, offsets, children, buffers present and aligned
 * to 8 bytes, offsets from 0 and never decreasing, UTF-8, null_count equal to the bitmap, no NULL where not
 * nullable, decimals within their precision, no dictionary? DPONE_OK or DPONE_DATA_CORRUPT; the message names
 * column, row or byte, expected and found. */
DPONE_API int32_t dpone_batch_validate(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                                       struct dpone_error *error);

/* The offset of the first byte that is not UTF-8 (shortest form, no surrogates, up to U+10FFFF), or `size`
 * when all is. */
DPONE_API size_t dpone_utf8_valid_prefix(const void *data, size_t size);

DPONE_END_DECLS

#endif
