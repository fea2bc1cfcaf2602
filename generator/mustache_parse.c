/* Template source to nodes, in one pass: text up to the next tag, then the tag. Whether a tag stands alone on
 * its line is decided from the source around it, so the pass needs no memory of the line. */
#include "generator/mustache_template.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/name.h"

struct mustache_parser {
    struct dpone_template *template;
    struct dpone_string open;
    struct dpone_string close;
    size_t position;
    size_t sections[DPONE_TEMPLATE_MAX_SECTION_DEPTH]; /* nodes whose end is still to come */
    size_t depth;
    struct dpone_error *error;
};

/* A tag in the source: [start, end) with its delimiters, what it is, and its content without blanks around.
 */
struct mustache_tag {
    size_t start;
    size_t end;
    char sigil; /* 0 for a plain name */
    struct dpone_string content;
};

int32_t mustache_error(const struct dpone_template *self, size_t offset, int32_t status,
                       struct dpone_error *error, const char *format, ...) {
    char message[512];
    size_t line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        unsigned char byte = (unsigned char)self->source[i];
        if (byte == '\n') {
            line++;
            column = 1;
        } else if ((byte & 0xC0) != 0x80) {
            column++;
        }
    }
    va_list values;
    va_start(values, format);
    (void)vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    return dpone_error_set(error, status, "%s:%zu:%zu: %s", self->name, line, column, message);
}

static int is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static int is_space(char byte) {
    return is_blank(byte) || byte == '\n' || byte == '\r' || byte == '\v' || byte == '\f';
}

static struct dpone_string trim(struct dpone_string text) {
    while (text.size > 0 && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_space(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

static int has_space(struct dpone_string text) {
    for (size_t i = 0; i < text.size; i++) {
        if (is_space(text.data[i])) {
            return 1;
        }
    }
    return 0;
}

static int at_line_start(const struct dpone_template *self, size_t offset) {
    return offset == 0 || self->source[offset - 1] == '\n';
}

/* Where `wanted` next begins at or behind `from`; the size of the source when it does not. */
static size_t find(const struct dpone_template *self, size_t from, struct dpone_string wanted) {
    while (from < self->source_size) {
        const char *first = memchr(self->source + from, wanted.data[0], self->source_size - from);
        if (first == NULL) {
            break;
        }
        size_t found = (size_t)(first - self->source);
        if (self->source_size - found >= wanted.size && memcmp(first, wanted.data, wanted.size) == 0) {
            return found;
        }
        from = found + 1;
    }
    return self->source_size;
}

static int32_t add_node(struct mustache_parser *parser, struct mustache_node node) {
    struct dpone_template *self = parser->template;
    if (self->count == self->capacity) {
        size_t capacity = self->capacity == 0 ? 32 : self->capacity * 2;
        struct mustache_node *nodes = realloc(self->nodes, capacity * sizeof(*nodes));
        if (nodes == NULL) {
            return dpone_text_memory_error(parser->error);
        }
        self->nodes = nodes;
        self->capacity = capacity;
    }
    self->nodes[self->count++] = node;
    return DPONE_OK;
}

static int32_t add_text(struct mustache_parser *parser, size_t start, size_t end) {
    struct dpone_template *self = parser->template;
    if (start == end) {
        return DPONE_OK;
    }
    return add_node(parser, (struct mustache_node){.kind = MUSTACHE_TEXT,
                                                   .at_line_start = at_line_start(self, start),
                                                   .text = {self->source + start, end - start},
                                                   .offset = start});
}

/* Reads the tag whose opening delimiter is at `start`. A triple brace and a delimiter change have closings of
 * their own. */
static int32_t read_tag(struct mustache_tag *out, const struct mustache_parser *parser, size_t start) {
    const struct dpone_template *self = parser->template;
    size_t content = start + parser->open.size;
    while (content < self->source_size && is_space(self->source[content])) {
        content++;
    }
    char first = content < self->source_size ? self->source[content] : '\0';
    char sigil = first != '\0' && strchr("{&#^/>!=<$", first) != NULL ? first : '\0';
    char special = sigil == '{' ? '}' : (sigil == '=' ? '=' : '\0');
    content += sigil != '\0';
    size_t close = find(self, content, parser->close);
    while (special != '\0' && close < self->source_size &&
           (close == content || self->source[close - 1] != special)) {
        /* "}}}" holds "}}" twice: the brace of ours comes first. */
        close = find(self, close + 1, parser->close);
    }
    if (close == self->source_size) {
        return mustache_error(self, start, DPONE_INVALID_ARGUMENT, parser->error,
                              "the tag that begins here never ends: '%s%.*s' is missing",
                              special == '\0' ? "" : (char[2]){special, '\0'}, (int)parser->close.size,
                              parser->close.data);
    }
    struct dpone_string text = {self->source + content, close - content - (special != '\0')};
    *out = (struct mustache_tag){start, close + parser->close.size, sigil, trim(text)};
    return DPONE_OK;
}

/* 1 when the tag, of a kind that prints nothing itself, has its line for itself: then the line goes with it.
 * `*line_start` and `*line_end` (behind the line break) are set. */
static int stands_alone(size_t *line_start, size_t *line_end, const struct dpone_template *self,
                        const struct mustache_tag *tag) {
    size_t start = tag->start, end = tag->end;
    if (tag->sigil == '\0' || tag->sigil == '{' || tag->sigil == '&') {
        return 0;
    }
    while (start > 0 && is_blank(self->source[start - 1])) {
        start--;
    }
    while (end < self->source_size && is_blank(self->source[end])) {
        end++;
    }
    if (end + 1 < self->source_size && self->source[end] == '\r' && self->source[end + 1] == '\n') {
        end++;
    }
    if (!at_line_start(self, start) || (end < self->source_size && self->source[end] != '\n')) {
        return 0;
    }
    *line_start = start;
    *line_end = end < self->source_size ? end + 1 : end;
    return 1;
}

static int32_t tag_error(const struct mustache_parser *parser, const struct mustache_tag *tag,
                         const char *message) {
    return mustache_error(parser->template, tag->start, DPONE_INVALID_ARGUMENT, parser->error, "%s", message);
}

/* Content of a delimiter tag: two words, none with an equals sign. */
static int32_t change_delimiters(struct mustache_parser *parser, const struct mustache_tag *tag) {
    struct dpone_string open = tag->content, close = tag->content;
    size_t size = 0;
    while (size < open.size && !is_space(open.data[size])) {
        size++;
    }
    open.size = size;
    close = trim((struct dpone_string){close.data + size, close.size - size});
    if (open.size == 0 || close.size == 0 || has_space(close) ||
        memchr(tag->content.data, '=', tag->content.size)) {
        return tag_error(parser, tag,
                         "a delimiter change needs two delimiters without blanks or '=', as in {{=<% %>=}}");
    }
    parser->open = open;
    parser->close = close;
    return DPONE_OK;
}

static int32_t open_section(struct mustache_parser *parser, const struct mustache_tag *tag) {
    if (parser->depth == DPONE_TEMPLATE_MAX_SECTION_DEPTH) {
        return mustache_error(parser->template, tag->start, DPONE_RESOURCE_EXHAUSTED, parser->error,
                              "sections nest deeper than %d", DPONE_TEMPLATE_MAX_SECTION_DEPTH);
    }
    parser->sections[parser->depth++] = parser->template->count - 1;
    return DPONE_OK;
}

static int32_t close_section(struct mustache_parser *parser, const struct mustache_tag *tag) {
    struct dpone_template *self = parser->template;
    struct dpone_string name = tag->content;
    if (parser->depth == 0) {
        return mustache_error(self, tag->start, DPONE_INVALID_ARGUMENT, parser->error,
                              "'%.*s' is closed here, but no section is open", (int)name.size, name.data);
    }
    struct mustache_node *section = &self->nodes[parser->sections[parser->depth - 1]];
    if (!dpone_string_equal(section->text, name)) {
        return mustache_error(self, tag->start, DPONE_INVALID_ARGUMENT, parser->error,
                              "'%.*s' is closed here, but the open section is '%.*s'", (int)name.size,
                              name.data, (int)section->text.size, section->text.data);
    }
    section->end = self->count;
    parser->depth--;
    return DPONE_OK;
}

/* 1 for a name or path: no blanks, and nothing empty between or behind dots but in the dot alone. */
static int is_name(struct dpone_string name, char sigil) {
    if (name.size == 0 || has_space(name)) {
        return 0;
    }
    for (size_t i = 0; sigil != '>' && name.size > 1 && i < name.size; i++) {
        if (name.data[i] == '.' && (i + 1 == name.size || name.data[i + 1] == '.')) {
            return 0;
        }
    }
    return 1;
}

static enum mustache_kind kind_of(char sigil) {
    switch (sigil) {
    case '{':
    case '&':
        return MUSTACHE_RAW;
    case '#':
        return MUSTACHE_SECTION;
    case '^':
        return MUSTACHE_INVERTED;
    case '>':
        return MUSTACHE_PARTIAL;
    default:
        return MUSTACHE_VALUE;
    }
}

/* `indent` is what stands before a tag that is alone on its line, `alone` whether it is. */
static int32_t take_tag(struct mustache_parser *parser, const struct mustache_tag *tag, int alone,
                        struct dpone_string indent) {
    if (tag->sigil == '!') {
        return DPONE_OK;
    }
    if (tag->sigil == '=') {
        return change_delimiters(parser, tag);
    }
    if (tag->sigil == '<' || tag->sigil == '$') {
        return tag_error(parser, tag,
                         "template inheritance ('<' and '$' tags) is not offered; use a partial");
    }
    if (!is_name(tag->content, tag->sigil)) {
        return tag_error(parser, tag,
                         tag->content.size == 0 ? "the tag has no name" : "the tag's name is malformed");
    }
    if (tag->sigil == '>' && !dpone_name_is_path_below(tag->content)) {
        return mustache_error(
            parser->template, tag->start, DPONE_INVALID_ARGUMENT, parser->error,
            "the partial '%.*s' is no file below the folder of partials; name one without '..'",
            (int)tag->content.size, tag->content.data);
    }
    if (tag->sigil == '/') {
        return close_section(parser, tag);
    }
    struct mustache_node node = {.kind = kind_of(tag->sigil),
                                 .at_line_start = !alone && at_line_start(parser->template, tag->start),
                                 .text = tag->content,
                                 .indent = indent,
                                 .offset = tag->start};
    int32_t status = add_node(parser, node);
    if (status == DPONE_OK && (tag->sigil == '#' || tag->sigil == '^')) {
        status = open_section(parser, tag);
    }
    return status;
}

/* Text up to the next tag and the tag; at the end of the source only text. */
static int32_t parse_step(struct mustache_parser *parser) {
    const struct dpone_template *self = parser->template;
    struct mustache_tag tag = {0};
    size_t start = find(self, parser->position, parser->open), text_end = start, line_end = 0;
    if (start == self->source_size) {
        int32_t status = add_text(parser, parser->position, start);
        parser->position = start;
        return status;
    }
    int32_t status = read_tag(&tag, parser, start);
    if (status != DPONE_OK) {
        return status;
    }
    int alone = stands_alone(&text_end, &line_end, self, &tag);
    status = add_text(parser, parser->position, text_end);
    if (status == DPONE_OK) {
        status =
            take_tag(parser, &tag, alone, (struct dpone_string){self->source + text_end, start - text_end});
    }
    parser->position = alone ? line_end : tag.end;
    return status;
}

static int32_t parse_source(struct dpone_template *self, struct dpone_error *error) {
    struct mustache_parser parser = {
        .template = self, .open = dpone_string_of("{{"), .close = dpone_string_of("}}"), .error = error};
    int32_t status = DPONE_OK;
    while (status == DPONE_OK && parser.position < self->source_size) {
        status = parse_step(&parser);
    }
    if (status == DPONE_OK && parser.depth > 0) {
        const struct mustache_node *section = &self->nodes[parser.sections[parser.depth - 1]];
        return mustache_error(self, section->offset, DPONE_INVALID_ARGUMENT, error,
                              "the section '%.*s' is never closed", (int)section->text.size,
                              section->text.data);
    }
    return status;
}

int32_t dpone_template_parse(struct dpone_template **out, const char *name, struct dpone_string text,
                             struct dpone_error *error) {
    *out = NULL;
    if (text.size > DPONE_TEMPLATE_MAX_BYTES) {
        return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "%s: is larger than the %d bytes allowed",
                               name, DPONE_TEMPLATE_MAX_BYTES);
    }
    struct dpone_template *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return dpone_text_memory_error(error);
    }
    self->name = strdup(name);
    self->source = malloc(text.size + 1);
    self->source_size = text.size;
    if (self->name == NULL || self->source == NULL) {
        dpone_template_free(self);
        return dpone_text_memory_error(error);
    }
    if (text.size > 0) {
        memcpy(self->source, text.data, text.size);
    }
    int32_t status = parse_source(self, error);
    if (status != DPONE_OK) {
        dpone_template_free(self);
        return status;
    }
    *out = self;
    return DPONE_OK;
}

int32_t dpone_template_read(struct dpone_template **out, const char *path, struct dpone_error *error) {
    struct dpone_text text = {0};
    *out = NULL;
    int32_t status = dpone_text_append_file(&text, path, DPONE_TEMPLATE_MAX_BYTES, error);
    if (status == DPONE_OK) {
        status = dpone_template_parse(out, path, (struct dpone_string){text.data, text.size}, error);
    }
    dpone_text_clear(&text);
    return status;
}

void dpone_template_free(struct dpone_template *self) {
    if (self != NULL) {
        free(self->name);
        free(self->source);
        free(self->nodes);
        free(self);
    }
}
