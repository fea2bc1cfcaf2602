/* Arrow data from elsewhere: a schema and a batch made of the input, with buffers of exactly the size that
 * their lengths promise, so that AddressSanitizer sees any byte too many. What the validator accepts is then
 * read in full, which must be safe. */
#include <stdlib.h>
#include <string.h>

#include <dpone/batch_view.h>
#include <dpone/row_hash.h>
#include <dpone/validate.h>

#define COLUMNS 4
#define MAXIMUM_DATA 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, zero behind its end. */
struct input {
    const uint8_t *data;
    size_t size;
};

static uint8_t input_byte(struct input *input) {
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

/* A block of exactly `size` bytes from the input. */
static void *input_block(struct input *input, size_t size) {
    void *block = NULL;
    if (posix_memalign(&block, 64, size) != 0)
        abort();
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)block)[i] = input_byte(input);
    return block;
}

/* One column with what it needs to be a child of a schema and of a batch. */
struct column {
    struct ArrowSchema schema;
    struct ArrowArray array;
    char name[4];
    char format[8];
    void *blocks[3];
    const void *buffers[3];
};

static void release_nothing_schema(struct ArrowSchema *schema) {
    schema->release = NULL;
}

static void release_nothing(struct ArrowArray *array) {
    array->release = NULL;
}

static const char *const formats[] = {"b", "i", "l", "g", "u", "z", "tdD", "tsu:UTC"};
static const size_t widths[] = {0, 4, 8, 8, 0, 0, 4, 8, 16};

/* Which kind of column; 8 is a decimal, whose precision and scale come from the input. */
static int column_kind(struct column *column, struct input *input) {
    int kind = input_byte(input) % 9;
    static const char digits[] = "0123456789,x";
    if (kind < 8) {
        column->schema.format = formats[kind];
        return kind;
    }
    memcpy(column->format, "d:", 2);
    for (int i = 2; i < 7; i++)
        column->format[i] = digits[input_byte(input) % (sizeof(digits) - 1)];
    column->schema.format = input_byte(input) % 2 == 0 ? "d:9,2" : column->format;
    return kind;
}

static void column_make_schema(struct column *column, struct input *input, int index) {
    column->name[0] = (char)('a' + index);
    column->name[1] = (char)(input_byte(input) % 8 == 1 ? 0xFF : 0);
    column->schema.name = column->name;
    column->schema.flags = input_byte(input) % 2 == 0 ? ARROW_FLAG_NULLABLE : 0;
    column->schema.release = release_nothing_schema;
}

/* Offsets as the input has them; only the last is kept within what can be allocated. */
static size_t column_clamp_offsets(int32_t *offsets, int64_t rows) {
    if (offsets[rows] > MAXIMUM_DATA)
        offsets[rows] %= MAXIMUM_DATA;
    return offsets[rows] > 0 ? (size_t)offsets[rows] : 0;
}

/* Small steps make offsets that are often right. */
static void column_tame_offsets(int32_t *offsets, int64_t rows) {
    int32_t at = 0;
    for (int64_t i = 0; i <= rows; i++) {
        int32_t step = (int32_t)((uint32_t)offsets[i] % 4);
        offsets[i] = at;
        at += step;
    }
}

static void column_make_buffers(struct column *column, struct input *input, int kind, uint8_t choices) {
    int64_t slots = column->array.length + column->array.offset;
    column->blocks[0] = input_block(input, ((size_t)slots + 7) / 8);
    if (kind == 4 || kind == 5) {
        int32_t *offsets = input_block(input, ((size_t)slots + 1) * sizeof(int32_t));
        if (choices & 1)
            column_tame_offsets(offsets, slots);
        column->blocks[1] = offsets;
        column->blocks[2] = input_block(input, column_clamp_offsets(offsets, slots));
        column->array.n_buffers = 3;
    } else {
        size_t bytes = kind == 0 ? ((size_t)slots + 7) / 8 : (size_t)slots * widths[kind];
        column->blocks[1] = input_block(input, bytes);
        column->array.n_buffers = 2;
    }
    memcpy(column->buffers, column->blocks, sizeof(column->buffers));
    if (choices & 2)
        column->buffers[0] = NULL;
}

/* Rarely one thing more is wrong. */
static void column_break(struct column *column, struct input *input) {
    switch (input_byte(input)) {
    case 1:
        column->array.n_buffers = input_byte(input) - 128;
        break;
    case 2:
        column->buffers[input_byte(input) % 3] = NULL;
        break;
    case 3:
        column->buffers[1] = (const uint8_t *)column->buffers[1] + 4;
        break;
    case 4:
        column->array.n_children = 1;
        break;
    case 5:
        column->array.dictionary = &column->array;
        break;
    case 6:
        column->array.release = NULL;
        break;
    case 7:
        column->array.buffers = NULL;
        break;
    case 8:
        column->array.offset = INT64_MAX;
        break;
    default:
        break;
    }
}

static void column_make(struct column *column, struct input *input, int index, int64_t rows) {
    int kind = column_kind(column, input);
    column_make_schema(column, input, index);
    uint8_t choices = input_byte(input);
    column->array.length = choices & 4 ? input_byte(input) % 64 : rows;
    column->array.offset = choices & 8 ? input_byte(input) % 16 : 0;
    column->array.null_count = choices & 16 ? (int8_t)input_byte(input) : choices & 2 ? 0 : -1;
    column->array.buffers = column->buffers;
    column->array.release = release_nothing;
    column_make_buffers(column, input, kind, choices);
    column_break(column, input);
}

/* Reads every value of a batch that was found right. */
static void read_everything(const struct ArrowSchema *schema, const struct ArrowArray *batch) {
    struct dpone_batch_view *view = NULL;
    struct dpone_digest digest = {{0}};
    if (dpone_batch_view_new(&view, schema, NULL) != DPONE_OK ||
        dpone_batch_view_set(view, batch, NULL) != DPONE_OK ||
        dpone_digest_add_batch(&digest, view, NULL) != DPONE_OK)
        abort();
    dpone_batch_view_free(view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct column columns[COLUMNS];
    struct ArrowSchema *schemas[COLUMNS];
    struct ArrowArray *arrays[COLUMNS];
    const void *no_validity[1] = {NULL};
    struct dpone_error error = DPONE_ERROR_INIT;
    int count = 1 + input_byte(&input) % COLUMNS;
    int64_t rows = input_byte(&input) % 64;
    memset(columns, 0, sizeof(columns));
    for (int i = 0; i < count; i++) {
        column_make(&columns[i], &input, i, rows);
        schemas[i] = &columns[i].schema;
        arrays[i] = &columns[i].array;
    }
    struct ArrowSchema schema = {
        .format = "+s", .n_children = count, .children = schemas, .release = release_nothing_schema};
    struct ArrowArray batch = {.length = rows,
                               .n_buffers = 1,
                               .n_children = count,
                               .buffers = no_validity,
                               .children = arrays,
                               .release = release_nothing};
    if (dpone_schema_validate(&schema, &error) == DPONE_OK &&
        dpone_batch_validate(&schema, &batch, &error) == DPONE_OK)
        read_everything(&schema, &batch);
    else if (error.message[0] == '\0')
        abort();
    for (int i = 0; i < count; i++)
        for (int k = 0; k < 3; k++)
            free(columns[i].blocks[k]);
    return 0;
}
