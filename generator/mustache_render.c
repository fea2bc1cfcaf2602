/* Nodes and data to text. The context stack is a chain of frames on the C stack, innermost first. */
#include "generator/mustache_template.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/suggest.h"

enum { NUMBER_BYTES = 40 };

/* One value of the context stack. */
struct mustache_frame {
    const struct dpone_node *value;
    const struct mustache_frame *outer;
};

struct mustache_renderer {
    struct dpone_text *out;
    size_t out_start;
    const struct dpone_template *template; /* the one being rendered: the outermost or a partial */
    const struct dpone_template_context *context;
    struct dpone_text indent; /* of the current partial, the indentations of those around it included */
    size_t offset;            /* of the node being rendered */
    int partial_depth;
    int depth; /* of sections */
    int64_t steps;
    struct dpone_error *error;
};

static int32_t render_nodes(struct mustache_renderer *renderer, size_t from, size_t to,
                            const struct mustache_frame *frame);

/* The part of a path before its first dot. */
static struct dpone_string first_part(struct dpone_string path) {
    const char *dot = memchr(path.data, '.', path.size);
    return (struct dpone_string){path.data, dot == NULL ? path.size : (size_t)(dot - path.data)};
}

/* The first part of a path is looked for outwards, the others only within what the first gave. A leading dot
 * is the innermost value itself. */
static const struct dpone_node *look_up(const struct mustache_frame *frame, struct dpone_string path) {
    const struct dpone_node *value = NULL;
    struct dpone_string part = first_part(path);
    if (part.size == 0) {
        value = frame == NULL ? NULL : frame->value;
    }
    for (; part.size > 0 && frame != NULL && value == NULL; frame = frame->outer) {
        value = dpone_node_find(frame->value, part);
    }
    while (value != NULL && path.size > part.size + 1) {
        path.data += part.size + 1;
        path.size -= part.size + 1;
        part = first_part(path);
        value = dpone_node_find(value, part);
    }
    return value;
}

static int is_true(const struct dpone_node *value) {
    int boolean = 1;
    if (value == NULL || dpone_node_kind(value) == DPONE_NODE_NULL) {
        return 0;
    }
    (void)dpone_node_bool(value, &boolean);
    return boolean && (dpone_node_kind(value) != DPONE_NODE_SEQUENCE || dpone_node_count(value) > 0);
}

/* With `strict`, a name that is nowhere is an error that suggests one that is. */
static int32_t missing(const struct mustache_renderer *renderer, const struct mustache_node *node,
                       const struct mustache_frame *frame) {
    struct dpone_suggestion suggestion = {.word = node->text};
    char text[160];
    if (!renderer->context->strict) {
        return DPONE_OK;
    }
    for (; frame != NULL; frame = frame->outer) {
        size_t count =
            dpone_node_kind(frame->value) == DPONE_NODE_MAPPING ? dpone_node_count(frame->value) : 0;
        for (size_t i = 0; i < count; i++) {
            dpone_suggestion_consider(&suggestion, dpone_node_text(dpone_node_key_at(frame->value, i)));
        }
    }
    return mustache_error(renderer->template, node->offset, DPONE_INVALID_ARGUMENT, renderer->error,
                          "the data has no '%.*s'%s", (int)node->text.size, node->text.data,
                          dpone_suggestion_text(&suggestion, text, sizeof(text)));
}

/* Nodes rendered and items visited: what bounds the time of a template that prints nothing. */
static int32_t count_step(struct mustache_renderer *renderer, const struct mustache_node *node) {
    if (++renderer->steps <= DPONE_TEMPLATE_MAX_STEPS) {
        return DPONE_OK;
    }
    return mustache_error(renderer->template, node->offset, DPONE_RESOURCE_EXHAUSTED, renderer->error,
                          "rendering takes more than the %d steps allowed", DPONE_TEMPLATE_MAX_STEPS);
}

static int32_t put(const struct mustache_renderer *renderer, const char *data, size_t size) {
    if (renderer->out->size - renderer->out_start + size > DPONE_TEMPLATE_MAX_OUTPUT_BYTES) {
        return mustache_error(renderer->template, renderer->offset, DPONE_RESOURCE_EXHAUSTED, renderer->error,
                              "what is rendered exceeds the %d bytes allowed",
                              DPONE_TEMPLATE_MAX_OUTPUT_BYTES);
    }
    return dpone_text_append(renderer->out, data, size) == DPONE_OK
               ? DPONE_OK
               : dpone_text_memory_error(renderer->error);
}

static const char *html_entity(char byte) {
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

static int32_t put_escaped(const struct mustache_renderer *renderer, struct dpone_string text) {
    int32_t status = DPONE_OK;
    while (text.size > 0 && status == DPONE_OK) {
        size_t plain = 0;
        while (plain < text.size && html_entity(text.data[plain]) == NULL) {
            plain++;
        }
        status = put(renderer, text.data, plain);
        if (status == DPONE_OK && plain < text.size) {
            const char *entity = html_entity(text.data[plain++]);
            status = put(renderer, entity, strlen(entity));
        }
        text.data += plain;
        text.size -= plain;
    }
    return status;
}

static int32_t put_indent(const struct mustache_renderer *renderer) {
    return put(renderer, renderer->indent.data, renderer->indent.size);
}

/* The shortest digits that read back as the same number, always with a point or an exponent, so that a float
 * stays one. */
static void format_float(char out[NUMBER_BYTES], double number) {
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(out, NUMBER_BYTES, "%.*g", digits, number);
        if (strtod(out, NULL) >= number && strtod(out, NULL) <= number) {
            break;
        }
    }
    if (strpbrk(out, ".e") == NULL) {
        (void)snprintf(out + strlen(out), 3, ".0");
    }
}

/* Text of a scalar: numbers and booleans in one spelling, whichever the document used, but those beyond what
 * a machine counts as they are written. `number` is room for it. */
static struct dpone_string scalar_text(char number[NUMBER_BYTES], const struct dpone_node *value) {
    int64_t integer;
    double real;
    int boolean;
    switch (dpone_node_kind(value)) {
    case DPONE_NODE_NULL:
        return (struct dpone_string){NULL, 0};
    case DPONE_NODE_BOOL:
        return dpone_string_of(dpone_node_bool(value, &boolean) && boolean ? "true" : "false");
    case DPONE_NODE_INT:
        if (dpone_node_int64(value, &integer)) {
            (void)snprintf(number, NUMBER_BYTES, "%" PRId64, integer);
            return dpone_string_of(number);
        }
        return dpone_node_text(value);
    case DPONE_NODE_FLOAT:
        if (dpone_node_float64(value, &real) && isfinite(real)) {
            format_float(number, real);
            return dpone_string_of(number);
        }
        return dpone_node_text(value);
    default:
        return dpone_node_text(value);
    }
}

static int32_t render_value(struct mustache_renderer *renderer, const struct mustache_node *node,
                            const struct mustache_frame *frame) {
    char number[NUMBER_BYTES];
    const struct dpone_node *value = look_up(frame, node->text);
    enum dpone_node_kind kind = dpone_node_kind(value);
    if (value == NULL) {
        return missing(renderer, node, frame);
    }
    if (kind == DPONE_NODE_SEQUENCE || kind == DPONE_NODE_MAPPING) {
        return mustache_error(renderer->template, node->offset, DPONE_INVALID_ARGUMENT, renderer->error,
                              "'%.*s' is a %s, which has no text; use it as a section", (int)node->text.size,
                              node->text.data, kind == DPONE_NODE_SEQUENCE ? "list" : "mapping");
    }
    struct dpone_string text = scalar_text(number, value);
    if (node->kind == MUSTACHE_VALUE && renderer->context->escape == DPONE_TEMPLATE_ESCAPE_HTML) {
        return put_escaped(renderer, text);
    }
    return put(renderer, text.data, text.size);
}

static int is_line_break(struct dpone_string text) {
    return text.data[0] == '\n' || (text.size > 1 && text.data[0] == '\r' && text.data[1] == '\n');
}

/* Literal text; within an indented partial every line of it that is not empty gets the indentation. */
static int32_t render_text(const struct mustache_renderer *renderer, const struct mustache_node *node) {
    struct dpone_string rest = node->text;
    int line_starts = node->at_line_start;
    int32_t status = DPONE_OK;
    if (renderer->indent.size == 0) {
        return put(renderer, rest.data, rest.size);
    }
    while (rest.size > 0 && status == DPONE_OK) {
        const char *newline = memchr(rest.data, '\n', rest.size);
        size_t size = newline == NULL ? rest.size : (size_t)(newline - rest.data) + 1;
        if (line_starts && !is_line_break(rest)) {
            status = put_indent(renderer);
        }
        if (status == DPONE_OK) {
            status = put(renderer, rest.data, size);
        }
        rest.data += size;
        rest.size -= size;
        line_starts = 1;
    }
    return status;
}

static int32_t render_section(struct mustache_renderer *renderer, size_t index,
                              const struct mustache_frame *frame) {
    const struct mustache_node *node = &renderer->template->nodes[index];
    const struct dpone_node *value = look_up(frame, node->text);
    int inverted = node->kind == MUSTACHE_INVERTED;
    int32_t status = value == NULL ? missing(renderer, node, frame) : DPONE_OK;
    if (status != DPONE_OK || is_true(value) == inverted) {
        return status;
    }
    if (renderer->depth == DPONE_TEMPLATE_MAX_DEPTH) {
        return mustache_error(renderer->template, node->offset, DPONE_RESOURCE_EXHAUSTED, renderer->error,
                              "sections nest deeper than %d here, through partials",
                              DPONE_TEMPLATE_MAX_DEPTH);
    }
    int is_list = !inverted && dpone_node_kind(value) == DPONE_NODE_SEQUENCE;
    size_t count = is_list ? dpone_node_count(value) : 1;
    renderer->depth++;
    for (size_t i = 0; i < count && status == DPONE_OK; i++) {
        struct mustache_frame inner = {is_list ? dpone_node_at(value, i) : value, frame};
        status = count_step(renderer, node);
        if (status == DPONE_OK) {
            status = render_nodes(renderer, index + 1, node->end, inverted ? frame : &inner);
        }
    }
    renderer->depth--;
    return status;
}

/* Renders `partial` in place of the current template. A partial within a line keeps to that line: no
 * indentation. */
static int32_t render_within(struct mustache_renderer *renderer, const struct dpone_template *partial,
                             const struct mustache_node *node, const struct mustache_frame *frame) {
    const struct dpone_template *outer_template = renderer->template;
    struct dpone_text outer_indent = renderer->indent, indent = {0};
    int32_t status = DPONE_OK;
    if (node->indent.data != NULL) {
        status = dpone_text_append(&indent, outer_indent.data, outer_indent.size);
        if (status == DPONE_OK) {
            status = dpone_text_append(&indent, node->indent.data, node->indent.size);
        }
    }
    if (status != DPONE_OK) {
        status = dpone_text_memory_error(renderer->error);
    } else {
        renderer->indent = indent;
        renderer->template = partial;
        renderer->partial_depth++;
        status = render_nodes(renderer, 0, partial->count, frame);
        renderer->partial_depth--;
        renderer->template = outer_template;
        renderer->indent = outer_indent;
    }
    dpone_text_clear(&indent);
    return status;
}

static int32_t render_partial(struct mustache_renderer *renderer, const struct mustache_node *node,
                              const struct mustache_frame *frame) {
    const struct dpone_template_context *context = renderer->context;
    const struct dpone_template *partial = NULL;
    if (renderer->partial_depth == DPONE_TEMPLATE_MAX_PARTIAL_DEPTH) {
        return mustache_error(renderer->template, node->offset, DPONE_RESOURCE_EXHAUSTED, renderer->error,
                              "partials nest deeper than %d here; does '%.*s' insert itself without an end?",
                              DPONE_TEMPLATE_MAX_PARTIAL_DEPTH, (int)node->text.size, node->text.data);
    }
    int32_t status = context->partial == NULL
                         ? DPONE_OK
                         : context->partial(&partial, context->user, node->text, renderer->error);
    if (status != DPONE_OK) {
        return status;
    }
    if (partial == NULL && context->strict) {
        return mustache_error(renderer->template, node->offset, DPONE_INVALID_ARGUMENT, renderer->error,
                              "there is no partial '%.*s'", (int)node->text.size, node->text.data);
    }
    return partial == NULL ? DPONE_OK : render_within(renderer, partial, node, frame);
}

static int32_t render_node(struct mustache_renderer *renderer, size_t index,
                           const struct mustache_frame *frame) {
    const struct mustache_node *node = &renderer->template->nodes[index];
    int32_t status = count_step(renderer, node);
    renderer->offset = node->offset;
    if (status == DPONE_OK && node->kind == MUSTACHE_TEXT) {
        return render_text(renderer, node);
    }
    if (status == DPONE_OK && node->at_line_start) {
        status = put_indent(renderer);
    }
    if (status != DPONE_OK) {
        return status;
    }
    switch (node->kind) {
    case MUSTACHE_SECTION:
    case MUSTACHE_INVERTED:
        return render_section(renderer, index, frame);
    case MUSTACHE_PARTIAL:
        return render_partial(renderer, node, frame);
    default:
        return render_value(renderer, node, frame);
    }
}

static int32_t render_nodes(struct mustache_renderer *renderer, size_t from, size_t to,
                            const struct mustache_frame *frame) {
    int32_t status = DPONE_OK;
    for (size_t i = from; i < to && status == DPONE_OK;) {
        const struct mustache_node *node = &renderer->template->nodes[i];
        int is_section = node->kind == MUSTACHE_SECTION || node->kind == MUSTACHE_INVERTED;
        status = render_node(renderer, i, frame);
        i = is_section ? node->end : i + 1;
    }
    return status;
}

/* Chains the context's data into frames, one more than there are so that none is not a failure; NULL without
 * memory. */
static struct mustache_frame *make_frames(const struct dpone_template_context *context) {
    struct mustache_frame *frames = calloc(context->data_count + 1, sizeof(*frames));
    for (size_t i = 0; frames != NULL && i < context->data_count; i++) {
        frames[i] = (struct mustache_frame){context->data[i], i == 0 ? NULL : &frames[i - 1]};
    }
    return frames;
}

int32_t dpone_template_render(struct dpone_text *out, const struct dpone_template *self,
                              const struct dpone_template_context *context, struct dpone_error *error) {
    struct mustache_renderer renderer = {
        .out = out, .out_start = out->size, .template = self, .context = context, .error = error};
    struct mustache_frame *frames = make_frames(context);
    if (frames == NULL) {
        return dpone_text_memory_error(error);
    }
    const struct mustache_frame *innermost =
        context->data_count == 0 ? NULL : &frames[context->data_count - 1];
    int32_t status = render_nodes(&renderer, 0, self->count, innermost);
    free(frames);
    return status;
}

int dpone_template_truth(const struct dpone_template_context *context, struct dpone_string name) {
    const struct dpone_node *value = NULL;
    for (size_t i = context->data_count; i > 0 && value == NULL; i--) {
        struct mustache_frame frame = {context->data[i - 1], NULL};
        value = look_up(&frame, name);
    }
    return value == NULL ? -1 : is_true(value);
}
