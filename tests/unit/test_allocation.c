/* Every allocation failure is an error: each scenario runs with the first allocation failing, then the
 * second, and so on, until it succeeds. What a failed run allocated must be freed. This file's pair replaces
 * that of sdk/src/memory.c at link time. */
#include "support.h"

#include <dpone/dpone.h>

void *dpone_memory_allocate(size_t size);
void dpone_memory_free(void *block);

static long allowed; /* allocations until the one that fails; negative: none fails */
static long live;    /* blocks not freed yet */

void *dpone_memory_allocate(size_t size) {
    void *block = NULL;
    if (allowed-- == 0 || posix_memalign(&block, 64, size == 0 ? 1 : size) != 0)
        return NULL;
    live++;
    return block;
}

void dpone_memory_free(void *block) {
    if (block != NULL)
        live--;
    free(block);
}

/* Runs a scenario with every allocation failing once: the status must say so, and nothing may stay. */
static void fail_each(int32_t (*scenario)(struct dpone_error *error), long expected_least) {
    long failures = 0;
    for (;; failures++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        live = 0;
        allowed = failures;
        int32_t status = scenario(&error);
        int was_reached = allowed < 0;
        allowed = -1;
        assert_int_equal(live, 0);
        if (!was_reached) {
            assert_int_equal(status, DPONE_OK);
            break;
        }
        assert_int_equal(status, DPONE_OUT_OF_MEMORY);
        assert_int_equal(error.status, DPONE_OUT_OF_MEMORY);
        assert_true(strstr(error.message, "out of memory") != NULL);
    }
    assert_true(failures >= expected_least);
}

static const struct dpone_column columns[] = {
    {"id", DPONE_TYPE_INT64, 0, 0, 0},         {"name", DPONE_TYPE_UTF8, 1, 0, 0},
    {"flag", DPONE_TYPE_BOOL, 1, 0, 0},        {"raw", DPONE_TYPE_BINARY, 1, 0, 0},
    {"small", DPONE_TYPE_INT32, 1, 0, 0},      {"real", DPONE_TYPE_FLOAT64, 1, 0, 0},
    {"price", DPONE_TYPE_DECIMAL128, 1, 9, 2}, {"day", DPONE_TYPE_DATE32, 1, 0, 0},
    {"at", DPONE_TYPE_TIMESTAMP_US, 1, 0, 0}};

#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static int32_t scenario_schema(struct dpone_error *error) {
    struct ArrowSchema schema;
    struct ArrowSchema copy;
    int32_t status = dpone_schema_make(&schema, columns, COLUMN_COUNT, error);
    if (status != DPONE_OK)
        return status;
    status = dpone_schema_copy(&copy, &schema, error);
    if (status == DPONE_OK)
        copy.release(&copy);
    schema.release(&schema);
    return status;
}

static int32_t add_rows(struct dpone_batch_builder *builder, struct dpone_error *error) {
    static const uint8_t big[600] = {0};
    for (int64_t row = 0; row < 700; row++) {
        dpone_batch_append_int64(builder, 0, row);
        if (row % 2 == 0)
            dpone_batch_append_text(builder, 1, "text", 4);
        dpone_batch_append_bool(builder, 2, 1);
        dpone_batch_append_binary(builder, 3, big, row == 0 ? sizeof(big) : 1);
        dpone_batch_append_int32(builder, 4, 1);
        dpone_batch_append_float64(builder, 5, 0.5);
        dpone_batch_append_decimal128(builder, 6, big);
        if (row % 2 == 0) {
            dpone_batch_append_int32(builder, 7, 1);
            dpone_batch_append_int64(builder, 8, 1);
        }
        int32_t status = dpone_batch_end_row(builder, error);
        if (status != DPONE_OK)
            return status;
    }
    return DPONE_OK;
}

static int32_t add_columns(struct dpone_batch_builder *builder, struct dpone_error *error) {
    static const int64_t ids[3] = {1, 2, 3};
    static const uint8_t flags[3] = {1, 0, 1};
    static const uint8_t values[3 * 16] = {0};
    static const int32_t offsets[4] = {0, 1, 2, 3};
    int32_t status = dpone_batch_builder_reserve(builder, 5000, 10, error);
    if (status == DPONE_OK)
        status = dpone_batch_append_column(builder, 0, ids, NULL, 3, error);
    if (status == DPONE_OK)
        status = dpone_batch_append_column_bytes(builder, 1, "abc", offsets, flags, 3, error);
    if (status == DPONE_OK)
        status = dpone_batch_append_column(builder, 2, flags, flags, 3, error);
    if (status == DPONE_OK)
        status = dpone_batch_append_column_bytes(builder, 3, "abc", offsets, NULL, 3, error);
    for (int64_t column = 4; column < (int64_t)COLUMN_COUNT && status == DPONE_OK; column++)
        status = dpone_batch_append_column(builder, column, values, flags, 3, error);
    return status;
}

/* Builds batches by `add`, hashes the last one through a view. */
static int32_t build(int32_t (*add)(struct dpone_batch_builder *builder, struct dpone_error *error),
                     struct dpone_error *error) {
    struct ArrowSchema schema = {0};
    struct dpone_batch_builder *builder = NULL;
    struct dpone_batch_view *view = NULL;
    struct ArrowArray first = {0};
    struct ArrowArray second = {0};
    struct dpone_digest digest = {{0}};
    int32_t status = dpone_schema_make(&schema, columns, COLUMN_COUNT, error);
    if (status == DPONE_OK)
        status = dpone_batch_builder_new(&builder, &schema, error);
    if (status == DPONE_OK)
        status = add(builder, error);
    if (status == DPONE_OK)
        status = dpone_batch_builder_finish(builder, &first, error);
    if (status == DPONE_OK)
        status = add(builder, error);
    if (status == DPONE_OK)
        status = dpone_batch_builder_finish(builder, &second, error);
    if (status == DPONE_OK)
        status = dpone_batch_view_new(&view, &schema, error);
    if (status == DPONE_OK)
        status = dpone_batch_view_set(view, &second, error);
    if (status == DPONE_OK)
        status = dpone_digest_add_batch(&digest, view, error);
    dpone_batch_view_free(view);
    if (first.release != NULL)
        first.release(&first);
    dpone_batch_builder_free(builder);
    if (second.release != NULL)
        second.release(&second);
    if (schema.release != NULL)
        schema.release(&schema);
    return status;
}

static int32_t scenario_rows(struct dpone_error *error) {
    return build(add_rows, error);
}

static int32_t scenario_columns(struct dpone_error *error) {
    return build(add_columns, error);
}

static int32_t scenario_empty_batch(struct dpone_error *error) {
    struct ArrowSchema schema = {0};
    struct dpone_batch_builder *builder = NULL;
    struct ArrowArray batch = {0};
    int32_t status = dpone_schema_make(&schema, columns, COLUMN_COUNT, error);
    if (status == DPONE_OK)
        status = dpone_batch_builder_new(&builder, &schema, error);
    if (status == DPONE_OK)
        status = dpone_batch_builder_finish(builder, &batch, error);
    if (batch.release != NULL)
        batch.release(&batch);
    dpone_batch_builder_free(builder);
    if (schema.release != NULL)
        schema.release(&schema);
    return status;
}

struct config {
    char *url;
    char *token;
    struct dpone_option *tree;
    char *mode;
};

static int32_t scenario_options(struct dpone_error *error) {
    static const struct dpone_option_rule rules[] = {
        {"url", DPONE_FIELD_STRING, 1, offsetof(struct config, url), 0, 0, NULL, NULL},
        {"token", DPONE_FIELD_SECRET, 1, offsetof(struct config, token), 0, 0, NULL, NULL},
        {"tree", DPONE_FIELD_TREE, 1, offsetof(struct config, tree), 0, 0, NULL, NULL},
        {"mode", DPONE_FIELD_STRING, 0, offsetof(struct config, mode), 0, 0, "fast", NULL},
        {NULL, 0, 0, 0, 0, 0, NULL, NULL}};
    struct dpone_option url = {
        .struct_size = sizeof(url), .kind = DPONE_OPTION_STRING, .key = {"url", 3}, .text = {"u", 1}};
    struct dpone_option token = {
        .struct_size = sizeof(url), .kind = DPONE_OPTION_SECRET, .key = {"token", 5}, .text = {"env:T", 5}};
    const struct dpone_option *leaves[] = {&url, &url};
    struct dpone_option tree = {.struct_size = sizeof(url),
                                .kind = DPONE_OPTION_LIST,
                                .key = {"tree", 4},
                                .child_count = 2,
                                .children = leaves};
    const struct dpone_option *children[] = {&url, &token, &tree};
    struct dpone_option map = {
        .struct_size = sizeof(url), .kind = DPONE_OPTION_MAP, .child_count = 3, .children = children};
    struct config config;
    int32_t status = dpone_options_bind(&config, rules, &map, error);
    dpone_options_clear(&config, rules);
    return status;
}

static int32_t lend_secret(void *context, struct dpone_string reference, struct dpone_buffer *out,
                           struct dpone_error *error) {
    (void)context;
    (void)reference;
    return dpone_buffer_copy(out, "value", 5) == DPONE_OK
               ? DPONE_OK
               : dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a secret of the host");
}

static int32_t scenario_secret(struct dpone_error *error) {
    static const struct dpone_host host = {.struct_size = sizeof(host), .secret = lend_secret};
    struct dpone_secret secret = DPONE_SECRET_INIT;
    int32_t status = dpone_secret_resolve(&secret, &host, "env:X", error);
    dpone_secret_clear(&secret);
    return status;
}

static int32_t nothing_next(void *context, struct ArrowArray *out, struct dpone_error *error) {
    (void)context;
    (void)out;
    (void)error;
    return DPONE_OK;
}

static void nothing_close(void *context) {
    (void)context;
}

static int32_t scenario_stream(struct dpone_error *error) {
    static const struct dpone_stream_functions functions = {.next = nothing_next, .close = nothing_close};
    struct ArrowSchema schema;
    struct ArrowArrayStream stream;
    int32_t status = dpone_schema_make(&schema, columns, 1, error);
    if (status != DPONE_OK)
        return status;
    status = dpone_stream_open(&stream, &schema, &functions, &schema, error);
    if (status == DPONE_OK)
        stream.release(&stream);
    schema.release(&schema);
    return status;
}

/* The stream of a reader, and the copy of the schema that it gives away. */
static int32_t scenario_reader(struct dpone_error *error) {
    static const struct dpone_stream_functions functions = {.next = nothing_next, .close = nothing_close};
    struct ArrowSchema schema = {0};
    struct ArrowSchema copy = {0};
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    int32_t status = dpone_schema_make(&schema, columns, 1, error);
    if (status == DPONE_OK)
        status = dpone_reader_open(&reader, &schema, &functions, &schema, error);
    if (status == DPONE_OK && reader.stream.get_schema(&reader.stream, &copy) != 0)
        status = reader.last_error(&reader, error);
    if (copy.release != NULL)
        copy.release(&copy);
    if (reader.close != NULL)
        reader.close(&reader);
    if (schema.release != NULL)
        schema.release(&schema);
    return status;
}

/* Copies whose callers write the message. */
static int32_t scenario_copies(struct dpone_error *error) {
    const struct dpone_option leaf = {
        .struct_size = sizeof(leaf), .kind = DPONE_OPTION_STRING, .key = {"k", 1}, .text = {"v", 1}};
    const struct dpone_option *children[] = {&leaf, &leaf};
    const struct dpone_option map = {
        .struct_size = sizeof(map), .kind = DPONE_OPTION_MAP, .child_count = 2, .children = children};
    struct dpone_buffer buffer = DPONE_BUFFER_INIT;
    struct dpone_option *option = NULL;
    int32_t status = dpone_buffer_copy(&buffer, "bytes", 5);
    if (status == DPONE_OK)
        status = dpone_option_copy(&option, &map);
    dpone_option_free(option);
    dpone_buffer_clear(&buffer);
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "out of memory");
}

static void allocation__fails_in_schemas(void **state) {
    (void)state;
    fail_each(scenario_schema, 10);
}

static void allocation__fails_in_rows(void **state) {
    (void)state;
    fail_each(scenario_rows, 30);
}

static void allocation__fails_in_columns(void **state) {
    (void)state;
    fail_each(scenario_columns, 20);
}

static void allocation__fails_in_an_empty_batch(void **state) {
    (void)state;
    fail_each(scenario_empty_batch, 15);
}

static void allocation__fails_in_options(void **state) {
    (void)state;
    fail_each(scenario_options, 6);
}

static void allocation__fails_in_secrets(void **state) {
    (void)state;
    fail_each(scenario_secret, 2);
}

static void allocation__fails_in_streams(void **state) {
    (void)state;
    fail_each(scenario_stream, 5);
    fail_each(scenario_reader, 7);
}

static void allocation__fails_in_copies(void **state) {
    (void)state;
    fail_each(scenario_copies, 4);
}

/* A row that ran out of memory is dropped; the rows before it and a second try are whole. */
static void allocation__leaves_a_batch_usable(void **state) {
    (void)state;
    for (long failing = 0; failing < 60; failing++) {
        struct ArrowSchema schema;
        struct dpone_batch_builder *builder = NULL;
        struct ArrowArray batch;
        int64_t rows = 0;
        allowed = -1;
        live = 0;
        assert_int_equal(dpone_schema_make(&schema, columns, COLUMN_COUNT, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_builder_new(&builder, &schema, NULL), DPONE_OK);
        allowed = failing;
        for (int64_t row = 0; row < 700; row++) {
            dpone_batch_append_int64(builder, 0, row);
            if (row % 2 == 0)
                dpone_batch_append_utf8(builder, 1, "text", 4);
            dpone_batch_append_null(builder, 2);
            if (dpone_batch_end_row(builder, NULL) == DPONE_OK)
                rows++;
        }
        allowed = -1;
        assert_int_equal(dpone_batch_builder_finish(builder, &batch, NULL), DPONE_OK);
        assert_int_equal(batch.length, rows);
        assert_in_range(rows, 699, 700);
        assert_int_equal(dpone_batch_validate(&schema, &batch, NULL), DPONE_OK);
        batch.release(&batch);
        dpone_batch_builder_free(builder);
        schema.release(&schema);
        assert_int_equal(live, 0);
    }
}

static int32_t take(void *context, const char *data, size_t size) {
    *(size_t *)context = size;
    return data != NULL ? DPONE_OK : DPONE_INTERNAL;
}

static void allocation__fails_in_the_text_of_long_bytes(void **state) {
    (void)state;
    static const uint8_t bytes[1000] = {0};
    static const int32_t offsets[2] = {0, 1000};
    struct dpone_column_view view = {
        .column = {"raw", DPONE_TYPE_BINARY, 1, 0, 0}, .values = bytes, .offsets = offsets};
    size_t size = 0;
    live = 0;
    allowed = 0;
    assert_int_equal(dpone_value_text_of_view(&view, 0, take, &size), DPONE_OUT_OF_MEMORY);
    assert_int_equal(size, 0);
    assert_int_equal(dpone_value_text_of_view(&view, 0, take, &size), DPONE_OK);
    assert_int_equal(size, 2000);
    assert_int_equal(live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocation__fails_in_schemas),
        cmocka_unit_test(allocation__fails_in_rows),
        cmocka_unit_test(allocation__fails_in_columns),
        cmocka_unit_test(allocation__fails_in_an_empty_batch),
        cmocka_unit_test(allocation__fails_in_options),
        cmocka_unit_test(allocation__fails_in_secrets),
        cmocka_unit_test(allocation__fails_in_streams),
        cmocka_unit_test(allocation__fails_in_copies),
        cmocka_unit_test(allocation__leaves_a_batch_usable),
        cmocka_unit_test(allocation__fails_in_the_text_of_long_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
