/* Canonical text: growing strings, JSON escaping, row lines, values there and back. */
#include "canonical.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Growing text ---- */

void dpone_canonical_text_clear(struct dpone_canonical_text *text) {
    free(text->data);
    memset(text, 0, sizeof(*text));
}

/* Makes room for `more` bytes and a terminator. */
static int text_reserve(struct dpone_canonical_text *text, size_t more) {
    if (text->failed || more > SIZE_MAX / 4 - text->size) {
        text->failed = 1;
        return 0;
    }
    size_t wanted = text->size + more + 1;
    if (wanted <= text->capacity) {
        return 1;
    }
    size_t capacity = wanted < 128 ? 128 : wanted * 2;
    char *data = realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = 1;
        return 0;
    }
    text->data = data;
    text->capacity = capacity;
    return 1;
}

void dpone_canonical_text_add(struct dpone_canonical_text *text, const void *data, size_t size) {
    if (!text_reserve(text, size)) {
        return;
    }
    if (size > 0) {
        memcpy(text->data + text->size, data, size);
    }
    text->size += size;
    text->data[text->size] = 0;
}

void dpone_canonical_text_add_string(struct dpone_canonical_text *text, const char *string) {
    dpone_canonical_text_add(text, string, strlen(string));
}

static void add_json_escape(struct dpone_canonical_text *text, unsigned char byte) {
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: byte, letter */
    for (size_t i = 0; i + 1 < sizeof(shorts); i += 2) {
        if ((unsigned char)shorts[i] == byte) {
            char escape[2] = {'\\', shorts[i + 1]};
            dpone_canonical_text_add(text, escape, sizeof(escape));
            return;
        }
    }
    char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    dpone_canonical_text_add(text, escape, sizeof(escape));
}

void dpone_canonical_text_add_json_string(struct dpone_canonical_text *text, const void *data, size_t size) {
    const unsigned char *bytes = data;
    size_t plain = 0;
    dpone_canonical_text_add(text, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < 0x20 || bytes[i] == '"' || bytes[i] == '\\' || bytes[i] == 0x7f) {
            dpone_canonical_text_add(text, bytes + plain, i - plain);
            add_json_escape(text, bytes[i]);
            plain = i + 1;
        }
    }
    if (size > plain) {
        dpone_canonical_text_add(text, bytes + plain, size - plain);
    }
    dpone_canonical_text_add(text, "\"", 1);
}

/* ---- Values ---- */

static void add_hex(struct dpone_canonical_text *text, struct dpone_bytes bytes) {
    static const char hex[] = "0123456789abcdef";
    if (!text_reserve(text, bytes.size * 2)) {
        return;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        text->data[text->size++] = hex[bytes.data[i] >> 4];
        text->data[text->size++] = hex[bytes.data[i] & 15];
    }
    text->data[text->size] = 0;
}

/* The fixed-size value in the C type that dpone_value_text_write() takes. */
static size_t fixed_text(char out[DPONE_VALUE_TEXT_BYTES], const struct dpone_column *column,
                         const struct dpone_fixture_value *value) {
    int32_t narrow = (int32_t)value->as.integer;
    switch (column->type) {
    case DPONE_TYPE_BOOL:
    case DPONE_TYPE_INT32:
    case DPONE_TYPE_DATE32:
        return dpone_value_text_write(out, column, &narrow);
    case DPONE_TYPE_FLOAT64:
        return dpone_value_text_write(out, column, &value->as.real);
    case DPONE_TYPE_DECIMAL128:
        return dpone_value_text_write(out, column, value->as.decimal);
    default:
        return dpone_value_text_write(out, column, &value->as.integer);
    }
}

void dpone_canonical_add_value(struct dpone_canonical_text *text, const struct dpone_column *column,
                               const struct dpone_fixture_value *value) {
    char fixed[DPONE_VALUE_TEXT_BYTES];
    if (column->type == DPONE_TYPE_UTF8) {
        dpone_canonical_text_add(text, value->as.bytes.data, value->as.bytes.size);
    } else if (column->type == DPONE_TYPE_BINARY) {
        add_hex(text, value->as.bytes);
    } else {
        size_t size = fixed_text(fixed, column, value);
        dpone_canonical_text_add(text, fixed, size);
    }
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int32_t read_hex(struct dpone_fixture_value *out, struct dpone_string text,
                        struct dpone_canonical_text *storage, struct dpone_error *error) {
    size_t start = storage->size;
    for (size_t i = 0; i + 1 < text.size; i += 2) {
        int high = hex_digit(text.data[i]);
        int low = hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0) {
            return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "byte %zu is no lower-case hexadecimal", i);
        }
        char byte = (char)(unsigned char)(high * 16 + low);
        dpone_canonical_text_add(storage, &byte, 1);
    }
    if (text.size % 2 != 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "an odd number of hexadecimal digits");
    }
    if (storage->failed) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a value");
    }
    out->as.bytes.data = (const uint8_t *)(storage->data != NULL ? storage->data + start : NULL);
    out->as.bytes.size = storage->size - start;
    return DPONE_OK;
}

int32_t dpone_canonical_read_value(struct dpone_fixture_value *out, const struct dpone_column *column,
                                   struct dpone_string text, struct dpone_canonical_text *storage,
                                   struct dpone_error *error) {
    int32_t narrow = 0;
    int32_t status = DPONE_OK;
    memset(out, 0, sizeof(*out));
    switch (column->type) {
    case DPONE_TYPE_UTF8:
        out->as.bytes.data = (const uint8_t *)text.data;
        out->as.bytes.size = text.size;
        return DPONE_OK;
    case DPONE_TYPE_BINARY:
        return read_hex(out, text, storage, error);
    case DPONE_TYPE_BOOL:
    case DPONE_TYPE_INT32:
    case DPONE_TYPE_DATE32:
        status = dpone_value_text_read(&narrow, column, text, error);
        out->as.integer = narrow;
        return status;
    case DPONE_TYPE_FLOAT64:
        return dpone_value_text_read(&out->as.real, column, text, error);
    case DPONE_TYPE_DECIMAL128:
        return dpone_value_text_read(out->as.decimal, column, text, error);
    default:
        return dpone_value_text_read(&out->as.integer, column, text, error);
    }
}

/* ---- Lines ---- */

/* Adds a value as a JSON string; only utf8 needs escaping. */
static void add_cell(struct dpone_canonical_text *text, const struct dpone_column *column,
                     const struct dpone_fixture_value *value) {
    if (value->is_null) {
        dpone_canonical_text_add(text, "null", 4);
    } else if (value->misfit) {
        dpone_canonical_text_add_string(text, "{\"misfit\":");
        dpone_canonical_text_add_json_string(text, value->as.bytes.data, value->as.bytes.size);
        dpone_canonical_text_add(text, "}", 1);
    } else if (column->type == DPONE_TYPE_UTF8) {
        dpone_canonical_text_add_json_string(text, value->as.bytes.data, value->as.bytes.size);
    } else {
        dpone_canonical_text_add(text, "\"", 1);
        dpone_canonical_add_value(text, column, value);
        dpone_canonical_text_add(text, "\"", 1);
    }
}

void dpone_canonical_add_row(struct dpone_canonical_text *text, const struct dpone_column *columns,
                             size_t count, const struct dpone_fixture_value *values) {
    dpone_canonical_text_add(text, "[", 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            dpone_canonical_text_add(text, ",", 1);
        }
        add_cell(text, &columns[i], &values[i]);
    }
    dpone_canonical_text_add(text, "]\n", 2);
}

void dpone_canonical_add_columns(struct dpone_canonical_text *text, const struct dpone_column *columns,
                                 size_t count) {
    char rest[128];
    dpone_canonical_text_add_string(text, "{\"columns\":[");
    for (size_t i = 0; i < count; i++) {
        dpone_canonical_text_add_string(text, i > 0 ? ",{\"name\":" : "{\"name\":");
        dpone_canonical_text_add_json_string(text, columns[i].name, strlen(columns[i].name));
        (void)snprintf(rest, sizeof(rest), ",\"type\":\"%s\",\"nullable\":%s,\"precision\":%d,\"scale\":%d}",
                       dpone_type_name(columns[i].type), columns[i].nullable ? "true" : "false",
                       columns[i].precision, columns[i].scale);
        dpone_canonical_text_add_string(text, rest);
    }
    dpone_canonical_text_add_string(text, "]}\n");
}

/* ---- Whole dumps ---- */

static int32_t write_line(FILE *out, struct dpone_canonical_text *line, struct dpone_error *error) {
    if (line->failed) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a line of a dump");
    }
    if (fwrite(line->data, 1, line->size, out) != line->size) {
        return dpone_error_set(error, DPONE_IO, "cannot write a dump: %s", strerror(errno));
    }
    line->size = 0;
    return DPONE_OK;
}

int32_t dpone_canonical_dump_rows(FILE *out, const struct dpone_fixture_rows *rows,
                                  struct dpone_error *error) {
    struct dpone_canonical_text line = {0};
    struct dpone_fixture_value *values = calloc(rows->column_count + 1, sizeof(*values));
    char *scratch = malloc((rows->column_count + 1) * DPONE_FIXTURE_SCRATCH_BYTES);
    int32_t status = values == NULL || scratch == NULL
                         ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a dump")
                         : DPONE_OK;
    if (status == DPONE_OK) {
        dpone_canonical_add_columns(&line, rows->columns, rows->column_count);
        status = write_line(out, &line, error);
    }
    for (int64_t row = 0; status == DPONE_OK && row < rows->row_count; row++) {
        for (size_t i = 0; i < rows->column_count; i++) {
            rows->value(rows->context, row, i, scratch + i * DPONE_FIXTURE_SCRATCH_BYTES, &values[i]);
        }
        dpone_canonical_add_row(&line, rows->columns, rows->column_count, values);
        status = write_line(out, &line, error);
    }
    dpone_canonical_text_clear(&line);
    free(values);
    free(scratch);
    return status;
}
