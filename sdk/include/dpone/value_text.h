/* The canonical text of a value: one spelling per value and type, exact in both directions. What checkpoints,
 * windows, JSON protocols, observers and the certification's comparisons write.
 *
 *   bool          true | false
 *   int32, int64  decimal digits with "-" when negative
 *   float64       the fewest digits that read back to the same bits (the closest of these), laid out as %.17g
 *                 does: 0.1, 100000, 1e+17, 5e-324; -0 is "-0"; NaN, Infinity, -Infinity
 *   utf8          itself
 *   binary        lower-case hexadecimal, two digits a byte
 *   date32        YYYY-MM-DD, proleptic Gregorian; years outside 0000..9999 with a sign and four digits or
 *                 more (-0044-03-15, +12345-01-01)
 *   timestamp_us  YYYY-MM-DDTHH:MM:SS.ffffffZ, years likewise
 *   decimal128    [-]digits[.digits] with exactly `scale` digits after the point
 *
 * NULL has no text: callers keep it apart. Nothing here depends on the locale. */
#ifndef DPONE_VALUE_TEXT_H
#define DPONE_VALUE_TEXT_H

#include <dpone/batch_view.h>
#include <dpone/error.h>
#include <dpone/schema.h>

DPONE_BEGIN_DECLS

/* Room that the text of every type but utf8 and binary fits in, terminator included. */
#define DPONE_VALUE_TEXT_BYTES 64

/* Writes the text of a fixed-size value (`value` points to its C type; bool: int32_t) and a NUL; returns its
 * length. utf8 and binary: 0. */
DPONE_API size_t dpone_value_text_write(char out[DPONE_VALUE_TEXT_BYTES], const struct dpone_column *column,
                                        const void *value);

/* Reads the text of a fixed-size value into `value`. Accepts only what the writer writes, and for float64 any
 * decimal or exponent form. DPONE_INVALID_ARGUMENT with the text (cut to 40 bytes) and the type in the
 * message. */
DPONE_API int32_t dpone_value_text_read(void *value, const struct dpone_column *column,
                                        struct dpone_string text, struct dpone_error *error);

/* Calls `write` once with the text of element `row` of a view: any type; not for NULL. Returns what `write`
 * returned, or DPONE_OUT_OF_MEMORY without calling it (long binary values only). */
DPONE_API int32_t dpone_value_text_of_view(const struct dpone_column_view *view, int64_t row,
                                           int32_t (*write)(void *context, const char *data, size_t size),
                                           void *context);

DPONE_END_DECLS

#endif
