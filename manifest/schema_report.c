/* How errors are worded and placed: see schema_internal.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/schema_internal.h"
#include "manifest/show.h"

int dpone_report_wanted(const struct dpone_evaluation *evaluation) {
    const struct dpone_diagnostics *out = evaluation->out;
    return out != NULL && (out->keep == 0 || out->count < out->keep);
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

static struct dpone_string key_text(const struct dpone_frame *frame) {
    return dpone_node_text(dpone_tape_resolve(frame->key));
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
        write_pointer_token(stream, key_text(frame));
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
        write_name(stream, key_text(frame), is_first);
    }
    return 0;
}

/* Pointer (for_people 0) or place of a frame, malloced; NULL without memory or for the place of the root. */
static char *describe_frame(const struct dpone_evaluation *evaluation, const struct dpone_frame *frame,
                            int for_people) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) {
        return NULL;
    }
    int is_root = 0;
    if (for_people) {
        is_root = write_place(stream, frame, evaluation->path);
    } else {
        fputs(evaluation->path == NULL ? "" : evaluation->path, stream);
        write_pointer(stream, frame);
    }
    if (fclose(stream) != 0 || is_root) {
        free(text);
        return NULL;
    }
    return text;
}

/* Writes the way from `at` to `node`, which lies in its content. */
static void write_way(FILE *stream, const struct dpone_node *at, const struct dpone_node *node) {
    while (at != node) {
        struct dpone_cursor cursor = dpone_cursor_of(at);
        const struct dpone_node *key = NULL;
        const struct dpone_node *value = NULL;
        size_t index = 0;
        while (dpone_cursor_next(&cursor, &key, &value) && (node < value || node >= dpone_tape_next(value))) {
            index++;
        }
        if (index == dpone_tape_count(at)) {
            return; /* reached through an alias: the way so far must do */
        }
        fputc('/', stream);
        if (key == NULL) {
            fprintf(stream, "%zu", index);
        } else {
            write_pointer_token(stream, dpone_node_text(dpone_tape_resolve(key)));
        }
        at = value;
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

/* "/properties/x/type" in the schema itself, "URI#/..." elsewhere. */
static char *schema_path(const struct dpone_evaluation *evaluation, const struct dpone_rule *rule) {
    char suffix[64];
    snprintf(suffix, sizeof suffix, "%s%s", rule->evaluate == dpone_rule_false ? "" : "/",
             rule->evaluate == dpone_rule_false ? "" : rule->keyword);
    char *pointer = dpone_node_pointer(rule->owner->node, suffix);
    const struct dpone_tree *tree = dpone_tape_tree(rule->owner->node);
    if (pointer == NULL || tree == evaluation->schema->main) {
        return pointer;
    }
    const char *name = dpone_tree_name(tree);
    size_t size = strlen(name) + strlen(pointer) + 2;
    char *whole = malloc(size);
    if (whole != NULL) {
        snprintf(whole, size, "%s#%s", name, pointer);
    }
    free(pointer);
    return whole;
}

static void report(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                   const struct dpone_frame *frame, const struct dpone_node *at, const char *format,
                   va_list arguments) {
    struct dpone_diagnostic problem = {
        .severity = DPONE_SEVERITY_ERROR, .status = DPONE_INVALID_ARGUMENT, .keyword = rule->keyword};
    if (dpone_report_wanted(evaluation)) {
        problem.start = dpone_node_start(at);
        problem.end = dpone_node_end(at);
        problem.place = describe_frame(evaluation, frame, 1);
        problem.path = describe_frame(evaluation, frame, 0);
        problem.schema_path = schema_path(evaluation, rule);
    }
    dpone_diagnostics_vadd(evaluation->out, &problem, format, arguments);
}

int dpone_report(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                 const struct dpone_frame *frame, const char *format, ...) {
    if (evaluation->out != NULL) {
        va_list arguments;
        va_start(arguments, format);
        report(evaluation, rule, frame, frame->raw, format, arguments);
        va_end(arguments);
    }
    return 0;
}

int dpone_report_key(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                     const struct dpone_frame *frame, const char *format, ...) {
    if (evaluation->out != NULL) {
        va_list arguments;
        va_start(arguments, format);
        report(evaluation, rule, frame, frame->key, format, arguments);
        va_end(arguments);
    }
    return 0;
}

int dpone_give_up(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                  const struct dpone_frame *frame, const char *what) {
    struct dpone_diagnostics *out = evaluation->out;
    evaluation->out = evaluation->problems;
    evaluation->gave_up = 1;
    dpone_report(evaluation, rule, frame, "%s", what);
    evaluation->out = out;
    return 0;
}
