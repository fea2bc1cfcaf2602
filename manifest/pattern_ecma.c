/* From the syntax of ECMA-262 patterns to that of PCRE2: everything that means something else there is
 * spelled out. */
#include "manifest/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/utf8.h"

/* White space and line ends of ECMA-262 as the inside of a class, and everything else. */
#define ECMA_SPACE                                                                                           \
    "\\x09-\\x0d\\x20\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{"     \
    "feff}"
#define ECMA_NO_SPACE                                                                                        \
    "\\x{0}-\\x08\\x0e-\\x1f\\x21-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{"  \
    "202e}"                                                                                                  \
    "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

struct translation {
    struct dpone_string from;
    size_t at;
    char *out;
    size_t size;
    size_t capacity;
    int quantifiable; /* the last item may be repeated */
    struct dpone_error *error;
    int32_t status;
};

static int refuse(struct translation *t, const char *what) {
    struct dpone_string before = {t->from.data, t->at < t->from.size ? t->at : t->from.size};
    t->status = dpone_error_set(t->error, DPONE_INVALID_ARGUMENT, "%s at character %zu", what,
                                dpone_utf8_count(before) + 1);
    return 0;
}

static int put(struct translation *t, const char *text, size_t size) {
    if (t->out == NULL || t->size + size > t->capacity) {
        size_t capacity = t->capacity * 2 + size + 64;
        char *larger = realloc(t->out, capacity);
        if (larger == NULL) {
            t->status = dpone_error_set(t->error, DPONE_OUT_OF_MEMORY, "not enough memory for a pattern");
            return 0;
        }
        t->out = larger;
        t->capacity = capacity;
    }
    if (size > 0) {
        memcpy(t->out + t->size, text, size);
    }
    t->size += size;
    return 1;
}

static int put_text(struct translation *t, const char *text) {
    return put(t, text, strlen(text));
}

static int put_character(struct translation *t, uint32_t character) {
    char text[16];
    snprintf(text, sizeof text, "\\x{%x}", (unsigned)character);
    return put_text(t, text);
}

/* The character `ahead` of the cursor, NUL past the end. */
static char peek(const struct translation *t, size_t ahead) {
    return t->at + ahead < t->from.size ? t->from.data[t->at + ahead] : '\0';
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static int hex_value(char c) {
    return is_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* `count` hexadecimal digits `ahead`; -1 when they are not. */
static int32_t peek_hex(const struct translation *t, size_t ahead, int count) {
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        int digit = hex_value(peek(t, ahead + (size_t)i));
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* \u{H...} with the cursor on the backslash. */
static int translate_braced(struct translation *t) {
    uint32_t value = 0;
    size_t ahead = 3;
    for (; hex_value(peek(t, ahead)) >= 0 && value <= 0x10FFFF; ahead++) {
        value = value * 16 + (uint32_t)hex_value(peek(t, ahead));
    }
    if (ahead == 3 || peek(t, ahead) != '}' || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
        return refuse(t, "\\u{...} is no character");
    }
    t->at += ahead + 1;
    return put_character(t, value);
}

/* \uHHHH, or two of them that make one character. */
static int translate_unicode(struct translation *t) {
    if (peek(t, 2) == '{') {
        return translate_braced(t);
    }
    int32_t first = peek_hex(t, 2, 4);
    int32_t second = peek(t, 6) == '\\' && peek(t, 7) == 'u' ? peek_hex(t, 8, 4) : -1;
    if (first >= 0xD800 && first < 0xDC00 && second >= 0xDC00 && second < 0xE000) {
        t->at += 12;
        return put_character(t,
                             0x10000u + (((uint32_t)first - 0xD800u) << 10) + ((uint32_t)second - 0xDC00u));
    }
    if (first < 0 || (first >= 0xD800 && first < 0xE000)) {
        return refuse(t, "\\u needs four hexadecimal digits of a character");
    }
    t->at += 6;
    return put_character(t, (uint32_t)first);
}

/* The long names of the general categories, which PCRE2 knows only by their short ones. */
static const struct {
    const char *name;
    const char *brief;
} categories[] = {
    {"Letter", "L"},
    {"Cased_Letter", "L&"},
    {"LC", "L&"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Surrogate", "Cs"},
    {"Private_Use", "Co"},
    {"Unassigned", "Cn"},
};

/* \p{...} and \P{...} with the cursor on the backslash. */
static int translate_property(struct translation *t) {
    size_t open = t->at + 3;
    size_t close = open;
    while (close < t->from.size && (is_letter(t->from.data[close]) || is_digit(t->from.data[close]) ||
                                    t->from.data[close] == '_' || t->from.data[close] == '=')) {
        close++;
    }
    if (peek(t, 2) != '{' || close == open || close >= t->from.size || t->from.data[close] != '}') {
        return refuse(t, "\\p needs the name of a property in braces");
    }
    struct dpone_string name = {t->from.data + open, close - open};
    const char *equals = memchr(name.data, '=', name.size);
    if (equals != NULL) {
        name = (struct dpone_string){equals + 1, name.size - (size_t)(equals + 1 - name.data)};
    }
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++) {
        if (dpone_string_equal(name, dpone_string_of(categories[i].name))) {
            name = dpone_string_of(categories[i].brief);
            break;
        }
    }
    int good = put(t, t->from.data + t->at, 3) && put(t, name.data, name.size) && put_text(t, "}");
    t->at = close + 1;
    return good;
}

/* \xHH, \cX, \0 */
static int translate_code(struct translation *t) {
    int32_t value = 0;
    size_t length = 2;
    if (peek(t, 1) == 'x') {
        value = peek_hex(t, 2, 2);
        length = 4;
    } else if (peek(t, 1) == 'c') {
        value = is_letter(peek(t, 2)) ? peek(t, 2) & 31 : -1;
        length = 3;
    } else if (is_digit(peek(t, 2))) {
        value = -1;
    }
    if (value < 0) {
        return refuse(t, "bad escape; ECMA-262 has \\xHH, \\cX with a letter, and \\0");
    }
    t->at += length;
    return put_character(t, (uint32_t)value);
}

/* Escapes that are a fixed text in PCRE2, outside of a class and inside; NULL where it is refused. */
static const struct {
    char name;
    const char *outside;
    const char *inside;
} escapes[] = {
    {'d', "\\d", "\\d"},
    {'D', "\\D", "\\D"},
    {'w', "\\w", "\\w"},
    {'W', "\\W", "\\W"},
    {'t', "\\t", "\\t"},
    {'n', "\\n", "\\n"},
    {'r', "\\r", "\\r"},
    {'f', "\\f", "\\f"},
    {'v', "\\x0b", "\\x0b"},
    {'s', "[" ECMA_SPACE "]", ECMA_SPACE},
    {'S', "[^" ECMA_SPACE "]", ECMA_NO_SPACE},
    {'b', "\\b", "\\x08"},
    {'B', "\\B", NULL},
};

static int translate_fixed(struct translation *t, int in_class, int *done) {
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        if (peek(t, 1) != escapes[i].name) {
            continue;
        }
        const char *text = in_class ? escapes[i].inside : escapes[i].outside;
        if (text == NULL) {
            return refuse(t, "\\B cannot stand in a class");
        }
        *done = 1;
        t->at += 2;
        return put_text(t, text);
    }
    return 1;
}

static int translate_backreference(struct translation *t) {
    size_t end = 1;
    while (is_digit(peek(t, end))) {
        end++;
    }
    int good = put_text(t, "\\g{") && put(t, t->from.data + t->at + 1, end - 1) && put_text(t, "}");
    t->at += end;
    return good;
}

static int translate_named_reference(struct translation *t) {
    const char *rest = t->from.data + t->at;
    const char *close = memchr(rest, '>', t->from.size - t->at);
    if (peek(t, 2) != '<' || close == NULL) {
        return refuse(t, "\\k needs the name of a group, as in \\k<name>");
    }
    size_t size = (size_t)(close - rest) + 1;
    t->at += size;
    return put(t, rest, size);
}

static int translate_escape(struct translation *t, int in_class) {
    char c = peek(t, 1);
    int done = 0;
    if (!translate_fixed(t, in_class, &done) || done) {
        return done;
    }
    if (c == 'u') {
        return translate_unicode(t);
    }
    if (c == 'x' || c == 'c' || c == '0') {
        return translate_code(t);
    }
    if (c == 'p' || c == 'P') {
        return translate_property(t);
    }
    if (is_digit(c) && !in_class) {
        return translate_backreference(t);
    }
    if (c == 'k' && !in_class) {
        return translate_named_reference(t);
    }
    if (t->at + 1 >= t->from.size) {
        return refuse(t, "\\ at the end of the pattern");
    }
    if (is_letter(c) || is_digit(c)) {
        return refuse(t, "an escape that ECMA-262 does not have");
    }
    t->at += 1;
    return (unsigned char)c >= 0x80 || put_text(t, "\\") ? put(t, t->from.data + t->at++, 1) : 0;
}

static int translate_class(struct translation *t) {
    int negated = peek(t, 1) == '^';
    t->at += negated ? 2 : 1;
    if (peek(t, 0) == ']') { /* [] matches nothing, [^] anything */
        t->at++;
        return put_text(t, negated ? "[\\x{0}-\\x{10ffff}]" : "(?!)");
    }
    if (!put_text(t, negated ? "[^" : "[")) {
        return 0;
    }
    while (t->at < t->from.size && t->from.data[t->at] != ']') {
        char c = t->from.data[t->at];
        if (c == '\\') {
            if (!translate_escape(t, 1)) {
                return 0;
            }
            continue;
        }
        if (((c == '[' || c == '^') && !put_text(t, "\\")) || !put(t, &c, 1)) {
            return 0;
        }
        t->at++;
    }
    if (t->at >= t->from.size) {
        return refuse(t, "a class without its ]");
    }
    t->at++;
    return put_text(t, "]");
}

static int translate_group(struct translation *t) {
    static const char *const openings[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!"};
    if (peek(t, 1) != '?') {
        t->at++;
        return peek(t, 0) == '*' ? refuse(t, "nothing to repeat") : put_text(t, "(");
    }
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        size_t size = strlen(openings[i]);
        if (t->from.size - t->at >= size && memcmp(t->from.data + t->at, openings[i], size) == 0) {
            t->at += size;
            return put_text(t, openings[i]);
        }
    }
    if (peek(t, 2) == '<') {
        t->at += 3;
        return put_text(t, "(?<");
    }
    return refuse(t, "a group that ECMA-262 does not have");
}

/* Length of {n}, {n,} or {n,m} at the cursor, 0 when the brace is an ordinary character. */
static size_t counted_length(const struct translation *t) {
    size_t end = 1;
    while (is_digit(peek(t, end))) {
        end++;
    }
    if (end == 1) {
        return 0;
    }
    if (peek(t, end) == ',') {
        end++;
        while (is_digit(peek(t, end))) {
            end++;
        }
    }
    return peek(t, end) == '}' ? end + 1 : 0;
}

static int translate_quantifier(struct translation *t, size_t size) {
    if (!t->quantifiable) {
        return refuse(t, "nothing to repeat");
    }
    t->quantifiable = 0;
    size += peek(t, size) == '?' ? 1 : 0;
    t->at += size;
    return put(t, t->from.data + t->at - size, size);
}

static int translate_next(struct translation *t) {
    char c = t->from.data[t->at];
    size_t counted = c == '{' ? counted_length(t) : 0;
    if (c == '*' || c == '+' || c == '?' || counted > 0) {
        return translate_quantifier(t, counted > 0 ? counted : 1);
    }
    t->quantifiable = c != '(' && c != '|' && c != '^';
    switch (c) {
    case '\\':
        return translate_escape(t, 0);
    case '[':
        return translate_class(t);
    case '(':
        return translate_group(t);
    case '.':
        t->at++;
        return put_text(t, "[^\\n\\r\\x{2028}\\x{2029}]");
    case '{':
    case '}':
    case ']':
        t->at++;
        return put_text(t, "\\") && put(t, &c, 1);
    default:
        t->at++;
        return put(t, &c, 1);
    }
}

char *dpone_pattern_translate(struct dpone_string ecma, size_t *size, struct dpone_error *error) {
    struct dpone_error own = DPONE_ERROR_INIT;
    struct translation t = {.from = ecma, .error = error == NULL ? &own : error};
    int good = put_text(&t, "");
    while (good && t.at < ecma.size) {
        good = translate_next(&t);
    }
    if (!good) {
        free(t.out);
        return NULL;
    }
    *size = t.size;
    return t.out;
}
