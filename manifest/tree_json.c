/* A strict JSON scanner (RFC 8259) that appends to the same builder as the YAML reader. */
#include "manifest/tree_builder.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/utf8.h"

struct json_reader {
    struct dpone_tree_builder *builder;
    const struct dpone_source *source;
    size_t at;
    char *scratch; /* the decoded string with escapes; as large as the largest so far */
    size_t scratch_capacity;
};

static int refuse(struct json_reader *reader, size_t start, const char *what) {
    size_t end = start < reader->source->size ? start + 1 : start;
    dpone_source_error(reader->source, reader->builder->diagnostics, start, end, DPONE_INVALID_ARGUMENT, "%s",
                       what);
    return 0;
}

static char peek(const struct json_reader *reader) {
    return reader->source->data[reader->at]; /* NUL at the end */
}

static void skip_space(struct json_reader *reader) {
    while (peek(reader) == ' ' || peek(reader) == '\n' || peek(reader) == '\t' || peek(reader) == '\r') {
        reader->at++;
    }
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Four hexadecimal digits at `at`; -1 when they are not. */
static int32_t hex_quad(const char *at) {
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Decodes the \u escape whose backslash is at `at`, with its low surrogate; returns the bytes read, 0 when it
 * is bad. */
static size_t decode_unicode(const char *at, char out[4], size_t *written) {
    int32_t first = hex_quad(at + 2);
    uint32_t character = (uint32_t)first;
    size_t length = 6;
    if (first >= 0xD800 && first < 0xDC00 && at[6] == '\\' && at[7] == 'u') {
        int32_t second = hex_quad(at + 8);
        if (second < 0xDC00 || second >= 0xE000) {
            return 0;
        }
        character = 0x10000u + (((uint32_t)first - 0xD800u) << 10) + ((uint32_t)second - 0xDC00u);
        length = 12;
    } else if (first < 0 || (first >= 0xD800 && first < 0xE000)) {
        return 0;
    }
    *written = dpone_utf8_put(out, character);
    return length;
}

/* Decodes the escape at `at`; returns the bytes read, 0 when it is bad. */
static size_t decode_escape(const char *at, char out[4], size_t *written) {
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    if (at[1] == 'u') {
        return decode_unicode(at, out, written);
    }
    const char *name = at[1] == '\0' ? NULL : strchr(names, at[1]);
    if (name == NULL) {
        return 0;
    }
    out[0] = values[name - names];
    *written = 1;
    return 2;
}

static int reserve_scratch(struct json_reader *reader, size_t size) {
    if (size <= reader->scratch_capacity) {
        return 1;
    }
    char *larger = realloc(reader->scratch, size * 2);
    if (larger == NULL) {
        return dpone_builder_out_of_memory(reader->builder);
    }
    reader->scratch = larger;
    reader->scratch_capacity = size * 2;
    return 1;
}

/* Decodes the source between the quotes [start, end) into the scratch. */
static int decode_string(struct json_reader *reader, size_t start, size_t end, struct dpone_string *text) {
    if (!reserve_scratch(reader, end - start)) {
        return 0;
    }
    const char *data = reader->source->data;
    char *out = reader->scratch;
    for (size_t at = start; at < end;) {
        if (data[at] != '\\') {
            *out++ = data[at++];
            continue;
        }
        char decoded[4];
        size_t written = 0;
        size_t read = decode_escape(data + at, decoded, &written);
        if (read == 0) {
            return refuse(
                reader, at,
                "bad escape in the string; JSON knows \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX");
        }
        memcpy(out, decoded, written);
        out += written;
        at += read;
    }
    *text = (struct dpone_string){reader->scratch, (size_t)(out - reader->scratch)};
    return 1;
}

static int read_string(struct json_reader *reader) {
    const char *data = reader->source->data;
    size_t start = reader->at;
    size_t end = start + 1;
    int has_escape = 0;
    while (data[end] != '"') {
        if (end >= reader->source->size) {
            return refuse(reader, start, "the string that starts here has no end; add the closing quote");
        }
        if ((unsigned char)data[end] < 0x20) {
            return refuse(reader, end,
                          "control character in a string; write it as an escape, a line break as \\n");
        }
        has_escape |= data[end] == '\\';
        end += data[end] == '\\' && end + 1 < reader->source->size ? 2 : 1;
    }
    struct dpone_tree_scalar scalar = {.start = start,
                                       .end = end + 1,
                                       .kind = DPONE_NODE_STRING,
                                       .style = DPONE_STYLE_DOUBLE_QUOTED,
                                       .text = {data + start + 1, end - start - 1}};
    if (has_escape && !decode_string(reader, start + 1, end, &scalar.text)) {
        return 0;
    }
    reader->at = end + 1;
    return dpone_builder_scalar(reader->builder, &scalar);
}

static size_t digits_end(const char *data, size_t at) {
    while (data[at] >= '0' && data[at] <= '9') {
        at++;
    }
    return at;
}

/* End of the number at `at` by the grammar of JSON; *kind is int or float. Returns `at` when it is no number.
 */
static size_t number_end(const char *data, size_t at, uint32_t *kind) {
    size_t whole = data[at] == '-' ? at + 1 : at;
    size_t end = data[whole] == '0' ? whole + 1 : digits_end(data, whole);
    if (end == whole) {
        return at;
    }
    *kind = DPONE_NODE_INT;
    if (data[end] == '.') {
        size_t fraction = digits_end(data, end + 1);
        if (fraction == end + 1) {
            return at;
        }
        *kind = DPONE_NODE_FLOAT;
        end = fraction;
    }
    if ((data[end] | 0x20) == 'e') {
        size_t exponent = end + 1 + (data[end + 1] == '+' || data[end + 1] == '-' ? 1u : 0u);
        size_t last = digits_end(data, exponent);
        *kind = DPONE_NODE_FLOAT;
        return last == exponent ? at : last;
    }
    return end;
}

static size_t word_end(const char *data, size_t at, uint32_t *kind) {
    static const struct {
        const char *word;
        size_t size;
        uint32_t kind;
    } words[] = {{"true", 4, DPONE_NODE_BOOL}, {"false", 5, DPONE_NODE_BOOL}, {"null", 4, DPONE_NODE_NULL}};
    for (size_t i = 0; i < 3; i++) {
        if (strncmp(data + at, words[i].word, words[i].size) == 0) {
            *kind = words[i].kind;
            return at + words[i].size;
        }
    }
    return at;
}

/* 1 for a character that would go on a number or word, so that `truex` and `01` are not read as two values.
 */
static int continues_word(char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '.' || c == '+' ||
           c == '-';
}

static int read_plain(struct json_reader *reader) {
    const char *data = reader->source->data;
    size_t start = reader->at;
    uint32_t kind = DPONE_NODE_NULL;
    int is_number = data[start] == '-' || (data[start] >= '0' && data[start] <= '9');
    size_t end = is_number ? number_end(data, start, &kind) : word_end(data, start, &kind);
    if (end == start || continues_word(data[end])) {
        return refuse(reader, start,
                      is_number ? "bad number; JSON writes them as -12, 0.5 or 1e-3"
                                : "a JSON value was expected here: \"text\", a number, true, false, "
                                  "null, [ or {");
    }
    reader->at = end;
    struct dpone_tree_scalar scalar = {.start = start,
                                       .end = end,
                                       .kind = kind,
                                       .style = DPONE_STYLE_PLAIN,
                                       .text = {data + start, end - start}};
    return dpone_builder_scalar(reader->builder, &scalar);
}

static int read_open(struct json_reader *reader) {
    int is_mapping = peek(reader) == '{';
    return dpone_builder_begin(reader->builder, is_mapping ? DPONE_NODE_MAPPING : DPONE_NODE_SEQUENCE,
                               DPONE_STYLE_FLOW, reader->at++, NULL);
}

/* The innermost collection that is open. */
static const struct dpone_node *open_node(const struct json_reader *reader) {
    const struct dpone_tree_builder *builder = reader->builder;
    return &builder->tree->tape->nodes[builder->frames[builder->depth - 1].node];
}

static char closing_bracket(const struct json_reader *reader) {
    return dpone_tape_kind(open_node(reader)) == DPONE_NODE_MAPPING ? '}' : ']';
}

/* What stands where a collection should go on or end. */
static int refuse_to_close(struct json_reader *reader, int is_mapping) {
    if (reader->at == reader->source->size) {
        return refuse(reader, open_node(reader)->start,
                      is_mapping ? "the `{` that starts here has no end; add the closing `}`"
                                 : "the `[` that starts here has no end; add the closing `]`");
    }
    return refuse(reader, reader->at,
                  is_mapping ? "`,` or `}` was expected here" : "`,` or `]` was expected here");
}

/* Behind a value: closes what ends here and moves to the next value. 1 to go on, 0 at the end or after a
 * problem. */
static int finish_value(struct json_reader *reader, int *good) {
    while (reader->builder->depth > 0) {
        skip_space(reader);
        char close = closing_bracket(reader);
        if (peek(reader) == ',') {
            reader->at++;
            skip_space(reader);
            *good = peek(reader) != close ||
                    refuse(reader, reader->at, "nothing follows the `,` before; remove it");
            return *good;
        }
        if (peek(reader) != close) {
            *good = refuse_to_close(reader, close == '}');
            return 0;
        }
        *good = dpone_builder_end(reader->builder, ++reader->at);
        if (!*good) {
            return 0;
        }
    }
    return 0;
}

static int read_key(struct json_reader *reader) {
    if (peek(reader) != '"') {
        return refuse(reader, reader->at, "a key in double quotes was expected here");
    }
    if (!read_string(reader)) {
        return 0;
    }
    skip_space(reader);
    if (peek(reader) != ':') {
        return refuse(reader, reader->at, "`:` was expected here, between key and value");
    }
    reader->at++;
    skip_space(reader);
    return 1;
}

/* Reads the value at the cursor; *opened tells a collection with content, whose first value comes next. */
static int read_value(struct json_reader *reader, int *opened) {
    *opened = 0;
    char c = peek(reader);
    if (c == '"') {
        return read_string(reader);
    }
    if (c != '{' && c != '[') {
        return read_plain(reader);
    }
    if (!read_open(reader)) {
        return 0;
    }
    skip_space(reader);
    if (peek(reader) == closing_bracket(reader)) {
        return dpone_builder_end(reader->builder, ++reader->at);
    }
    *opened = 1;
    return 1;
}

static int read_document(struct json_reader *reader) {
    int good = 1;
    int opened = 0;
    do {
        skip_space(reader);
        if (dpone_builder_expects_key(reader->builder) && !read_key(reader)) {
            return 0;
        }
        good = read_value(reader, &opened);
    } while (good && (opened || finish_value(reader, &good)));
    return good;
}

int dpone_tree_read_json(struct dpone_tree_builder *builder) {
    const struct dpone_source *source = &builder->tree->source;
    struct json_reader reader = {.builder = builder, .source = source, .at = source->start};
    skip_space(&reader);
    if (reader.at == source->size) {
        return refuse(&reader, reader.at, "the file is empty; it needs a JSON value");
    }
    int good = read_document(&reader);
    if (good) {
        skip_space(&reader);
        good = reader.at == source->size ||
               refuse(&reader, reader.at, "text behind the end of the JSON value; remove it");
    }
    free(reader.scratch);
    return good;
}
