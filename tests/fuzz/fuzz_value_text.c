/* Texts of values: what the reader accepts, the writer writes, and that reads back to the same bits. Texts
 * that are canonical already must come back letter by letter. */
#include <stdlib.h>
#include <string.h>

#include <dpone/value_text.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int32_t types[] = {DPONE_TYPE_BOOL,      DPONE_TYPE_INT32,  DPONE_TYPE_INT64,
                                DPONE_TYPE_FLOAT64,   DPONE_TYPE_DATE32, DPONE_TYPE_TIMESTAMP_US,
                                DPONE_TYPE_DECIMAL128};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3)
        return 0;
    struct dpone_column column = {.name = "c", .type = types[data[0] % 7], .precision = 1 + data[1] % 38};
    column.scale = data[2] % (column.precision + 1);
    struct dpone_string text = {(const char *)data + 3, size - 3};
    uint8_t value[16] = {0};
    uint8_t again[16] = {0};
    char canonical[DPONE_VALUE_TEXT_BYTES];
    if (dpone_value_text_read(value, &column, text, NULL) != DPONE_OK)
        return 0;
    struct dpone_string written = {canonical, dpone_value_text_write(canonical, &column, value)};
    if (column.type != DPONE_TYPE_FLOAT64 && !dpone_string_equal(text, written))
        abort();
    if (dpone_value_text_read(again, &column, written, NULL) != DPONE_OK ||
        memcmp(value, again, sizeof(value)) != 0)
        abort();
    return 0;
}
