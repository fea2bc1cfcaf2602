/* Is it UTF-8? Whole words at a time while the text is ASCII, then character by character. */
#include <dpone/validate.h>

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Bytes of the leading run of ASCII, as far as whole words tell; the rest is for the caller. */
static size_t utf8_ascii_words(const uint8_t *data, size_t size) {
    size_t at = 0;
    for (; size - at >= 32; at += 32) {
        uint64_t word[4];
        memcpy(word, data + at, sizeof(word));
        if (((word[0] | word[1] | word[2] | word[3]) & HIGH_BITS) != 0)
            break;
    }
    for (; size - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, data + at, sizeof(word));
        if ((word & HIGH_BITS) != 0)
            break;
    }
    return at;
}

static int utf8_is_continuation(uint8_t byte) {
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the character at `data`, 0 when there is no complete one in its shortest form. */
static size_t utf8_character(const uint8_t *data, size_t size) {
    uint8_t lead = data[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4 || size < 2)
        return 0;
    if (lead < 0xE0)
        return utf8_is_continuation(data[1]) ? 2 : 0;
    /* The second byte of these leads is bounded by overlong forms, surrogates and U+10FFFF. */
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (data[1] < low || data[1] > high || size < 3 || !utf8_is_continuation(data[2]))
        return 0;
    if (lead < 0xF0)
        return 3;
    return size >= 4 && utf8_is_continuation(data[3]) ? 4 : 0;
}

size_t dpone_utf8_valid_prefix(const void *data, size_t size) {
    const uint8_t *bytes = data;
    size_t at = 0;
    while (at < size) {
        if (bytes[at] < 0x80)
            at += utf8_ascii_words(bytes + at, size - at);
        for (size_t run = 0; run < 16 && at < size; run++) {
            size_t length = utf8_character(bytes + at, size - at);
            if (length == 0)
                return at;
            at += length;
        }
    }
    return size;
}
