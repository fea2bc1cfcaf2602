/* The list of problems of one file: see diagnostics.h. */
#include "manifest/diagnostics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void diagnostic_clear(struct dpone_diagnostic *diagnostic) {
    free(diagnostic->message);
    free(diagnostic->place);
    free(diagnostic->path);
    free(diagnostic->schema_path);
}

static char *format_message(const char *format, va_list arguments) {
    va_list copy;
    va_copy(copy, arguments);
    int size = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    char *message = size < 0 ? NULL : malloc((size_t)size + 1);
    if (message != NULL) {
        vsnprintf(message, (size_t)size + 1, format, arguments);
    }
    return message;
}

int dpone_diagnostics_has_room(const struct dpone_diagnostics *diagnostics, int32_t severity) {
    size_t kept = severity == DPONE_SEVERITY_ERROR ? diagnostics->count - diagnostics->kept_warnings
                                                   : diagnostics->kept_warnings;
    return diagnostics->keep == 0 || kept < diagnostics->keep;
}

static int reserve_one(struct dpone_diagnostics *diagnostics) {
    if (diagnostics->count < diagnostics->capacity) {
        return 1;
    }
    size_t capacity = diagnostics->capacity == 0 ? 8 : diagnostics->capacity * 2;
    struct dpone_diagnostic *items = realloc(diagnostics->items, capacity * sizeof *items);
    if (items == NULL) {
        return 0;
    }
    diagnostics->items = items;
    diagnostics->capacity = capacity;
    return 1;
}

static int append(struct dpone_diagnostics *diagnostics, const struct dpone_diagnostic *added) {
    if (!reserve_one(diagnostics)) {
        return 0;
    }
    diagnostics->items[diagnostics->count++] = *added;
    diagnostics->kept_warnings += added->severity != DPONE_SEVERITY_ERROR;
    return 1;
}

static int same_text(const char *left, const char *right) {
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

/* Two rules may find one mistake: the second says nothing new. */
static int is_known(const struct dpone_diagnostics *diagnostics, const struct dpone_diagnostic *added) {
    for (size_t i = diagnostics->count; i-- > 0;) {
        const struct dpone_diagnostic *item = &diagnostics->items[i];
        if (item->start.line == added->start.line && item->start.column == added->start.column &&
            item->severity == added->severity && same_text(item->message, added->message) &&
            same_text(item->path, added->path)) {
            return 1;
        }
    }
    return 0;
}

void dpone_diagnostics_vadd(struct dpone_diagnostics *diagnostics, const struct dpone_diagnostic *template,
                            const char *format, va_list arguments) {
    struct dpone_diagnostic added = *template;
    int has_room = dpone_diagnostics_has_room(diagnostics, added.severity);
    added.message = has_room ? format_message(format, arguments) : NULL;
    if (added.message != NULL && is_known(diagnostics, &added)) {
        diagnostic_clear(&added);
        return;
    }
    *(added.severity == DPONE_SEVERITY_ERROR ? &diagnostics->errors : &diagnostics->warnings) += 1;
    if (added.message == NULL || !append(diagnostics, &added)) {
        diagnostic_clear(&added);
    }
}

void dpone_diagnostics_add(struct dpone_diagnostics *diagnostics, const struct dpone_diagnostic *template,
                           const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    dpone_diagnostics_vadd(diagnostics, template, format, arguments);
    va_end(arguments);
}

void dpone_diagnostics_move(struct dpone_diagnostics *to, struct dpone_diagnostics *from) {
    for (size_t i = 0; i < from->count; i++) {
        const struct dpone_diagnostic *moved = &from->items[i];
        if (!dpone_diagnostics_has_room(to, moved->severity) || !append(to, moved)) {
            diagnostic_clear(&from->items[i]);
        }
    }
    to->errors += from->errors;
    to->warnings += from->warnings;
    from->count = 0;
    dpone_diagnostics_clear(from);
}

static void drop_at(struct dpone_diagnostics *diagnostics, size_t index) {
    struct dpone_diagnostic *item = &diagnostics->items[index];
    int is_warning = item->severity != DPONE_SEVERITY_ERROR;
    *(is_warning ? &diagnostics->warnings : &diagnostics->errors) -= 1;
    diagnostics->kept_warnings -= (size_t)is_warning;
    diagnostic_clear(item);
    memmove(item, item + 1, (--diagnostics->count - index) * sizeof *item);
}

void dpone_diagnostics_drop(struct dpone_diagnostics *diagnostics, const char *keyword) {
    for (size_t i = diagnostics->count; i-- > 0;) {
        if (strcmp(diagnostics->items[i].keyword, keyword) == 0) {
            drop_at(diagnostics, i);
        }
    }
}

static int is_missing_key(const struct dpone_diagnostic *problem) {
    return problem->meant.size > 0 && strcmp(problem->keyword, "additionalProperties") != 0;
}

/* 1 when `unknown` stands in the mapping that `missing` is about, and is taken for its key. */
static int explains(const struct dpone_diagnostic *unknown, const struct dpone_diagnostic *missing) {
    if (is_missing_key(unknown) || !dpone_string_equal(unknown->meant, missing->meant) ||
        unknown->path == NULL || missing->path == NULL) {
        return 0;
    }
    size_t size = strlen(missing->path);
    return strncmp(unknown->path, missing->path, size) == 0 && unknown->path[size] == '/' &&
           strchr(unknown->path + size + 1, '/') == NULL;
}

void dpone_diagnostics_pair_typos(struct dpone_diagnostics *diagnostics) {
    for (size_t i = diagnostics->count; i-- > 0;) {
        size_t other = is_missing_key(&diagnostics->items[i]) ? 0 : diagnostics->count;
        while (other < diagnostics->count && !explains(&diagnostics->items[other], &diagnostics->items[i])) {
            other++;
        }
        if (other < diagnostics->count) {
            drop_at(diagnostics, i);
        }
    }
}

static int goes_before(const struct dpone_diagnostic *left, const struct dpone_diagnostic *right) {
    return left->start.offset < right->start.offset;
}

/* Insertion sort: a list is short or nearly in order, and equal places must keep their order. */
void dpone_diagnostics_sort(struct dpone_diagnostics *diagnostics) {
    for (size_t i = 1; i < diagnostics->count; i++) {
        struct dpone_diagnostic moved = diagnostics->items[i];
        size_t place = i;
        while (place > 0 && goes_before(&moved, &diagnostics->items[place - 1])) {
            diagnostics->items[place] = diagnostics->items[place - 1];
            place--;
        }
        diagnostics->items[place] = moved;
    }
}

int32_t dpone_diagnostics_first_error(const struct dpone_diagnostics *diagnostics, const char *name,
                                      struct dpone_error *error) {
    if (diagnostics->errors == 0) {
        return DPONE_OK;
    }
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct dpone_diagnostic *first = &diagnostics->items[i];
        if (first->severity != DPONE_SEVERITY_ERROR) {
            continue;
        }
        if (first->start.line == 0) {
            return dpone_error_set(error, first->status, "%s: error: %s", name, first->message);
        }
        return dpone_error_set(error, first->status, "%s:%u:%u: error: %s%s%s", name,
                               (unsigned)first->start.line, (unsigned)first->start.column,
                               first->place == NULL ? "" : first->place, first->place == NULL ? "" : ": ",
                               first->message);
    }
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "%s: error: not enough memory to report a problem",
                           name);
}

void dpone_diagnostics_clear(struct dpone_diagnostics *diagnostics) {
    for (size_t i = 0; i < diagnostics->count; i++) {
        diagnostic_clear(&diagnostics->items[i]);
    }
    free(diagnostics->items);
    *diagnostics = (struct dpone_diagnostics){.keep = diagnostics->keep};
}
