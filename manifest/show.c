/* Showing values: see show.h. */
#include "manifest/show.h"

#include <string.h>

#include "manifest/utf8.h"

/* Room for the longest escape, "..." and the closing quote. */
enum { SHOWN_LIMIT = DPONE_SHOWN_BYTES - 12 };

/* What a terminal acts on: controls, and what turns the direction of the text around it. */
static int is_control(uint32_t c) {
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {{0, 0x1F},        {0x7F, 0x9F},     {0x61C, 0x61C},
                  {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return 1;
        }
    }
    return 0;
}

/* Moves *at behind a character and gives the size of its escape inside a JSON string; 0 when it stands for
 * itself. */
static size_t next_escape(char out[8], struct dpone_string text, size_t *at) {
    static const char named[] = "\"\\\b\f\n\r\t";
    static const char names[] = "\"\\bfnrt";
    char first = text.data[*at];
    uint32_t c = (uint32_t)dpone_utf8_next(text, at);
    const char *found = first == '\0' ? NULL : strchr(named, first);
    if (found != NULL) {
        out[0] = '\\';
        out[1] = names[found - named];
        return 2;
    }
    return is_control(c) ? (size_t)snprintf(out, 8, "\\u%04x", (unsigned)c & 0xFFFF) : 0;
}

int dpone_show_is_plain(struct dpone_string text) {
    for (size_t at = 0; at < text.size;) {
        uint32_t c = (uint32_t)dpone_utf8_next(text, &at);
        if (c != '\t' && is_control(c)) {
            return 0;
        }
    }
    return 1;
}

/* Adds text between two quotes (none or one character), with escapes, cut at a character. */
static const char *show_between(char out[DPONE_SHOWN_BYTES], struct dpone_string text, const char *quote) {
    size_t size = strlen(quote);
    size_t at = 0;
    memcpy(out, quote, size);
    while (at < text.size && size < SHOWN_LIMIT) {
        char escape[8];
        size_t first = at;
        size_t escaped = next_escape(escape, text, &at);
        size_t taken = escaped > 0 ? escaped : at - first;
        memcpy(out + size, escaped > 0 ? escape : text.data + first, taken);
        size += taken;
    }
    snprintf(out + size, DPONE_SHOWN_BYTES - size, "%s%s", at < text.size ? "..." : "", quote);
    return out;
}

const char *dpone_show_text(char out[DPONE_SHOWN_BYTES], struct dpone_string text) {
    return show_between(out, text, "\"");
}

const char *dpone_show_bare(char out[DPONE_SHOWN_BYTES], struct dpone_string text) {
    return show_between(out, text, "");
}

const char *dpone_show_key(char out[DPONE_SHOWN_BYTES], struct dpone_string text) {
    return show_between(out, text, "`");
}

const char *dpone_show_value(char out[DPONE_SHOWN_BYTES], const struct dpone_node *node) {
    struct dpone_string text = dpone_node_text(node);
    switch (dpone_node_kind(node)) {
    case DPONE_NODE_STRING:
        return dpone_show_text(out, text);
    case DPONE_NODE_SEQUENCE:
    case DPONE_NODE_MAPPING:
        snprintf(out, DPONE_SHOWN_BYTES, "%s", dpone_show_kind(dpone_node_kind(node)));
        return out;
    case DPONE_NODE_NULL:
        snprintf(out, DPONE_SHOWN_BYTES, "null");
        return out;
    default:
        snprintf(out, DPONE_SHOWN_BYTES, "%.*s%s", (int)(text.size > SHOWN_LIMIT ? SHOWN_LIMIT : text.size),
                 text.data, text.size > SHOWN_LIMIT ? "..." : "");
        return out;
    }
}

const char *dpone_show_kind(enum dpone_node_kind kind) {
    static const char *const names[] = {
        [DPONE_NODE_NULL] = "null",        [DPONE_NODE_BOOL] = "a boolean",  [DPONE_NODE_INT] = "an integer",
        [DPONE_NODE_FLOAT] = "a number",   [DPONE_NODE_STRING] = "a string", [DPONE_NODE_SEQUENCE] = "a list",
        [DPONE_NODE_MAPPING] = "a mapping"};
    return names[kind];
}

const char *dpone_show_kinds(char out[DPONE_SHOWN_TYPES_BYTES], uint32_t kinds) {
    if (kinds & 1u << DPONE_NODE_FLOAT) {
        kinds &= ~(1u << DPONE_NODE_INT); /* a number may be an integer */
    }
    size_t size = 0;
    out[0] = '\0';
    uint32_t left = kinds & 0x7F;
    for (int kind = DPONE_NODE_NULL; kind <= DPONE_NODE_MAPPING; kind++) {
        if ((left & 1u << kind) == 0) {
            continue;
        }
        left &= ~(1u << kind);
        const char *before = size == 0 ? "" : left == 0 ? " or " : ", ";
        size += (size_t)snprintf(out + size, DPONE_SHOWN_TYPES_BYTES - size, "%s%s", before,
                                 dpone_show_kind((enum dpone_node_kind)kind));
    }
    return out;
}

void dpone_write_json_text(FILE *stream, struct dpone_string text) {
    fputc('"', stream);
    size_t from = 0;
    for (size_t at = 0; at < text.size;) {
        char escape[8];
        size_t first = at;
        size_t escaped = next_escape(escape, text, &at);
        if (escaped > 0) {
            fwrite(text.data + from, 1, first - from, stream);
            fwrite(escape, 1, escaped, stream);
            from = at;
        }
    }
    if (text.size > from) {
        fwrite(text.data + from, 1, text.size - from, stream);
    }
    fputc('"', stream);
}
