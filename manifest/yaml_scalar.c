/* Recognizers for the scalars of YAML 1.2 (core schema, section 10.3.2) and of YAML 1.1 as PyYAML reads it.
 */
#include "manifest/yaml_scalar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Sets of characters that the recognizers span over. */
static const char digits[] = "0123456789";
static const char digits_gaps[] = "0123456789_";
static const char hex_digits[] = "0123456789abcdefABCDEF";
static const char hex_gaps[] = "0123456789abcdefABCDEF_";

static int in_set(char c, const char *set) {
    return c != '\0' && strchr(set, c) != NULL;
}

/* Moves *at over characters of `set` and returns how many. */
static size_t span(struct dpone_string text, size_t *at, const char *set) {
    size_t from = *at;
    while (*at < text.size && in_set(text.data[*at], set)) {
        (*at)++;
    }
    return *at - from;
}

/* Moves *at over one character of `set`; 1 when there was one. */
static int take(struct dpone_string text, size_t *at, const char *set) {
    if (*at < text.size && in_set(text.data[*at], set)) {
        (*at)++;
        return 1;
    }
    return 0;
}

/* A word with its size, so that comparing needs no strlen. */
#define WORD(text)                                                                                           \
    { text, sizeof text - 1 }

static int is_one_of(struct dpone_string text, const struct dpone_string *words) {
    for (; words->data != NULL; words++) {
        if (text.size == words->size && memcmp(text.data, words->data, text.size) == 0) {
            return 1;
        }
    }
    return 0;
}

static const struct dpone_string null_words[] = {
    WORD("~"), WORD("null"), WORD("Null"), WORD("NULL"), {NULL, 0}};
static const struct dpone_string true_words[] = {WORD("true"), WORD("True"), WORD("TRUE"), {NULL, 0}};
static const struct dpone_string false_words[] = {WORD("false"), WORD("False"), WORD("FALSE"), {NULL, 0}};
static const struct dpone_string yes_words[] = {WORD("yes"), WORD("Yes"), WORD("YES"), WORD("on"),
                                                WORD("On"),  WORD("ON"),  {NULL, 0}};
static const struct dpone_string no_words[] = {WORD("no"),  WORD("No"),  WORD("NO"), WORD("off"),
                                               WORD("Off"), WORD("OFF"), {NULL, 0}};

static int is_null(struct dpone_string text) {
    return text.size == 0 || is_one_of(text, null_words);
}

static int is_special_float(struct dpone_string text) {
    static const struct dpone_string nan_words[] = {WORD(".nan"), WORD(".NaN"), WORD(".NAN"), {NULL, 0}};
    static const struct dpone_string inf_words[] = {WORD(".inf"), WORD(".Inf"), WORD(".INF"), {NULL, 0}};
    size_t sign = text.size > 0 && in_set(text.data[0], "+-") ? 1 : 0;
    struct dpone_string rest = {text.data + sign, text.size - sign};
    return is_one_of(text, nan_words) || is_one_of(rest, inf_words);
}

/* [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+ */
static int is_core_int(struct dpone_string text) {
    size_t at = 0;
    if (text.size > 2 && text.data[0] == '0' && in_set(text.data[1], "ox")) {
        at = 2;
        span(text, &at, text.data[1] == 'o' ? "01234567" : hex_digits);
        return at == text.size;
    }
    take(text, &at, "+-");
    return span(text, &at, digits) > 0 && at == text.size;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static int is_core_float(struct dpone_string text) {
    size_t at = 0;
    take(text, &at, "+-");
    size_t whole = span(text, &at, digits);
    size_t fraction = take(text, &at, ".") ? span(text, &at, digits) : 0;
    if (whole + fraction == 0) {
        return 0;
    }
    if (take(text, &at, "eE")) {
        take(text, &at, "+-");
        if (span(text, &at, digits) == 0) {
            return 0;
        }
    }
    return at == text.size;
}

/* What may begin with a character: only a few begin anything but a string. */
enum { BEGINS_WORD = 1, BEGINS_NUMBER = 2 };

static const unsigned char beginnings[256] = {
    ['~'] = BEGINS_WORD,   ['='] = BEGINS_WORD,   ['<'] = BEGINS_WORD,   ['t'] = BEGINS_WORD,
    ['T'] = BEGINS_WORD,   ['f'] = BEGINS_WORD,   ['F'] = BEGINS_WORD,   ['n'] = BEGINS_WORD,
    ['N'] = BEGINS_WORD,   ['y'] = BEGINS_WORD,   ['Y'] = BEGINS_WORD,   ['o'] = BEGINS_WORD,
    ['O'] = BEGINS_WORD,   ['0'] = BEGINS_NUMBER, ['1'] = BEGINS_NUMBER, ['2'] = BEGINS_NUMBER,
    ['3'] = BEGINS_NUMBER, ['4'] = BEGINS_NUMBER, ['5'] = BEGINS_NUMBER, ['6'] = BEGINS_NUMBER,
    ['7'] = BEGINS_NUMBER, ['8'] = BEGINS_NUMBER, ['9'] = BEGINS_NUMBER, ['+'] = BEGINS_NUMBER,
    ['-'] = BEGINS_NUMBER, ['.'] = BEGINS_NUMBER};

enum { LONGEST_WORD = 5 };

/* 0 for text that no version reads as anything but a string, which is most of it. */
static int beginning_of(struct dpone_string text) {
    int beginning = text.size == 0 ? BEGINS_WORD : beginnings[(unsigned char)text.data[0]];
    return beginning == BEGINS_WORD && text.size > LONGEST_WORD ? 0 : beginning;
}

enum dpone_node_kind dpone_yaml_scalar_kind(struct dpone_string text) {
    int beginning = beginning_of(text);
    if (beginning == BEGINS_WORD) {
        int is_bool = is_one_of(text, true_words) || is_one_of(text, false_words);
        return is_bool ? DPONE_NODE_BOOL : is_null(text) ? DPONE_NODE_NULL : DPONE_NODE_STRING;
    }
    if (beginning == BEGINS_NUMBER) {
        int is_float = is_core_float(text) || is_special_float(text);
        return is_core_int(text) ? DPONE_NODE_INT : is_float ? DPONE_NODE_FLOAT : DPONE_NODE_STRING;
    }
    return DPONE_NODE_STRING;
}

/* What YAML 1.1 sees; the numbers apart by base, because their values differ. */
enum reading_1_1 {
    READS_STRING,
    READS_NULL,
    READS_TRUE,
    READS_FALSE,
    READS_BINARY,
    READS_OCTAL,
    READS_DECIMAL,
    READS_HEX,
    READS_SEXAGESIMAL,
    READS_FLOAT,
    READS_SEXAGESIMAL_FLOAT,
    READS_TIMESTAMP,
    READS_VALUE_KEY,
    READS_MERGE_KEY
};

/* (:[0-5]?[0-9])+ ; 0 when there is none. */
static int span_sexagesimal(struct dpone_string text, size_t *at) {
    int groups = 0;
    while (*at < text.size && text.data[*at] == ':') {
        size_t group = *at + 1;
        size_t length = span(text, &group, digits);
        if (length == 0 || length > 2 || (length == 2 && text.data[*at + 1] > '5')) {
            return 0;
        }
        *at = group;
        groups++;
    }
    return groups > 0;
}

static enum reading_1_1 read_int_1_1(struct dpone_string text) {
    size_t at = 0;
    take(text, &at, "+-");
    if (at >= text.size) {
        return READS_STRING;
    }
    if (text.data[at] == '0' && at + 1 < text.size) {
        char base = text.data[at + 1];
        at += in_set(base, "bx") ? 2 : 1;
        size_t count = span(text, &at, base == 'b' ? "01_" : base == 'x' ? hex_gaps : "01234567_");
        enum reading_1_1 reading = base == 'b' ? READS_BINARY : base == 'x' ? READS_HEX : READS_OCTAL;
        return count > 0 && at == text.size ? reading : READS_STRING;
    }
    int leading_zero = text.data[at] == '0';
    if (!take(text, &at, digits)) {
        return READS_STRING;
    }
    span(text, &at, leading_zero ? "" : digits_gaps);
    if (at == text.size) {
        return READS_DECIMAL;
    }
    return !leading_zero && span_sexagesimal(text, &at) && at == text.size ? READS_SEXAGESIMAL : READS_STRING;
}

/* PyYAML: a float needs its point, and an exponent its sign. */
static enum reading_1_1 read_float_1_1(struct dpone_string text) {
    size_t at = 0;
    if (is_special_float(text)) {
        return READS_FLOAT;
    }
    int sign = take(text, &at, "+-");
    int starts_with_digit = take(text, &at, digits);
    span(text, &at, starts_with_digit ? digits_gaps : "");
    enum reading_1_1 reading = READS_FLOAT;
    if (starts_with_digit && at < text.size && text.data[at] == ':') {
        reading = READS_SEXAGESIMAL_FLOAT;
        if (!span_sexagesimal(text, &at)) {
            return READS_STRING;
        }
    }
    if (!take(text, &at, ".") || (!starts_with_digit && (sign || !take(text, &at, digits)))) {
        return READS_STRING;
    }
    span(text, &at, digits_gaps);
    if (reading == READS_FLOAT && take(text, &at, "eE") &&
        (!take(text, &at, "+-") || span(text, &at, digits) == 0)) {
        return READS_STRING;
    }
    return at == text.size ? reading : READS_STRING;
}

static int span_number(struct dpone_string text, size_t *at, size_t at_least, size_t at_most) {
    size_t count = span(text, at, digits);
    return count >= at_least && count <= at_most;
}

/* Behind the date of a timestamp: separator, hh:mm:ss, fraction, zone. */
static int is_time_1_1(struct dpone_string text, size_t at) {
    if (!take(text, &at, "Tt") && span(text, &at, " \t") == 0) {
        return 0;
    }
    if (!span_number(text, &at, 1, 2) || !take(text, &at, ":") || !span_number(text, &at, 2, 2) ||
        !take(text, &at, ":") || !span_number(text, &at, 2, 2)) {
        return 0;
    }
    if (take(text, &at, ".")) {
        span(text, &at, digits);
    }
    span(text, &at, " \t");
    if (take(text, &at, "Z") || at == text.size) {
        return at == text.size;
    }
    return take(text, &at, "+-") && span_number(text, &at, 1, 2) &&
           (at == text.size || (take(text, &at, ":") && span_number(text, &at, 2, 2))) && at == text.size;
}

static int is_timestamp_1_1(struct dpone_string text) {
    size_t at = 0;
    if (!span_number(text, &at, 4, 4) || !take(text, &at, "-") || !span_number(text, &at, 1, 2) ||
        !take(text, &at, "-") || !span_number(text, &at, 1, 2)) {
        return 0;
    }
    return at == text.size ? text.size == 10 : is_time_1_1(text, at);
}

static enum reading_1_1 read_word_1_1(struct dpone_string text) {
    static const struct {
        const struct dpone_string *words;
        enum reading_1_1 reading;
    } words[] = {{null_words, READS_NULL},
                 {true_words, READS_TRUE},
                 {yes_words, READS_TRUE},
                 {false_words, READS_FALSE},
                 {no_words, READS_FALSE}};
    static const struct dpone_string value_key[] = {WORD("="), {NULL, 0}};
    static const struct dpone_string merge_key[] = {WORD("<<"), {NULL, 0}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_one_of(text, words[i].words)) {
            return words[i].reading;
        }
    }
    return text.size == 0               ? READS_NULL
           : is_one_of(text, value_key) ? READS_VALUE_KEY
           : is_one_of(text, merge_key) ? READS_MERGE_KEY
                                        : READS_STRING;
}

static enum reading_1_1 read_1_1(struct dpone_string text) {
    int beginning = beginning_of(text);
    if (beginning != BEGINS_NUMBER) {
        return beginning == BEGINS_WORD ? read_word_1_1(text) : READS_STRING;
    }
    enum reading_1_1 number = read_int_1_1(text);
    number = number == READS_STRING ? read_float_1_1(text) : number;
    return number == READS_STRING && is_timestamp_1_1(text) ? READS_TIMESTAMP : number;
}

/* The value of an integer without its sign, gaps skipped; 0 when it does not fit. */
static int int_value(struct dpone_string text, unsigned base, size_t skip, uint64_t *out) {
    uint64_t value = 0;
    uint64_t group = 0; /* of a sexagesimal number */
    for (size_t i = skip; i < text.size; i++) {
        char c = text.data[i];
        if (c == ':') {
            value = value * 60 + group;
            group = 0;
        } else if (c != '_' && c != '+' && c != '-') {
            uint64_t digit = c <= '9' ? (uint64_t)(c - '0') : (uint64_t)((c | 0x20) - 'a' + 10);
            group = group * base + digit;
        }
        if (value > UINT64_MAX / 64 || group > UINT64_MAX / 64) {
            return 0;
        }
    }
    *out = base == 10 ? value * 60 + group : group;
    return 1;
}

/* The integer that a text is in YAML 1.1 as decimal digits; empty when it is none or too large to tell. */
static void decimal_of(char out[32], struct dpone_string text, enum reading_1_1 reading) {
    unsigned base = reading == READS_BINARY ? 2 : reading == READS_OCTAL ? 8 : reading == READS_HEX ? 16 : 10;
    size_t sign = text.size > 0 && in_set(text.data[0], "+-") ? 1 : 0;
    size_t skip = sign + (reading == READS_BINARY || reading == READS_HEX ? 2 : 0);
    uint64_t value;
    out[0] = '\0';
    if (reading >= READS_BINARY && reading <= READS_SEXAGESIMAL && int_value(text, base, skip, &value)) {
        snprintf(out, 32, "%s%" PRIu64, text.data[0] == '-' && value != 0 ? "-" : "", value);
    }
}

/* The same for YAML 1.2. */
static void core_decimal_of(char out[32], struct dpone_string text) {
    int octal = text.size > 2 && text.data[1] == 'o';
    int hex = text.size > 2 && text.data[1] == 'x';
    struct dpone_string rest = octal ? (struct dpone_string){text.data + 2, text.size - 2} : text;
    decimal_of(out, rest, octal ? READS_OCTAL : hex ? READS_HEX : READS_DECIMAL);
}

/* 007 is 7 either way. */
static int same_integer(struct dpone_string text, enum reading_1_1 reading) {
    char old[32];
    char core[32];
    decimal_of(old, text, reading);
    core_decimal_of(core, text);
    return old[0] != '\0' && strcmp(old, core) == 0;
}

static int same_reading(struct dpone_string text, enum dpone_node_kind kind, enum reading_1_1 reading) {
    switch (kind) {
    case DPONE_NODE_NULL:
        return reading == READS_NULL;
    case DPONE_NODE_BOOL:
        return reading == READS_TRUE || reading == READS_FALSE;
    case DPONE_NODE_FLOAT:
        return reading == READS_FLOAT;
    case DPONE_NODE_INT:
        return reading == READS_DECIMAL || reading == READS_HEX || same_integer(text, reading);
    default:
        return reading == READS_STRING || reading == READS_MERGE_KEY;
    }
}

/* A float that both versions read as one: 5e4 becomes 5.0e+4, +.5 becomes 0.5. */
static void plain_float(char *out, size_t size, struct dpone_string text) {
    size_t at = 0;
    int negative = text.data[0] == '-';
    take(text, &at, "+-");
    size_t whole = at;
    span(text, &at, digits);
    int whole_size = (int)(at - whole);
    int point = take(text, &at, ".");
    size_t fraction = at;
    int fraction_size = (int)span(text, &at, digits);
    int has_exponent = take(text, &at, "eE");
    int exponent_negative = has_exponent && at < text.size && text.data[at] == '-';
    take(text, &at, "+-");
    snprintf(out, size, "%s%.*s.%.*s%s%.*s", negative ? "-" : "", whole_size > 0 ? whole_size : 1,
             whole_size > 0 ? text.data + whole : "0", point && fraction_size > 0 ? fraction_size : 1,
             point && fraction_size > 0 ? text.data + fraction : "0",
             !has_exponent       ? ""
             : exponent_negative ? "e-"
                                 : "e+",
             (int)(text.size - at), text.data + at);
}

static const char *name_1_1(enum reading_1_1 reading) {
    static const char *const names[] = {
        [READS_STRING] = "a string",
        [READS_NULL] = "null",
        [READS_TRUE] = "the boolean true",
        [READS_FALSE] = "the boolean false",
        [READS_BINARY] = "the integer",
        [READS_OCTAL] = "the integer",
        [READS_DECIMAL] = "the integer",
        [READS_HEX] = "the integer",
        [READS_SEXAGESIMAL] = "the integer",
        [READS_FLOAT] = "a float",
        [READS_SEXAGESIMAL_FLOAT] = "a base-60 float",
        [READS_TIMESTAMP] = "a date",
        [READS_VALUE_KEY] = "a value key",
        [READS_MERGE_KEY] = "a merge key",
    };
    return names[reading];
}

static const char *name_1_2(enum dpone_node_kind kind) {
    return kind == DPONE_NODE_INT ? "the integer" : kind == DPONE_NODE_FLOAT ? "a float" : "a string";
}

/* What to write so that YAML 1.1 and 1.2 agree; `old` and `core` are the integers they see, or empty. */
static void describe_spelling(struct dpone_yaml_ambiguity *out, struct dpone_string text,
                              enum reading_1_1 reading, enum dpone_node_kind kind, const char *old,
                              const char *core) {
    char choices[DPONE_YAML_READING_BYTES] = "";
    char shown[41] = "";
    memcpy(shown, text.data, text.size > 40 ? 40 : text.size);
    if (reading == READS_TRUE || reading == READS_FALSE) {
        snprintf(choices, sizeof choices, "%s or ", reading == READS_TRUE ? "true" : "false");
    } else if (kind == DPONE_NODE_FLOAT && text.size <= 40) {
        char number[64];
        plain_float(number, sizeof number, text);
        snprintf(choices, sizeof choices, "%s or ", number);
    } else if (old[0] != '\0' || core[0] != '\0') {
        int both = old[0] != '\0' && core[0] != '\0';
        snprintf(choices, sizeof choices, "%s%s%s or ", old, both ? ", " : "", core);
    }
    snprintf(out->spelling, sizeof out->spelling, "%s\"%s\"", choices, shown);
}

int dpone_yaml_scalar_is_ambiguous(struct dpone_string text, enum dpone_node_kind kind) {
    return beginning_of(text) != 0 && !same_reading(text, kind, read_1_1(text));
}

void dpone_yaml_scalar_describe(struct dpone_yaml_ambiguity *out, struct dpone_string text) {
    enum dpone_node_kind kind = dpone_yaml_scalar_kind(text);
    enum reading_1_1 reading = read_1_1(text);
    char old[32];
    char core[32] = "";
    decimal_of(old, text, reading);
    if (kind == DPONE_NODE_INT) {
        core_decimal_of(core, text);
    }
    snprintf(out->yaml_1_1, sizeof out->yaml_1_1, "%s%s%s", name_1_1(reading), old[0] == '\0' ? "" : " ",
             old);
    snprintf(out->yaml_1_2, sizeof out->yaml_1_2, "%s%s%s", name_1_2(kind), core[0] == '\0' ? "" : " ", core);
    describe_spelling(out, text, reading, kind, old, core);
}
