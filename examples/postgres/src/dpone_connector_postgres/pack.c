/* Opaque bytes of this connector. */
#include "pack.h"

static const struct dpone_column pack_integer = {.name = "integer", .type = DPONE_TYPE_INT64};

void postgres_pack_add(struct postgres_sql *pack, struct dpone_string text) {
    char digits[DPONE_VALUE_TEXT_BYTES];
    int64_t size = (int64_t)text.size;
    postgres_sql_add_bytes(pack, digits, dpone_value_text_write(digits, &pack_integer, &size));
    postgres_sql_add(pack, ":");
    postgres_sql_add_bytes(pack, text.data, text.size);
    postgres_sql_add(pack, ",");
}

void postgres_pack_add_integer(struct postgres_sql *pack, int64_t integer) {
    char digits[DPONE_VALUE_TEXT_BYTES];
    size_t size = dpone_value_text_write(digits, &pack_integer, &integer);
    postgres_pack_add(pack, (struct dpone_string){digits, size});
}

int32_t postgres_pack_finish(struct postgres_sql *pack, struct dpone_buffer *out, struct dpone_error *error) {
    int32_t status = pack->failed ? DPONE_OUT_OF_MEMORY : dpone_buffer_copy(out, pack->data, pack->size);
    postgres_sql_clear(pack);
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "out of memory for opaque bytes");
}

int postgres_pack_next(struct dpone_bytes *rest, struct dpone_string *out) {
    size_t at = 0;
    size_t size = 0;
    while (at < rest->size && rest->data[at] >= '0' && rest->data[at] <= '9' && size <= rest->size) {
        size = 10 * size + (size_t)(rest->data[at++] - '0');
    }
    if (at == 0 || at >= rest->size || rest->data[at] != ':' || rest->size - at - 1 <= size ||
        rest->data[at + 1 + size] != ',') {
        return 0;
    }
    *out = (struct dpone_string){(const char *)rest->data + at + 1, size};
    rest->data += at + size + 2;
    rest->size -= at + size + 2;
    return 1;
}

int postgres_pack_next_integer(struct dpone_bytes *rest, int64_t *out) {
    struct dpone_string digits;
    return postgres_pack_next(rest, &digits) &&
           dpone_value_text_read(out, &pack_integer, digits, NULL) == DPONE_OK;
}

int postgres_pack_next_is(struct dpone_bytes *rest, const char *expected) {
    struct dpone_string text;
    return postgres_pack_next(rest, &text) && dpone_string_equal(text, dpone_string_of(expected));
}
