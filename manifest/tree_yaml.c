/* From libyaml's events to a tree. The loop counts depth itself: libyaml takes quadratic time in deep flow
 * collections. */
#include "manifest/tree_builder.h"

#include <string.h>
#include <yaml.h>

#include "manifest/secret_text.h"
#include "manifest/show.h"
#include "manifest/utf8.h"
#include "manifest/yaml_problem.h"
#include "manifest/yaml_scalar.h"

/* libyaml counts characters, a source counts bytes: a cursor walks along with the events. */
struct yaml_cursor {
    size_t characters;
    size_t bytes;
};

struct yaml_reader {
    struct dpone_tree_builder *builder;
    const struct dpone_source *source;
    struct yaml_cursor cursor;
    size_t documents;
};

static size_t byte_offset(struct yaml_reader *reader, size_t character) {
    const struct dpone_source *source = reader->source;
    if (source->is_ascii) {
        return character + source->start;
    }
    struct yaml_cursor *cursor = &reader->cursor;
    while (cursor->characters < character && cursor->bytes < source->size) {
        do {
            cursor->bytes++;
        } while (!dpone_utf8_starts_character(source->data[cursor->bytes]));
        cursor->characters++;
    }
    while (cursor->characters > character) {
        do {
            cursor->bytes--;
        } while (!dpone_utf8_starts_character(source->data[cursor->bytes]));
        cursor->characters--;
    }
    return cursor->bytes;
}

static int refuse(struct yaml_reader *reader, size_t start, size_t end, const char *what) {
    dpone_source_error(reader->source, reader->builder->diagnostics, start, end, DPONE_INVALID_ARGUMENT, "%s",
                       what);
    return 0;
}

/* Where the content starts that has an anchor or a tag before it. */
static size_t skip_properties(const struct dpone_source *source, size_t at, size_t end) {
    while (at < end && (source->data[at] == '&' || source->data[at] == '!')) {
        while (at < end && strchr(" \t\r\n", source->data[at]) == NULL) {
            at++;
        }
        while (at < end && strchr(" \t\r\n#", source->data[at]) != NULL) {
            int is_comment = source->data[at] == '#';
            at++;
            while (is_comment && at < end && source->data[at] != '\n') {
                at++;
            }
        }
    }
    return at;
}

/* Where a document without content stands: behind its last character, not at the end of the file. */
static size_t end_of_text(const struct dpone_source *source, size_t at) {
    while (at > source->start && strchr(" \t\r\n", source->data[at - 1]) != NULL) {
        at--;
    }
    return at;
}

/* What `!!` stands for. */
static const char core_tags[] = "tag:yaml.org,2002:";

enum { ANY_SCALAR = -1, NOT_SUPPORTED = -2 };

/* Kind that a tag gives: one of enum dpone_node_kind, ANY_SCALAR for a tag that says nothing, or
 * NOT_SUPPORTED. */
static int kind_of_tag(const char *tag) {
    static const struct {
        const char *suffix;
        int kind;
    } known[] = {{"str", DPONE_NODE_STRING}, {"int", DPONE_NODE_INT},   {"float", DPONE_NODE_FLOAT},
                 {"bool", DPONE_NODE_BOOL},  {"null", DPONE_NODE_NULL}, {"seq", DPONE_NODE_SEQUENCE},
                 {"map", DPONE_NODE_MAPPING}};
    if (tag == NULL) {
        return ANY_SCALAR;
    }
    if (strncmp(tag, core_tags, sizeof core_tags - 1) == 0) {
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            if (strcmp(tag + sizeof core_tags - 1, known[i].suffix) == 0) {
                return known[i].kind;
            }
        }
    }
    return NOT_SUPPORTED;
}

static int refuse_tag(struct yaml_reader *reader, const char *tag, size_t start, size_t end) {
    int is_core = strncmp(tag, core_tags, sizeof core_tags - 1) == 0;
    char shown[DPONE_SHOWN_BYTES];
    dpone_show_bare(shown, dpone_string_of(is_core ? tag + sizeof core_tags - 1 : tag));
    dpone_source_error(reader->source, reader->builder->diagnostics, start, end, DPONE_INVALID_ARGUMENT,
                       "tag %s%s does not fit this value; a manifest is plain YAML, remove the tag",
                       is_core ? "!!" : "", shown);
    return 0;
}

/* The kind of a scalar with a tag: the tag wins when the text can be read that way. */
static int tagged_kind(const char *tag, struct dpone_string text) {
    if (strcmp(tag, "!") == 0) {
        return DPONE_NODE_STRING;
    }
    int wanted = kind_of_tag(tag);
    int read = (int)dpone_yaml_scalar_kind(text);
    if (wanted == DPONE_NODE_STRING || wanted == read ||
        (wanted == DPONE_NODE_FLOAT && read == DPONE_NODE_INT)) {
        return wanted;
    }
    return NOT_SUPPORTED;
}

static void report_ambiguity(struct yaml_reader *reader, const struct dpone_tree_scalar *scalar) {
    struct dpone_yaml_ambiguity ambiguity;
    if (!dpone_yaml_scalar_is_ambiguous(scalar->text, (enum dpone_node_kind)scalar->kind)) {
        return;
    }
    int strict = reader->builder->limits.strict;
    struct dpone_diagnostic problem = {.severity = strict ? DPONE_SEVERITY_ERROR : DPONE_SEVERITY_WARNING,
                                       .status = DPONE_INVALID_ARGUMENT,
                                       .keyword = "ambiguous"};
    if (dpone_diagnostics_has_room(reader->builder->diagnostics, problem.severity)) {
        problem.start = dpone_source_position(reader->source, scalar->start);
        problem.end = dpone_source_position(reader->source, scalar->end);
    }
    if (dpone_is_secret_name(dpone_builder_key(reader->builder))) {
        problem.hidden = 1;
        dpone_diagnostics_add(
            reader->builder->diagnostics, &problem,
            "YAML 1.1, which dpone reads, and YAML 1.2 read this secret differently; quote it");
        return;
    }
    dpone_yaml_scalar_describe(&ambiguity, scalar->text);
    dpone_diagnostics_add(reader->builder->diagnostics, &problem,
                          "%.*s is %s in YAML 1.1, which dpone reads, and %s in YAML 1.2; write %s",
                          (int)(scalar->text.size > 40 ? 40 : scalar->text.size), scalar->text.data,
                          ambiguity.yaml_1_1, ambiguity.yaml_1_2, ambiguity.spelling);
}

static uint32_t style_of(yaml_scalar_style_t style) {
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return DPONE_STYLE_SINGLE_QUOTED;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return DPONE_STYLE_DOUBLE_QUOTED;
    case YAML_LITERAL_SCALAR_STYLE:
        return DPONE_STYLE_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE:
        return DPONE_STYLE_FOLDED;
    default:
        return DPONE_STYLE_PLAIN;
    }
}

static int on_scalar(struct yaml_reader *reader, const yaml_event_t *event, size_t start, size_t end) {
    const char *tag = (const char *)event->data.scalar.tag;
    const char *anchor = (const char *)event->data.scalar.anchor;
    struct dpone_tree_scalar scalar = {
        .end = end,
        .style = style_of(event->data.scalar.style),
        .kind = DPONE_NODE_STRING,
        .text = {(const char *)event->data.scalar.value, event->data.scalar.length},
        .anchor = anchor};
    scalar.start = tag != NULL || anchor != NULL ? skip_properties(reader->source, start, end) : start;
    if (start == end && reader->builder->depth == 0) {
        scalar.start = scalar.end = end_of_text(reader->source, end);
    }
    if (tag != NULL) {
        int kind = tagged_kind(tag, scalar.text);
        if (kind < 0) {
            return refuse_tag(reader, tag, start, end);
        }
        scalar.kind = (uint32_t)kind;
    } else if (scalar.style == DPONE_STYLE_PLAIN) {
        scalar.kind = dpone_yaml_scalar_kind(scalar.text);
        report_ambiguity(reader, &scalar);
    }
    return dpone_builder_scalar(reader->builder, &scalar);
}

static int begin(struct yaml_reader *reader, enum dpone_node_kind kind, int is_flow, const yaml_char_t *tag,
                 const yaml_char_t *anchor, size_t start) {
    if (tag != NULL && strcmp((const char *)tag, "!") != 0 && kind_of_tag((const char *)tag) != (int)kind) {
        return refuse_tag(reader, (const char *)tag, start, start + 1);
    }
    if (tag != NULL || anchor != NULL) {
        start = skip_properties(reader->source, start, reader->source->size);
    }
    return dpone_builder_begin(reader->builder, kind, is_flow ? DPONE_STYLE_FLOW : DPONE_STYLE_BLOCK, start,
                               (const char *)anchor);
}

static int on_event(struct yaml_reader *reader, const yaml_event_t *event) {
    size_t start = byte_offset(reader, event->start_mark.index);
    size_t end = byte_offset(reader, event->end_mark.index);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (reader->documents++ > 0) {
            return refuse(reader, start, end, "a second document in the file; keep one document per file");
        }
        return 1;
    case YAML_SCALAR_EVENT:
        return on_scalar(reader, event, start, end);
    case YAML_ALIAS_EVENT:
        return dpone_builder_alias(reader->builder, start, end, (const char *)event->data.alias.anchor);
    case YAML_SEQUENCE_START_EVENT:
        return begin(reader, DPONE_NODE_SEQUENCE,
                     event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
                     event->data.sequence_start.tag, event->data.sequence_start.anchor, start);
    case YAML_MAPPING_START_EVENT:
        return begin(reader, DPONE_NODE_MAPPING, event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
                     event->data.mapping_start.tag, event->data.mapping_start.anchor, start);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return dpone_builder_end(reader->builder, end);
    default:
        return 1;
    }
}

static int report_parser(struct yaml_reader *reader, const yaml_parser_t *parser) {
    if (parser->error == YAML_MEMORY_ERROR) {
        return dpone_builder_out_of_memory(reader->builder);
    }
    size_t at = parser->error == YAML_READER_ERROR ? parser->problem_offset + reader->source->start
                                                   : byte_offset(reader, parser->problem_mark.index);
    struct dpone_yaml_failure failure = {.problem = parser->problem,
                                         .at = at < reader->source->size ? at : reader->source->size,
                                         .since = byte_offset(reader, parser->context_mark.index)};
    dpone_yaml_problem_report(reader->source, &failure, reader->builder->diagnostics);
    return 0;
}

static int read_events(struct yaml_reader *reader, yaml_parser_t *parser) {
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            return report_parser(reader, parser);
        }
        int is_last = event.type == YAML_STREAM_END_EVENT;
        int good = on_event(reader, &event);
        yaml_event_delete(&event);
        if (!good || is_last) {
            return good;
        }
    }
}

int dpone_tree_read_yaml(struct dpone_tree_builder *builder) {
    const struct dpone_source *source = &builder->tree->source;
    struct yaml_reader reader = {.builder = builder, .source = source, .cursor = {0, source->start}};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return dpone_builder_out_of_memory(builder);
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->data + source->start,
                                 source->size - source->start);
    int good = read_events(&reader, &parser);
    yaml_parser_delete(&parser);
    if (good && builder->tree->node_count == 0) {
        return refuse(&reader, 0, 0,
                      source->size == source->start
                          ? "the file is empty; it needs at least one key"
                          : "the file holds no document; it needs at least one key");
    }
    return good;
}
