/* The values that a column may hold: a sorted list of texts. */
#include "runtime/value_set.h"

#include <stdlib.h>
#include <string.h>

#include <dpone/value_text.h>

struct dpone_value_set {
    struct dpone_string *items; /* each a block of its own */
    size_t count;
};

static int compare_texts(const void *left, const void *right) {
    const struct dpone_string *a = left;
    const struct dpone_string *b = right;
    if (a->size != b->size) {
        return a->size < b->size ? -1 : 1;
    }
    return a->size == 0 ? 0 : memcmp(a->data, b->data, a->size);
}

static int32_t add(struct dpone_value_set *set, const char *data, size_t size, struct dpone_error *error) {
    char *copy = malloc(size + 1);
    if (copy == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for accepted values");
    }
    memcpy(copy, size == 0 ? "" : data, size);
    set->items[set->count++] = (struct dpone_string){copy, size};
    return DPONE_OK;
}

/* utf8 and binary are their own spelling; the others have one that is written back. */
static int32_t add_canonical(struct dpone_value_set *set, const struct dpone_column *column,
                             struct dpone_string text, struct dpone_error *error) {
    union {
        int64_t integer;
        double real;
        uint8_t decimal[16];
    } value = {0};
    char canonical[DPONE_VALUE_TEXT_BYTES];
    if (column->type == DPONE_TYPE_UTF8 || column->type == DPONE_TYPE_BINARY) {
        return add(set, text.data, text.size, error);
    }
    int32_t status = dpone_value_text_read(&value, column, text, error);
    return status == DPONE_OK ? add(set, canonical, dpone_value_text_write(canonical, column, &value), error)
                              : status;
}

int32_t dpone_value_set_new(struct dpone_value_set **out, const struct dpone_column *column,
                            const struct dpone_string *texts, size_t count, struct dpone_error *error) {
    *out = NULL;
    struct dpone_value_set *set = calloc(1, sizeof *set);
    if (set != NULL) {
        set->items = calloc(count + 1, sizeof *set->items);
    }
    if (set == NULL || set->items == NULL) {
        free(set);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for accepted values");
    }
    for (size_t i = 0; i < count; i++) {
        int32_t status = add_canonical(set, column, texts[i], error);
        if (status != DPONE_OK) {
            dpone_value_set_free(set);
            return status;
        }
    }
    qsort(set->items, set->count, sizeof *set->items, compare_texts);
    *out = set;
    return DPONE_OK;
}

void dpone_value_set_free(struct dpone_value_set *set) {
    if (set != NULL) {
        for (size_t i = 0; i < set->count; i++) {
            free((char *)(uintptr_t)set->items[i].data);
        }
        free(set->items);
        free(set);
    }
}

int dpone_value_set_has(const struct dpone_value_set *set, struct dpone_string text) {
    return bsearch(&text, set->items, set->count, sizeof *set->items, compare_texts) != NULL;
}
