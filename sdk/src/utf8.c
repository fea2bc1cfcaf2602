/* Is it UTF-8? Whole words while the text is ASCII, otherwise a state machine without branches: a state is
 * the position of its 6 bits in a row of transitions, so that a step is one shift. Only a text that is wrong
 * is read again, character by character, for the place. */
#include <dpone/validate.h>

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* What may come next. A wrong byte leads to WRONG, which is 0, and no row leads out of it. */
enum utf8_state {
    WRONG = 0,
    START = 6,     /* a character */
    ONE_MORE = 12, /* so many continuation bytes */
    TWO_MORE = 18,
    THREE_MORE = 24,
    AFTER_E0 = 30, /* A0..BF, or it were too long */
    AFTER_ED = 36, /* 80..9F, or it were a surrogate */
    AFTER_F0 = 42, /* 90..BF, or it were too long */
    AFTER_F4 = 48  /* 80..8F, or it were beyond U+10FFFF */
};

#define STEP(from, to) ((uint64_t)(to) << (from))

/* Continuation bytes go on wherever any of them may stand. */
#define ANYWHERE (STEP(ONE_MORE, START) | STEP(TWO_MORE, ONE_MORE) | STEP(THREE_MORE, TWO_MORE))
#define FROM_80 (ANYWHERE | STEP(AFTER_ED, ONE_MORE) | STEP(AFTER_F4, TWO_MORE))
#define FROM_90 (ANYWHERE | STEP(AFTER_ED, ONE_MORE) | STEP(AFTER_F0, TWO_MORE))
#define FROM_A0 (ANYWHERE | STEP(AFTER_E0, ONE_MORE) | STEP(AFTER_F0, TWO_MORE))

#define ASCII STEP(START, START)
#define LEAD_2 STEP(START, ONE_MORE)
#define LEAD_3 STEP(START, TWO_MORE)
#define LEAD_4 STEP(START, THREE_MORE)

#define ROWS_3(row) row, row, row
#define ROWS_4(row) row, row, row, row
#define ROWS_16(row) ROWS_4(row), ROWS_4(row), ROWS_4(row), ROWS_4(row)
#define ROWS_64(row) ROWS_16(row), ROWS_16(row), ROWS_16(row), ROWS_16(row)

/* One line a stretch of bytes. */
/* clang-format off */
static const uint64_t transitions[256] = {
    /* 00..7F */ ROWS_64(ASCII), ROWS_64(ASCII),
    /* 80..BF */ ROWS_16(FROM_80), ROWS_16(FROM_90), ROWS_16(FROM_A0), ROWS_16(FROM_A0),
    /* C0..CF */ WRONG, WRONG, LEAD_2, LEAD_2, ROWS_4(LEAD_2), ROWS_4(LEAD_2), ROWS_4(LEAD_2),
    /* D0..DF */ ROWS_16(LEAD_2),
    /* E0..EC */ STEP(START, AFTER_E0), ROWS_4(LEAD_3), ROWS_4(LEAD_3), ROWS_4(LEAD_3),
    /* ED..EF */ STEP(START, AFTER_ED), LEAD_3, LEAD_3,
    /* F0..F4 */ STEP(START, AFTER_F0), ROWS_3(LEAD_4), STEP(START, AFTER_F4),
    /* F5..FF */ ROWS_3(WRONG), ROWS_4(WRONG), ROWS_4(WRONG),
};
/* clang-format on */

static inline uint64_t utf8_step(uint64_t state, uint8_t byte) {
    return transitions[byte] >> (state & 63);
}

/* 1 when all of it is UTF-8. */
static int utf8_is_valid(const uint8_t *data, size_t size) {
    uint64_t state = START;
    size_t at = 0;
    for (; size - at >= 16; at += 16) {
        uint64_t words[2];
        memcpy(words, data + at, sizeof(words));
        if ((state & 63) == START && ((words[0] | words[1]) & HIGH_BITS) == 0)
            continue;
        for (size_t i = 0; i < 16; i++)
            state = utf8_step(state, data[at + i]);
    }
    for (; at < size; at++)
        state = utf8_step(state, data[at]);
    return (state & 63) == START;
}

/* Bytes of the character at `data`, 0 when there is no complete one. */
static size_t utf8_character(const uint8_t *data, size_t size) {
    uint64_t state = START;
    for (size_t i = 0; i < size && i < 4; i++) {
        state = utf8_step(state, data[i]);
        if ((state & 63) == START)
            return i + 1;
    }
    return 0;
}

size_t dpone_utf8_valid_prefix(const void *data, size_t size) {
    const uint8_t *bytes = data;
    size_t at = 0;
    if (utf8_is_valid(bytes, size))
        return size;
    for (size_t length = 1; length > 0; at += length)
        length = utf8_character(bytes + at, size - at);
    return at;
}
