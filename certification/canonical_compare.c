/* Compares two dumps and says where they first differ, down to the column. */
#include "canonical.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One line of a dump, without its "\n". */
struct line {
    const char *data;
    size_t size;
    int64_t row; /* from 0, as it stood in the file */
};

struct dump {
    struct dpone_canonical_text text;
    struct line columns;
    struct line *rows;
    size_t count;
};

static void dump_clear(struct dump *dump) {
    dpone_canonical_text_clear(&dump->text);
    free(dump->rows);
}

static int32_t dump_read_file(struct dump *dump, const char *path, struct dpone_error *error) {
    char block[65536];
    size_t got = 0;
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        (void)dpone_error_set(error, DPONE_IO, "%s: %s", path, strerror(errno));
        return DPONE_IO;
    }
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        dpone_canonical_text_add(&dump->text, block, got);
    }
    int failed = ferror(file);
    (void)fclose(file);
    if (failed) {
        return dpone_error_set(error, DPONE_IO, "%s: cannot be read", path);
    }
    return dump->text.failed ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "%s: no memory to read it", path)
                             : DPONE_OK;
}

static size_t count_lines(const struct dpone_canonical_text *text) {
    size_t count = 0;
    for (size_t i = 0; i < text->size; i++) {
        count += text->data[i] == '\n';
    }
    return count;
}

static int32_t dump_open(struct dump *dump, const char *path, struct dpone_error *error) {
    static const char head[] = "{\"columns\":[";
    int32_t status = dump_read_file(dump, path, error);
    if (status != DPONE_OK) {
        return status;
    }
    size_t lines = count_lines(&dump->text);
    if (lines == 0 || dump->text.data[dump->text.size - 1] != '\n' ||
        strncmp(dump->text.data, head, sizeof(head) - 1) != 0) {
        (void)dpone_error_set(error, DPONE_DATA_CORRUPT, "%s: no complete dump of canonical rows", path);
        return DPONE_DATA_CORRUPT;
    }
    dump->rows = calloc(lines, sizeof(*dump->rows));
    if (dump->rows == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "%s: no memory to read it", path);
    }
    const char *at = dump->text.data;
    for (size_t i = 0; i < lines; i++) {
        const char *end = strchr(at, '\n');
        struct line line = {at, (size_t)(end - at), (int64_t)i - 1};
        if (i == 0) {
            dump->columns = line;
        } else {
            dump->rows[dump->count++] = line;
        }
        at = end + 1;
    }
    return DPONE_OK;
}

/* By bytes, then by place, so that the order is total. */
static int line_order(const void *left, const void *right) {
    const struct line *a = left;
    const struct line *b = right;
    int order = memcmp(a->data, b->data, a->size < b->size ? a->size : b->size);
    if (order == 0) {
        order = (a->size > b->size) - (a->size < b->size);
    }
    return order;
}

/* ---- Telling a difference ---- */

static void copy_cut(char *out, size_t capacity, const char *data, size_t size) {
    size_t kept = size < capacity - 1 ? size : capacity - 1;
    while (kept > 0 && kept < size && ((unsigned char)data[kept] & 0xc0) == 0x80) {
        kept--; /* never inside a character */
    }
    memcpy(out, data, kept);
    out[kept] = 0;
}

static void tell(struct dpone_difference *out, const char *where, const char *expected, size_t expected_size,
                 const char *observed, size_t observed_size) {
    copy_cut(out->where, sizeof(out->where), where, strlen(where));
    copy_cut(out->expected, sizeof(out->expected), expected, expected_size);
    copy_cut(out->observed, sizeof(out->observed), observed, observed_size);
}

static json_t *line_json(const struct line *line) {
    return json_loadb(line->data, line->size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
}

/* A cell as shown: its text with quotes, or null. */
static char *cell_text(const json_t *row, size_t index) {
    json_t *cell = json_array_get(row, index);
    char *text = cell == NULL ? NULL : json_dumps(cell, JSON_ENCODE_ANY);
    return text != NULL ? text : strdup("(no such column)");
}

/* Names the first column in which two rows differ. */
static void tell_column(struct dpone_difference *out, const struct line *columns, const struct line *expected,
                        const struct line *observed) {
    json_t *names = line_json(columns);
    json_t *left = line_json(expected);
    json_t *right = line_json(observed);
    size_t index = 0;
    while (index < json_array_size(left) &&
           json_equal(json_array_get(left, index), json_array_get(right, index))) {
        index++;
    }
    const char *name =
        json_string_value(json_object_get(json_array_get(json_object_get(names, "columns"), index), "name"));
    char *expected_cell = cell_text(left, index);
    char *observed_cell = cell_text(right, index);
    char *key = cell_text(left, 0);
    if (expected_cell != NULL && observed_cell != NULL && key != NULL) {
        char where[256];
        (void)snprintf(where, sizeof(where), "row %lld (first column %.60s), column \"%.100s\"",
                       (long long)expected->row, key, name != NULL ? name : "?");
        tell(out, where, expected_cell, strlen(expected_cell), observed_cell, strlen(observed_cell));
    }
    free(expected_cell);
    free(observed_cell);
    free(key);
    json_decref(names);
    json_decref(left);
    json_decref(right);
}

static void tell_row(struct dpone_difference *out, const struct line *expected, const struct line *observed) {
    static const char none[] = "(no such row)";
    char where[64];
    const struct line *present = expected != NULL ? expected : observed;
    (void)snprintf(where, sizeof(where), "row %lld", (long long)present->row);
    tell(out, where, expected != NULL ? expected->data : none,
         expected != NULL ? expected->size : sizeof(none) - 1, observed != NULL ? observed->data : none,
         observed != NULL ? observed->size : sizeof(none) - 1);
}

/* 1 when both rows begin with the same cell. */
static int same_key(const struct line *left, const struct line *right) {
    json_t *a = line_json(left);
    json_t *b = line_json(right);
    int same = json_is_string(json_array_get(a, 0)) && json_equal(json_array_get(a, 0), json_array_get(b, 0));
    json_decref(a);
    json_decref(b);
    return same;
}

/* ---- Comparing ---- */

/* "decimal128(18,4) \"price\" not null", or "(no such column)". */
static void column_text(char out[256], const json_t *column, int nullable_counts) {
    const char *name = NULL;
    const char *type = NULL;
    int nullable = 1;
    int precision = 0;
    int scale = 0;
    char digits[32] = "";
    if (json_unpack((json_t *)column, "{s:s, s:s, s:b, s:i, s:i}", "name", &name, "type", &type, "nullable",
                    &nullable, "precision", &precision, "scale", &scale) != 0) {
        (void)snprintf(out, 256, "(no such column)");
        return;
    }
    if (precision > 0) {
        (void)snprintf(digits, sizeof(digits), "(%d,%d)", precision, scale);
    }
    (void)snprintf(out, 256, "%s%s \"%.180s\"%s", type, digits, name,
                   nullable_counts && !nullable ? " not null" : "");
}

static void compare_columns(struct dpone_difference *out, const struct line *expected,
                            const struct line *observed, int nullable_counts) {
    json_t *left = line_json(expected);
    json_t *right = line_json(observed);
    json_t *left_columns = json_object_get(left, "columns");
    json_t *right_columns = json_object_get(right, "columns");
    size_t count = json_array_size(left_columns) > json_array_size(right_columns)
                       ? json_array_size(left_columns)
                       : json_array_size(right_columns);
    for (size_t i = 0; i < count && out->where[0] == 0; i++) {
        char texts[2][256];
        json_t *shown = json_array_get(i < json_array_size(left_columns) ? left_columns : right_columns, i);
        column_text(texts[0], json_array_get(left_columns, i), nullable_counts);
        column_text(texts[1], json_array_get(right_columns, i), nullable_counts);
        if (strcmp(texts[0], texts[1]) != 0) {
            char where[256];
            const char *name = json_string_value(json_object_get(shown, "name"));
            (void)snprintf(where, sizeof(where), "column %zu \"%.180s\"", i, name != NULL ? name : "?");
            tell(out, where, texts[0], strlen(texts[0]), texts[1], strlen(texts[1]));
        }
    }
    json_decref(left);
    json_decref(right);
}

static void compare_in_order(struct dpone_difference *out, const struct dump *expected,
                             const struct dump *observed) {
    size_t shorter = expected->count < observed->count ? expected->count : observed->count;
    for (size_t i = 0; i < shorter; i++) {
        if (line_order(&expected->rows[i], &observed->rows[i]) != 0) {
            out->missing_rows = out->surplus_rows = 1;
            tell_column(out, &expected->columns, &expected->rows[i], &observed->rows[i]);
            return;
        }
    }
    out->missing_rows = (int64_t)(expected->count - shorter);
    out->surplus_rows = (int64_t)(observed->count - shorter);
    if (expected->count > shorter) {
        tell_row(out, &expected->rows[shorter], NULL);
    } else if (observed->count > shorter) {
        tell_row(out, NULL, &observed->rows[shorter]);
    }
}

/* Walks both sorted lists; keeps the rows that stand in one only at the head of each list, and counts them.
 */
static void keep_unmatched(struct dpone_difference *out, struct dump *expected, struct dump *observed) {
    size_t e = 0;
    size_t o = 0;
    while (e < expected->count || o < observed->count) {
        int order = e == expected->count   ? 1
                    : o == observed->count ? -1
                                           : line_order(&expected->rows[e], &observed->rows[o]);
        if (order < 0) {
            expected->rows[out->missing_rows++] = expected->rows[e++];
        } else if (order > 0) {
            observed->rows[out->surplus_rows++] = observed->rows[o++];
        } else {
            e++;
            o++;
        }
    }
}

static const struct line *first_by_place(const struct line *rows, int64_t count) {
    const struct line *first = NULL;
    for (int64_t i = 0; i < count; i++) {
        if (first == NULL || rows[i].row < first->row) {
            first = &rows[i];
        }
    }
    return first;
}

static void dump_sort(struct dump *dump) {
    if (dump->count > 0) {
        qsort(dump->rows, dump->count, sizeof(*dump->rows), line_order);
    }
}

static void compare_multisets(struct dpone_difference *out, struct dump *expected, struct dump *observed) {
    dump_sort(expected);
    dump_sort(observed);
    keep_unmatched(out, expected, observed);
    const struct line *missing = first_by_place(expected->rows, out->missing_rows);
    const struct line *surplus = first_by_place(observed->rows, out->surplus_rows);
    if (missing == NULL) {
        if (surplus != NULL) {
            tell_row(out, NULL, surplus);
        }
        return;
    }
    for (int64_t i = 0; i < out->surplus_rows && i < 1000; i++) {
        if (same_key(missing, &observed->rows[i])) {
            tell_column(out, &expected->columns, missing, &observed->rows[i]);
            return;
        }
    }
    tell_row(out, missing, NULL);
}

int32_t dpone_canonical_compare(struct dpone_difference *out, const char *expected_path,
                                const char *observed_path, int32_t flags, struct dpone_error *error) {
    struct dump expected = {0};
    struct dump observed = {0};
    memset(out, 0, sizeof(*out));
    int32_t status = dump_open(&expected, expected_path, error);
    if (status == DPONE_OK) {
        status = dump_open(&observed, observed_path, error);
    }
    if (status == DPONE_OK) {
        out->expected_rows = (int64_t)expected.count;
        out->observed_rows = (int64_t)observed.count;
        compare_columns(out, &expected.columns, &observed.columns, (flags & DPONE_COMPARE_NULLABLE) != 0);
        out->equal = out->where[0] == 0;
        if (out->equal && (flags & DPONE_COMPARE_IN_ORDER) != 0) {
            compare_in_order(out, &expected, &observed);
        } else if (out->equal) {
            compare_multisets(out, &expected, &observed);
        }
        out->equal = out->where[0] == 0;
    }
    dump_clear(&expected);
    dump_clear(&observed);
    return status;
}
