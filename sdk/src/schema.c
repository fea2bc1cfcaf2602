/* Column types and schemas of them (dpone/schema.h). A schema made here owns two kinds of blocks: one of the
 * parent, which holds the children, and one per child with its texts, so that a child may be moved away. */
#include "schema.h"

#include <stdio.h>
#include <string.h>

#include <dpone/validate.h>

#include "memory.h"

struct type_row {
    const char *name;
    const char *format; /* NULL: made from precision and scale */
    size_t width;
};

static const struct type_row types[DPONE_TYPE_COUNT] = {
    [DPONE_TYPE_BOOL] = {"bool", "b", 0},
    [DPONE_TYPE_INT32] = {"int32", "i", 4},
    [DPONE_TYPE_INT64] = {"int64", "l", 8},
    [DPONE_TYPE_FLOAT64] = {"float64", "g", 8},
    [DPONE_TYPE_UTF8] = {"utf8", "u", 0},
    [DPONE_TYPE_BINARY] = {"binary", "z", 0},
    [DPONE_TYPE_DATE32] = {"date32", "tdD", 4},
    [DPONE_TYPE_TIMESTAMP_US] = {"timestamp_us", "tsu:UTC", 8},
    [DPONE_TYPE_DECIMAL128] = {"decimal128", NULL, 16},
};

#define MAXIMUM_PRECISION 38

const char *dpone_type_name(int32_t type) {
    return type >= 0 && type < DPONE_TYPE_COUNT ? types[type].name : NULL;
}

size_t dpone_type_width(int32_t type) {
    return types[type].width;
}

int dpone_type_has_offsets(int32_t type) {
    return type == DPONE_TYPE_UTF8 || type == DPONE_TYPE_BINARY;
}

const char *dpone_column_type_text(char out[DPONE_TYPE_TEXT_BYTES], const struct dpone_column *column) {
    if (column->type == DPONE_TYPE_DECIMAL128)
        (void)snprintf(out, DPONE_TYPE_TEXT_BYTES, "decimal128(%d,%d)", (int)column->precision,
                       (int)column->scale);
    else
        (void)snprintf(out, DPONE_TYPE_TEXT_BYTES, "%s", dpone_type_name(column->type));
    return out;
}

/* Reads one or two digits and then `end`; -1 when that is not what is there. */
static int32_t type_digits(const char **at, const char *limit, char end) {
    const char *start = *at;
    int32_t value = 0;
    while (*at < limit && **at >= '0' && **at <= '9' && *at - start < 2)
        value = value * 10 + (*(*at)++ - '0');
    if (*at == start || *at == limit || **at != end)
        return -1;
    (*at)++;
    return value;
}

static int type_decimal_fits(int32_t precision, int32_t scale) {
    return precision >= 1 && precision <= MAXIMUM_PRECISION && scale >= 0 && scale <= precision;
}

int32_t dpone_type_parse(struct dpone_string text, int32_t *type, int32_t *precision, int32_t *scale,
                         struct dpone_error *error) {
    static const char decimal[] = "decimal128(";
    *precision = 0;
    *scale = 0;
    for (*type = 0; *type < DPONE_TYPE_DECIMAL128; (*type)++)
        if (dpone_string_equal(text, dpone_string_of(types[*type].name)))
            return DPONE_OK;
    if (text.size > sizeof(decimal) - 1 && memcmp(text.data, decimal, sizeof(decimal) - 1) == 0) {
        const char *at = text.data + sizeof(decimal) - 1;
        const char *limit = text.data + text.size;
        *precision = type_digits(&at, limit, ',');
        *scale = *precision < 0 ? -1 : type_digits(&at, limit, ')');
        if (type_decimal_fits(*precision, *scale) && at == limit)
            return DPONE_OK;
    }
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                           "unknown type \"%.*s\": use bool, int32, int64, float64, utf8, binary, date32, "
                           "timestamp_us or decimal128(P,S) with P from 1 to 38 and S from 0 to P",
                           (int)(text.size < 40 ? text.size : 40), text.size == 0 ? "" : text.data);
}

/* "d:P,S" with the optional width that some producers add. */
static int schema_decimal_format(const char *format, struct dpone_column *out) {
    const char *limit = format + strlen(format);
    const char *at = format + 2;
    if (strncmp(format, "d:", 2) != 0)
        return 0;
    out->precision = type_digits(&at, limit, ',');
    const char *scale = at;
    out->scale = out->precision < 0 ? -1 : type_digits(&at, limit, ',');
    if (out->scale < 0) {
        at = scale;
        out->scale = type_digits(&at, limit + 1, '\0');
    } else if (strcmp(at, "128") != 0) {
        return 0;
    }
    out->type = DPONE_TYPE_DECIMAL128;
    return type_decimal_fits(out->precision, out->scale);
}

static int schema_format_column(const char *format, struct dpone_column *out) {
    for (int32_t type = 0; type < DPONE_TYPE_COUNT; type++)
        if (types[type].format != NULL && strcmp(types[type].format, format) == 0) {
            out->type = type;
            return 1;
        }
    return schema_decimal_format(format, out);
}

int32_t dpone_schema_column(const struct ArrowSchema *schema, int64_t index, struct dpone_column *out,
                            struct dpone_error *error) {
    if (index < 0 || index >= schema->n_children)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "column %lld: the schema has %lld columns",
                               (long long)index, (long long)schema->n_children);
    const struct ArrowSchema *child = schema->children[index];
    memset(out, 0, sizeof(*out));
    out->name = child->name == NULL ? "" : child->name;
    out->nullable = (child->flags & ARROW_FLAG_NULLABLE) != 0;
    if (child->dictionary != NULL)
        return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                               "column \"%s\": dictionary encoding is not of the ABI: send plain values",
                               out->name);
    if (child->format == NULL || !schema_format_column(child->format, out))
        return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                               "column \"%s\": Arrow format \"%.40s\" is not of the ABI: see dpone/arrow.h "
                               "for the ones that are",
                               out->name, child->format == NULL ? "" : child->format);
    return DPONE_OK;
}

int64_t dpone_schema_find(const struct ArrowSchema *schema, struct dpone_string name) {
    for (int64_t i = 0; i < schema->n_children; i++)
        if (dpone_string_equal(dpone_string_of(schema->children[i]->name), name))
            return i;
    return -1;
}

static int schema_column_equal(const struct dpone_column *left, const struct dpone_column *right) {
    return left->type == right->type && left->nullable == right->nullable &&
           left->precision == right->precision && left->scale == right->scale &&
           strcmp(left->name, right->name) == 0;
}

int dpone_schema_equal(const struct ArrowSchema *left, const struct ArrowSchema *right) {
    if (left->n_children != right->n_children)
        return 0;
    for (int64_t i = 0; i < left->n_children; i++) {
        struct dpone_column a;
        struct dpone_column b;
        if (dpone_schema_column(left, i, &a, NULL) != DPONE_OK ||
            dpone_schema_column(right, i, &b, NULL) != DPONE_OK || !schema_column_equal(&a, &b))
            return 0;
    }
    return 1;
}

static void schema_release_child(struct ArrowSchema *schema) {
    dpone_memory_free(schema->private_data);
    schema->release = NULL;
}

static void schema_release_parent(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
    dpone_memory_free(schema->private_data);
    schema->release = NULL;
}

/* Fills a child from a column that has been checked; 0 when out of memory. */
static int schema_fill_child(struct ArrowSchema *child, const struct dpone_column *column) {
    char decimal[DPONE_TYPE_TEXT_BYTES];
    const char *format = types[column->type].format;
    if (format == NULL) {
        (void)snprintf(decimal, sizeof(decimal), "d:%d,%d", (int)column->precision, (int)column->scale);
        format = decimal;
    }
    size_t format_size = strlen(format) + 1;
    size_t name_size = strlen(column->name) + 1;
    char *texts = dpone_memory_allocate(format_size + name_size);
    if (texts == NULL)
        return 0;
    memcpy(texts, format, format_size);
    memcpy(texts + format_size, column->name, name_size);
    child->format = texts;
    child->name = texts + format_size;
    child->flags = column->nullable ? ARROW_FLAG_NULLABLE : 0;
    child->private_data = texts;
    child->release = schema_release_child;
    return 1;
}

/* Is column `index` fit to stand in a schema beside those before it? */
static int32_t schema_check_column(const struct dpone_column *columns, size_t index,
                                   struct dpone_error *error) {
    const struct dpone_column *column = &columns[index];
    if (column->name == NULL || column->name[0] == '\0')
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "column %zu has no name", index);
    size_t size = strlen(column->name);
    if (dpone_utf8_valid_prefix(column->name, size) != size)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "column %zu: the name is not UTF-8", index);
    if (dpone_type_name(column->type) == NULL)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "column \"%s\": %d is no column type",
                               column->name, (int)column->type);
    if (column->type == DPONE_TYPE_DECIMAL128 && !type_decimal_fits(column->precision, column->scale))
        return dpone_error_set(
            error, DPONE_INVALID_ARGUMENT,
            "column \"%s\": decimal128(%d,%d) needs a precision from 1 to 38 and a scale from 0 to it",
            column->name, (int)column->precision, (int)column->scale);
    for (size_t i = 0; i < index; i++)
        if (strcmp(columns[i].name, column->name) == 0)
            return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                   "column \"%s\" stands twice, at %zu and %zu: rename one", column->name, i,
                                   index);
    return DPONE_OK;
}

int32_t dpone_schema_make(struct ArrowSchema *out, const struct dpone_column *columns, size_t count,
                          struct dpone_error *error) {
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        int32_t status = schema_check_column(columns, i, error);
        if (status != DPONE_OK)
            return status;
    }
    struct ArrowSchema *children =
        dpone_memory_allocate_zeroed(count, sizeof(struct ArrowSchema) + sizeof(struct ArrowSchema *));
    if (children == NULL)
        goto out_of_memory;
    out->format = "+s";
    out->name = "";
    out->n_children = (int64_t)count;
    out->children = (struct ArrowSchema **)(void *)(children + count);
    out->private_data = children;
    out->release = schema_release_parent;
    for (size_t i = 0; i < count; i++)
        out->children[i] = &children[i];
    for (size_t i = 0; i < count; i++)
        if (!schema_fill_child(&children[i], &columns[i]))
            goto out_of_memory;
    return DPONE_OK;

out_of_memory:
    if (out->release != NULL)
        out->release(out);
    memset(out, 0, sizeof(*out));
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a schema of %zu columns", count);
}

int32_t dpone_schema_copy(struct ArrowSchema *out, const struct ArrowSchema *schema,
                          struct dpone_error *error) {
    memset(out, 0, sizeof(*out));
    size_t count = (size_t)schema->n_children;
    struct dpone_column *columns = dpone_memory_allocate_zeroed(count, sizeof(*columns));
    if (columns == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a schema of %zu columns",
                               count);
    int32_t status = DPONE_OK;
    for (size_t i = 0; i < count && status == DPONE_OK; i++)
        status = dpone_schema_column(schema, (int64_t)i, &columns[i], error);
    if (status == DPONE_OK)
        status = dpone_schema_make(out, columns, count, error);
    dpone_memory_free(columns);
    return status;
}
