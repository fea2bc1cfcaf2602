/* UTF-8: checking text, counting and stepping through characters. */
#ifndef DPONE_MANIFEST_UTF8_H
#define DPONE_MANIFEST_UTF8_H

#include <dpone/base.h>

/* Offset of the first byte that is no UTF-8, or that is a control character other than tab, LF and CR; `size`
 * when the text is good. Surrogates and overlong forms are not UTF-8. *is_ascii tells whether all bytes up to
 * there are ASCII. */
size_t dpone_utf8_text_end(const char *text, size_t size, int *is_ascii);

/* 1 for the first byte of a character, 0 for one that continues it. */
static inline uint32_t dpone_utf8_starts_character(char byte) {
    return ((unsigned char)byte & 0xC0u) != 0x80u;
}

/* Characters (code points) of valid UTF-8. */
size_t dpone_utf8_count(struct dpone_string text);

/* The character at *offset of valid UTF-8; *offset moves behind it. */
uint32_t dpone_utf8_next(struct dpone_string text, size_t *offset);

/* Writes a code point (no surrogate, at most 0x10FFFF) and returns its length, 1 to 4. */
size_t dpone_utf8_put(char out[4], uint32_t character);

#endif
