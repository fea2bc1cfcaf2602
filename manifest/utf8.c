/* Stepping through UTF-8 that was checked before: see utf8.h. */
#include "manifest/utf8.h"

#include <dpone/validate.h>

static int is_forbidden_control(unsigned char byte) {
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
}

size_t dpone_utf8_text_end(const char *text, size_t size, int *is_ascii) {
    size_t end = dpone_utf8_valid_prefix(text, size);
    unsigned char seen = 0;
    for (size_t i = 0; i < end; i++) {
        seen |= (unsigned char)text[i];
        if (is_forbidden_control((unsigned char)text[i])) {
            end = i;
        }
    }
    *is_ascii = seen < 0x80;
    return end;
}

size_t dpone_utf8_count(struct dpone_string text) {
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += dpone_utf8_starts_character(text.data[i]);
    }
    return count;
}

uint32_t dpone_utf8_next(struct dpone_string text, size_t *offset) {
    unsigned char first = (unsigned char)text.data[(*offset)++];
    if (first < 0x80) {
        return first;
    }
    int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    uint32_t character = first & (0x3Fu >> more);
    for (; more > 0 && *offset < text.size; more--) {
        character = (character << 6) | ((unsigned char)text.data[(*offset)++] & 0x3Fu);
    }
    return character;
}

size_t dpone_utf8_put(char out[4], uint32_t character) {
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80u | (character & 0x3Fu));
        character >>= 6;
    }
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[length] | character);
    return length;
}
