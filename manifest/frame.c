/* Frames, and the ways they are written: see frame.h. */
#include "manifest/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/secret_text.h"
#include "manifest/show.h"

struct dpone_frame dpone_frame_get(const struct dpone_frame *parent, const char *key) {
    struct dpone_frame child = {.parent = parent};
    struct dpone_string wanted = dpone_string_of(key);
    if (dpone_node_kind(parent->node) != DPONE_NODE_MAPPING ||
        dpone_node_find(parent->node, wanted) == NULL) {
        return child;
    }
    struct dpone_cursor cursor = dpone_cursor_of(parent->node);
    while (dpone_frame_next(&cursor, &child) && !dpone_string_equal(dpone_frame_key(&child), wanted)) {
    }
    return child;
}

int dpone_frame_next(struct dpone_cursor *cursor, struct dpone_frame *child) {
    uint32_t before = cursor->left;
    if (!dpone_cursor_next(cursor, &child->key, &child->raw)) {
        return 0;
    }
    child->node = dpone_tape_resolve(child->raw);
    child->index = dpone_tape_count(cursor->collection) - before;
    return 1;
}

struct dpone_string dpone_frame_key(const struct dpone_frame *frame) {
    return frame->key == NULL ? (struct dpone_string){NULL, 0}
                              : dpone_node_text(dpone_tape_resolve(frame->key));
}

int dpone_frame_is_secret(const struct dpone_frame *frame) {
    const struct dpone_frame *named = frame;
    while (named->parent != NULL && named->key == NULL) {
        named = named->parent;
    }
    return (dpone_is_secret_name(dpone_frame_key(named)) &&
            dpone_node_kind(frame->node) != DPONE_NODE_MAPPING) ||
           (dpone_node_kind(frame->node) == DPONE_NODE_STRING &&
            dpone_holds_credentials(dpone_node_text(frame->node)));
}

size_t dpone_frame_depth(const struct dpone_frame *frame) {
    size_t depth = 0;
    for (; frame->parent != NULL; frame = frame->parent) {
        depth++;
    }
    return depth;
}

static void write_pointer_token(FILE *stream, struct dpone_string token) {
    for (size_t i = 0; i < token.size; i++) {
        if (token.data[i] == '~' || token.data[i] == '/') {
            fputs(token.data[i] == '~' ? "~0" : "~1", stream);
        } else {
            fputc(token.data[i], stream);
        }
    }
}

static void write_pointer(FILE *stream, const struct dpone_frame *frame) {
    if (frame->parent == NULL) {
        return;
    }
    write_pointer(stream, frame->parent);
    if (frame->key == NULL) {
        fprintf(stream, "/%zu", frame->index);
    } else {
        fputc('/', stream);
        write_pointer_token(stream, dpone_frame_key(frame));
    }
}

static int is_plain_name(struct dpone_string text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        int letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') {
            return 0;
        }
    }
    return text.size > 0;
}

static void write_name(FILE *stream, struct dpone_string name, int is_first) {
    char shown[DPONE_SHOWN_BYTES];
    if (!is_first) {
        fputc('.', stream);
    }
    if (is_plain_name(name) && name.size < DPONE_SHOWN_BYTES) {
        fprintf(stream, "%.*s", (int)name.size, name.data);
    } else {
        fputs(dpone_show_text(shown, name), stream);
    }
}

/* The place of the node that the evaluation began with, from its pointer. Escapes stay as they are. */
static int write_place_of_path(FILE *stream, const char *path) {
    int is_first = 1;
    while (path != NULL && *path == '/') {
        size_t size = strcspn(path + 1, "/");
        struct dpone_string token = {path + 1, size};
        if (size > 0 && strspn(path + 1, "0123456789") >= size) {
            fprintf(stream, "[%.*s]", (int)size, token.data);
        } else {
            write_name(stream, token, is_first);
        }
        is_first = 0;
        path += 1 + size;
    }
    return is_first;
}

/* Returns whether nothing was written. */
static int write_place(FILE *stream, const struct dpone_frame *frame, const char *path) {
    if (frame->parent == NULL) {
        return write_place_of_path(stream, path);
    }
    int is_first = write_place(stream, frame->parent, path);
    if (frame->key == NULL) {
        fprintf(stream, "[%zu]", frame->index);
    } else {
        write_name(stream, dpone_frame_key(frame), is_first);
    }
    return 0;
}

char *dpone_frame_pointer(const struct dpone_frame *frame, const char *prefix) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) {
        return NULL;
    }
    fputs(prefix == NULL ? "" : prefix, stream);
    write_pointer(stream, frame);
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

char *dpone_frame_place(const struct dpone_frame *frame, const char *prefix) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) {
        return NULL;
    }
    int is_root = write_place(stream, frame, prefix);
    if (fclose(stream) != 0 || is_root) {
        free(text);
        return NULL;
    }
    return text;
}

/* The value in `at` that is or holds `node`, or whose key is `node`, as it was written: what is merged or
 * aliased lies elsewhere. *key is NULL in a list; NULL when there is none. */
static const struct dpone_node *child_with(const struct dpone_node *at, const struct dpone_node *node,
                                           const struct dpone_node **key, size_t *index) {
    const struct dpone_node *end = dpone_tape_next(at);
    const struct dpone_node *value = at + 1;
    int is_mapping = dpone_tape_kind(at) == DPONE_NODE_MAPPING;
    for (*index = 0; value < end; ++*index) {
        *key = is_mapping ? value : NULL;
        value = is_mapping ? dpone_tape_next(value) : value;
        if (node < dpone_tape_next(value)) {
            return value;
        }
        value = dpone_tape_next(value);
    }
    return NULL;
}

/* Writes the way from `at` to `node`, a value or key in its content. */
static void write_way(FILE *stream, const struct dpone_node *at, const struct dpone_node *node) {
    const struct dpone_node *key = NULL;
    size_t index;
    while (at != NULL && at != node && key != node && dpone_tape_is_collection(at)) {
        at = child_with(at, node, &key, &index);
        if (at != NULL && key == NULL) {
            fprintf(stream, "/%zu", index);
        } else if (at != NULL) {
            fputc('/', stream);
            write_pointer_token(stream, dpone_node_text(dpone_tape_resolve(key)));
        }
    }
}

char *dpone_node_pointer(const struct dpone_node *node, const char *suffix) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) {
        return NULL;
    }
    write_way(stream, dpone_tree_root(dpone_tape_tree(node)), node);
    fputs(suffix, stream);
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

void dpone_frame_problem(struct dpone_diagnostics *diagnostics, const struct dpone_diagnostic *template,
                         const struct dpone_frame *frame, const struct dpone_node *at, const char *prefix,
                         const char *format, va_list arguments) {
    struct dpone_diagnostic problem = *template;
    if (dpone_diagnostics_has_room(diagnostics, problem.severity)) {
        problem.hidden |= dpone_frame_is_secret(frame);
        problem.start = dpone_node_start(at);
        problem.end = dpone_node_end(at);
        problem.place = dpone_frame_place(frame, prefix);
        problem.path = dpone_frame_pointer(frame, prefix);
    }
    dpone_diagnostics_vadd(diagnostics, &problem, format, arguments);
}
