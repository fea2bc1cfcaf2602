/* The reading half of an api package, part by part: addresses, values, columns, positions, pages. */
#include <stdio.h>

#include "played_api.h"

#include "json_value.h"
#include "pages.h"
#include "position.h"
#include "url.h"

#define ANSWER(text)                                                                                         \
    { .http_status = 200, .body = (text) }

static json_t *json_of(const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    return json;
}

/* ---- Addresses ---- */

static void expect_path(const char *base, const char *path, const char *schema, const char *name,
                        const char *expected) {
    struct demo_api_text url = {0};
    const struct dpone_table table = {dpone_string_of(schema), dpone_string_of(name)};
    assert_int_equal(demo_api_url_add_path(&url, base, path, &table, NULL), DPONE_OK);
    assert_string_equal(url.data, expected);
    demo_api_text_clear(&url);
}

static void url_path__keeps_names_as_data(void **state) {
    (void)state;
    expect_path("https://a/v1/", "/{schema}/{table}", "s p", "a/b?c", "https://a/v1/s%20p/a%2Fb%3Fc");
    expect_path("https://a", "x/{table}.json", NULL, "\xc3\xbc'; drop",
                "https://a/x/%C3%BC%27%3B%20drop.json");
    expect_path("https://a", "", NULL, NULL, "https://a");
}

static void url_path__refuses_names_that_walk(void **state) {
    static const struct {
        const char *name;
        const char *message;
    } rows[] = {{"..", "\"..\" cannot be the name of a table"},
                {".", "\".\" cannot be the name of a table"},
                {"", "the address needs a table name and the request has none"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct demo_api_text url = {0};
        struct dpone_error error = DPONE_ERROR_INIT;
        const struct dpone_table table = {.name = dpone_string_of(rows[i].name)};
        assert_int_equal(demo_api_url_add_path(&url, "https://a", "/{table}", &table, &error),
                         DPONE_INVALID_ARGUMENT);
        assert_string_equal(error.message, rows[i].message);
        demo_api_text_clear(&url);
    }
}

static void url_check__names_what_is_wrong(void **state) {
    static const struct {
        const char *url;
        const char *message;
    } rows[] = {
        {"ftp://a/b", "base_url: no http:// or https:// address, for example https://api.example.com/v1"},
        {"https://", "base_url: no http:// or https:// address, for example https://api.example.com/v1"},
        {"https://u@a", "base_url: holds credentials; use authentication, username and token"},
        {"https://a/?x=1", "base_url: holds a query or fragment; use query for fixed parameters"},
        {"https://a/#x", "base_url: holds a query or fragment; use query for fixed parameters"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        assert_int_equal(demo_api_url_check(rows[i].url, &error), DPONE_INVALID_ARGUMENT);
        assert_string_equal(error.message, rows[i].message);
    }
    assert_int_equal(demo_api_url_check("http://127.0.0.1:8080/api", NULL), DPONE_OK);
}

static void url_follow__stays_on_the_server(void **state) {
    static const struct {
        const char *reference;
        int32_t status;
        const char *result;
    } rows[] = {{"?page=2", DPONE_OK, "https://a.example/v1/x?page=2"},
                {"/v2/y", DPONE_OK, "https://a.example/v2/y"},
                {"https://a.example:443/z", DPONE_OK, "https://a.example:443/z"},
                {"http://a.example/z", DPONE_PERMISSION_DENIED, NULL},
                {"https://b.example/z", DPONE_PERMISSION_DENIED, NULL},
                {"https://a.example:444/z", DPONE_PERMISSION_DENIED, NULL},
                {"https://a.example@b.example/", DPONE_PERMISSION_DENIED, NULL},
                {"//b.example/z", DPONE_PERMISSION_DENIED, NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct demo_api_text out = {0};
        assert_int_equal(demo_api_url_follow(&out, "https://a.example/v1/x?page=1", rows[i].reference, NULL),
                         rows[i].status);
        if (rows[i].status == DPONE_OK) {
            assert_string_equal(out.data, rows[i].result);
        }
        demo_api_text_clear(&out);
    }
}

/* ---- Values ---- */

/* The canonical text of the value that JSON becomes in a column of that type; NULL when it is refused. */
static const char *convert(const char *type, const char *text, char out[128]) {
    struct dpone_column column = {.name = "c", .nullable = 1};
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_batch_builder *builder = NULL;
    struct dpone_batch_view *view = NULL;
    assert_int_equal(
        dpone_type_parse(dpone_string_of(type), &column.type, &column.precision, &column.scale, NULL),
        DPONE_OK);
    assert_int_equal(dpone_schema_make(&schema, &column, 1, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&builder, &schema, NULL), DPONE_OK);
    json_t *json = json_of(text);
    int32_t status = demo_api_value_append(builder, &column, 0, json);
    status = status == DPONE_OK ? dpone_batch_end_row(builder, NULL) : status;
    json_decref(json);
    if (status == DPONE_OK) {
        struct demo_api_text canonical = {0};
        assert_int_equal(dpone_batch_builder_finish(builder, &batch, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_view_new(&view, &schema, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
        const struct dpone_column_view *values = &view->columns[0];
        if (values->column.type == DPONE_TYPE_UTF8) {
            struct dpone_string value = dpone_view_utf8(values, 0);
            demo_api_text_add(&canonical, value.data, value.size);
        } else {
            const void *value = (const char *)values->values;
            int32_t truth = values->column.type == DPONE_TYPE_BOOL && dpone_view_bool(values, 0);
            char fixed[DPONE_VALUE_TEXT_BYTES];
            dpone_value_text_write(fixed, &values->column,
                                   values->column.type == DPONE_TYPE_BOOL ? &truth : value);
            demo_api_text_add_string(&canonical, fixed);
        }
        memset(out, 0, 128);
        memcpy(out, canonical.data, canonical.size < 127 ? canonical.size : 127);
        demo_api_text_clear(&canonical);
        dpone_batch_view_free(view);
        batch.release(&batch);
    }
    dpone_batch_builder_free(builder);
    schema.release(&schema);
    return status == DPONE_OK ? out : NULL;
}

static void json_value__is_exact_or_refused(void **state) {
    static const struct {
        const char *type;
        const char *json;
        const char *expected; /* NULL: refused */
    } rows[] = {
        {"bool", "true", "true"},
        {"bool", "1", NULL},
        {"int32", "2147483647", "2147483647"},
        {"int32", "2147483648", NULL},
        {"int64", "9223372036854775807", "9223372036854775807"},
        {"int64", "\"9007199254740993\"", "9007199254740993"},
        {"int64", "1.5", NULL},
        {"int64", "\"007\"", NULL},
        {"float64", "3", "3"},
        {"float64", "9007199254740993", NULL},
        {"float64", "-0.0", "-0"},
        {"float64", "\"NaN\"", "NaN"},
        {"utf8", "\"00123\"", "00123"},
        {"utf8", "{\"a\": [1, null]}", "{\"a\":[1,null]}"},
        {"utf8", "true", "true"},
        {"date32", "\"2024-02-29\"", "2024-02-29"},
        {"date32", "\"2023-02-29\"", NULL},
        {"timestamp_us", "\"2024-01-01T00:00:00Z\"", "2024-01-01T00:00:00.000000Z"},
        {"timestamp_us", "\"2024-01-01 02:00:00.5+02:00\"", "2024-01-01T00:00:00.500000Z"},
        {"timestamp_us", "\"2023-12-31T20:30:00-0330\"", "2024-01-01T00:00:00.000000Z"},
        {"timestamp_us", "\"2024-01-01T00:00:00.1234560Z\"", "2024-01-01T00:00:00.123456Z"},
        {"timestamp_us", "\"2024-01-01T00:00:00.1234567Z\"", NULL},
        {"timestamp_us", "\"2024-01-01T00:00:00\"", NULL},
        {"timestamp_us", "\"2024-01-01T00:00:00.Z\"", NULL},
        {"timestamp_us", "\"+12345-01-01T00:00:00.000000Z\"", "+12345-01-01T00:00:00.000000Z"},
        {"decimal128(10,2)", "\"12.5\"", "12.50"},
        {"decimal128(10,2)", "12", "12.00"},
        {"decimal128(10,2)", "-0.25", "-0.25"},
        {"decimal128(10,2)", "0.125", NULL},
        {"decimal128(38,2)", "12345678901234.56", NULL},
        {"decimal128(4,2)", "\"123.45\"", NULL},
    };
    char out[128];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *observed = convert(rows[i].type, rows[i].json, out);
        if (rows[i].expected == NULL ? observed != NULL
                                     : observed == NULL || strcmp(observed, rows[i].expected) != 0) {
            fail_msg("%s as %s: expected %s, observed %s", rows[i].json, rows[i].type,
                     rows[i].expected == NULL ? "a refusal" : rows[i].expected,
                     observed == NULL ? "a refusal" : observed);
        }
    }
}

/* ---- Columns ---- */

static void columns_sample__widens_and_never_narrows(void **state) {
    static const char *const rows[] = {
        "{\"i\": 1, \"f\": 1, \"t\": 1, \"b\": true, \"n\": null, \"z\": \"001\", \"o\": {}, \"w\": 1.5}",
        "{\"f\": 0.5, \"t\": \"x\", \"b\": false, \"late\": [1], \"w\": 9007199254740993, \"i\": "
        "9007199254740993}"};
    static const struct {
        const char *name;
        int32_t type;
    } expected[] = {{"i", DPONE_TYPE_INT64}, {"f", DPONE_TYPE_FLOAT64}, {"t", DPONE_TYPE_UTF8},
                    {"b", DPONE_TYPE_BOOL},  {"n", DPONE_TYPE_UTF8},    {"z", DPONE_TYPE_UTF8},
                    {"o", DPONE_TYPE_UTF8},  {"w", DPONE_TYPE_UTF8},    {"late", DPONE_TYPE_UTF8}};
    struct demo_api_sample sample = {0};
    struct demo_api_columns columns = {0};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        json_t *row = json_of(rows[i]);
        assert_int_equal(demo_api_sample_add(&sample, row, NULL), DPONE_OK);
        json_decref(row);
    }
    assert_int_equal(demo_api_sample_conclude(&columns, &sample, NULL), DPONE_OK);
    assert_int_equal(columns.count, 9);
    for (size_t i = 0; i < columns.count; i++) {
        assert_string_equal(columns.items[i].name, expected[i].name);
        assert_int_equal(columns.items[i].type, expected[i].type);
    }
    demo_api_columns_clear(&columns);
    demo_api_sample_clear(&sample);
}

static void expect_append(struct demo_api_columns *columns, const char *text, int32_t status,
                          const char *message) {
    struct dpone_batch_builder *builder = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *row = json_of(text);
    assert_int_equal(dpone_batch_builder_new(&builder, &columns->schema, NULL), DPONE_OK);
    assert_int_equal(demo_api_columns_append(columns, builder, row, &error), status);
    assert_string_equal(error.message, message);
    dpone_batch_builder_free(builder);
    json_decref(row);
}

static void columns_append__names_what_does_not_fit(void **state) {
    struct demo_api_sample sample = {0};
    struct demo_api_columns columns = {0};
    json_t *row = json_of("{\"id\": 1}");
    (void)state;
    assert_int_equal(demo_api_sample_add(&sample, row, NULL), DPONE_OK);
    assert_int_equal(demo_api_sample_conclude(&columns, &sample, NULL), DPONE_OK);
    expect_append(&columns, "{}", DPONE_OK, "");
    expect_append(&columns, "[1]", DPONE_DATA_CORRUPT, "a row is no JSON object; check the option items");
    expect_append(&columns, "{\"id\": 1, \"x\": 2}", DPONE_DATA_CORRUPT,
                  "field \"x\" did not occur in the sample; raise sample_rows or declare columns");
    expect_append(
        &columns, "{\"id\": 1.5}", DPONE_DATA_CORRUPT,
        "column \"id\" holds a value that is no int64; raise sample_rows or declare the column's type in "
        "columns");
    json_decref(row);
    demo_api_columns_clear(&columns);
    demo_api_sample_clear(&sample);
}

/* ---- Positions ---- */

/* Admits the rows of a page and advances behind them; returns how many were new. */
static size_t admit_page(struct demo_api_position *position, const char *text, int32_t *status,
                         struct dpone_error *error) {
    json_t *items = json_of(text);
    size_t count = 0;
    *status = DPONE_OK;
    for (size_t i = 0; *status == DPONE_OK && i < json_array_size(items); i++) {
        int is_new = 0;
        *status = demo_api_position_admit(position, json_array_get(items, i), &is_new, error);
        count += (size_t)is_new;
    }
    if (*status == DPONE_OK && count > 0) {
        *status = demo_api_position_advance(position, "p", items, json_array_size(items), error);
    }
    json_decref(items);
    return count;
}

static void position_cursor__reads_ties_once(void **state) {
    struct demo_api_position position = {0};
    struct demo_api_text checkpoint = {0};
    int32_t status = DPONE_OK;
    (void)state;
    assert_int_equal(
        demo_api_position_begin(&position, "/orders", dpone_string_of("at"), (struct dpone_bytes){0}, NULL),
        DPONE_OK);
    assert_int_equal(admit_page(&position, "[{\"at\": 1}, {\"at\": 2, \"id\": \"a\"}]", &status, NULL), 2);
    assert_int_equal(
        admit_page(&position, "[{\"at\": 2, \"id\": \"a\"}, {\"at\": 2, \"id\": \"b\"}]", &status, NULL), 2);
    assert_int_equal(demo_api_position_encode(&position, &checkpoint, NULL), DPONE_OK);
    demo_api_position_clear(&position);

    const struct dpone_bytes after = {(const uint8_t *)checkpoint.data, checkpoint.size};
    assert_int_equal(demo_api_position_begin(&position, "/orders", dpone_string_of("at"), after, NULL),
                     DPONE_OK);
    /* Twice "a" was delivered, so only its third is new; "c" came late; order within a tie does not matter.
     */
    assert_int_equal(admit_page(&position,
                                "[{\"at\": 1}, {\"at\": 2, \"id\": \"c\"}, {\"id\": \"b\", \"at\": 2}, "
                                "{\"at\": 2, \"id\": \"a\"}, {\"at\": 2, \"id\": \"a\"}, {\"at\": 2, \"id\": "
                                "\"a\"}, {\"at\": 3}]",
                                &status, NULL),
                     3);
    assert_int_equal(status, DPONE_OK);
    demo_api_position_clear(&position);
    demo_api_text_clear(&checkpoint);
}

static void position_cursor__refuses_rows_it_could_lose(void **state) {
    static const struct {
        const char *page;
        const char *message;
    } rows[] = {
        {"[{\"at\": 2}, {\"at\": 1}]",
         "cursor column \"at\" goes back; have the API sort by it, for example with the option query"},
        {"[{\"at\": null}]", "cursor column \"at\" holds neither text nor a number"},
        {"[{}]", "cursor column \"at\" holds neither text nor a number"},
        {"[{\"at\": 1}, {\"at\": \"a\"}]", "cursor column \"at\" mixes text and numbers"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct demo_api_position position = {0};
        struct dpone_error error = DPONE_ERROR_INIT;
        int32_t status = DPONE_OK;
        assert_int_equal(
            demo_api_position_begin(&position, "/o", dpone_string_of("at"), (struct dpone_bytes){0}, NULL),
            DPONE_OK);
        admit_page(&position, rows[i].page, &status, &error);
        assert_int_equal(status, DPONE_DATA_CORRUPT);
        assert_string_equal(error.message, rows[i].message);
        demo_api_position_clear(&position);
    }
}

static void position_checkpoint__survives_no_damage(void **state) {
    struct demo_api_position position = {0};
    struct demo_api_text checkpoint = {0};
    int32_t status = DPONE_OK;
    (void)state;
    assert_int_equal(
        demo_api_position_begin(&position, "/o", dpone_string_of("at"), (struct dpone_bytes){0}, NULL),
        DPONE_OK);
    assert_int_equal(admit_page(&position, "[{\"at\": \"2024\"}]", &status, NULL), 1);
    assert_int_equal(demo_api_position_encode(&position, &checkpoint, NULL), DPONE_OK);
    demo_api_position_clear(&position);
    for (size_t i = 0; i < checkpoint.size; i++) {
        checkpoint.data[i] = (char)(checkpoint.data[i] ^ 1);
        const struct dpone_bytes after = {(const uint8_t *)checkpoint.data, checkpoint.size};
        const struct dpone_bytes shorter = {(const uint8_t *)checkpoint.data, i};
        assert_int_equal(demo_api_position_begin(&position, "/o", dpone_string_of("at"), after, NULL),
                         DPONE_INVALID_ARGUMENT);
        checkpoint.data[i] = (char)(checkpoint.data[i] ^ 1);
        assert_int_equal(demo_api_position_begin(&position, "/o", dpone_string_of("at"), shorter, NULL),
                         i == 0 ? DPONE_OK : DPONE_INVALID_ARGUMENT);
        demo_api_position_clear(&position);
    }
    struct dpone_error error = DPONE_ERROR_INIT;
    const struct dpone_bytes after = {(const uint8_t *)checkpoint.data, checkpoint.size};
    assert_int_equal(demo_api_position_begin(&position, "/p", dpone_string_of("at"), after, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "the checkpoint belongs to \"/o\" by cursor column \"at\", the read is of \"/p\" by "
                        "\"at\"; reset the state to read everything again");
    demo_api_text_clear(&checkpoint);
}

/* ---- Pages ---- */

/* Walks over the pages that are left; returns how many rows there were. */
static size_t walk_on(struct dpone_instance *instance, int32_t *status, struct dpone_error *error) {
    struct demo_api_pages pages = {0};
    const struct dpone_table table = {.name = {"t", 1}};
    size_t rows = 0;
    assert_int_equal(demo_api_pages_open(&pages, instance, &table, "", "", NULL), DPONE_OK);
    do {
        *status = demo_api_pages_next(&pages, error);
        rows += *status == DPONE_OK ? json_array_size(pages.items) : 0;
    } while (*status == DPONE_OK && pages.items != NULL);
    demo_api_pages_close(&pages);
    return rows;
}

/* Walks over pages played by `replies`, all of them; returns how many rows there were. */
static size_t walk(int32_t pagination, const struct played_reply *replies, size_t count, int32_t *status,
                   struct dpone_error *error) {
    struct dpone_instance *instance = open_on(replies, count);
    instance->config.pagination = pagination;
    instance->config.page_size = 2;
    size_t rows = walk_on(instance, status, error);
    close_and_expect(instance, count);
    return rows;
}

static void pages__follow_numbers_and_offsets_to_an_empty_page(void **state) {
    const struct played_reply replies[] = {ANSWER("{\"items\": [{}, {}]}"), ANSWER("{\"items\": [{}]}"),
                                           ANSWER("{\"items\": []}")};
    int32_t status = DPONE_OK;
    (void)state;
    assert_int_equal(walk(DEMO_API_PAGINATION_PAGE, replies, 3, &status, NULL), 3);
    assert_string_equal(played_api.requests[2], "GET https://api.example.com/v1/t?limit=2&page=3");
    assert_int_equal(walk(DEMO_API_PAGINATION_OFFSET, replies, 3, &status, NULL), 3);
    assert_string_equal(played_api.requests[0], "GET https://api.example.com/v1/t?limit=2");
    assert_string_equal(played_api.requests[2], "GET https://api.example.com/v1/t?limit=2&offset=3");
    assert_int_equal(status, DPONE_OK);
}

static void pages__follow_cursors_over_empty_pages(void **state) {
    const struct played_reply replies[] = {ANSWER("{\"items\": [], \"next_cursor\": 7}"),
                                           ANSWER("{\"items\": [{}], \"next_cursor\": \"a b\"}"),
                                           ANSWER("{\"items\": [], \"next_cursor\": \"a b\"}")};
    int32_t status = DPONE_OK;
    (void)state;
    assert_int_equal(walk(DEMO_API_PAGINATION_CURSOR, replies, 3, &status, NULL), 1);
    assert_int_equal(status, DPONE_OK);
    assert_string_equal(played_api.requests[1], "GET https://api.example.com/v1/t?limit=2&cursor=7");
    assert_string_equal(played_api.requests[2], "GET https://api.example.com/v1/t?limit=2&cursor=a%20b");
}

static void pages__end_a_walk_that_finds_nothing_but_cursors(void **state) {
    static char bodies[12][64];
    struct played_reply replies[12] = {{0}};
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = DPONE_OK;
    (void)state;
    for (int i = 0; i < 12; i++) {
        /* the second page has a row, so eleven without follow */
        (void)snprintf(bodies[i], sizeof(bodies[i]), "{\"items\": [%s], \"next_cursor\": %d}",
                       i == 1 ? "{}" : "", i + 1);
        replies[i] = (struct played_reply)ANSWER(bodies[i]);
    }
    struct dpone_instance *instance = open_on(replies, 12);
    instance->config.max_empty_pages = 10;
    assert_int_equal(walk_on(instance, &status, &error), 1);
    assert_int_equal(status, DPONE_DATA_CORRUPT);
    assert_string_equal(error.message, "10 pages in a row have no rows and name a next one; check pagination "
                                       "and next_cursor, or raise max_empty_pages");
    assert_string_equal(played_host.log, "");
    close_and_expect(instance, 12);

    replies[11].body = "{\"items\": []}";
    instance = open_on(replies, 12);
    instance->config.max_empty_pages = 10;
    assert_int_equal(walk_on(instance, &status, NULL), 1);
    assert_int_equal(status, DPONE_OK);
    close_and_expect(instance, 12);
}

static void pages__tell_of_a_long_search_for_rows(void **state) {
    static char bodies[11][64];
    struct played_reply replies[11] = {{0}};
    int32_t status = DPONE_OK;
    (void)state;
    for (int i = 0; i < 11; i++) {
        (void)snprintf(bodies[i], sizeof(bodies[i]),
                       i < 10 ? "{\"items\": [], \"next_cursor\": %d}" : "{\"items\": [{\"id\": %d}]}",
                       i + 1);
        replies[i] = (struct played_reply)ANSWER(bodies[i]);
    }
    assert_int_equal(walk(DEMO_API_PAGINATION_CURSOR, replies, 11, &status, NULL), 1);
    assert_int_equal(status, DPONE_OK);
    assert_string_equal(played_host.log, "10 pages in a row have no rows; going on");
}

static void pages__say_where_a_key_is_repeated(void **state) {
    const struct played_reply replies[] = {ANSWER("{\"items\": [{\"id\": 1,\n \"id\": 2}]}")};
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = DPONE_OK;
    (void)state;
    walk(DEMO_API_PAGINATION_CURSOR, replies, 1, &status, &error);
    assert_int_equal(status, DPONE_DATA_CORRUPT);
    assert_string_equal(error.message,
                        "GET https://api.example.com/v1/t: the answer has a duplicate key, line 2, column 5: "
                        "which value counts is unclear; have the API send each key of an object once");
}

static void pages__stop_where_they_would_lose_rows(void **state) {
    static const struct {
        const char *body;
        const char *message;
    } rows[] = {{"{\"items\": [{}], \"next_cursor\": {}}",
                 "the next cursor is neither text nor a whole number; check next_cursor"},
                {"{\"items\": {}}", "the answer has no list of rows at \"/items\"; check the option items"},
                {"{\"data\": []}", "the answer has no list of rows at \"/items\"; check the option items"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct played_reply replies[] = {ANSWER(rows[i].body)};
        struct dpone_error error = DPONE_ERROR_INIT;
        int32_t status = DPONE_OK;
        walk(DEMO_API_PAGINATION_CURSOR, replies, 1, &status, &error);
        assert_int_equal(status, DPONE_DATA_CORRUPT);
        assert_string_equal(error.message, rows[i].message);
    }
    const struct played_reply circle[] = {ANSWER("{\"items\": [{}], \"next_cursor\": \"x\"}"),
                                          ANSWER("{\"items\": [{}], \"next_cursor\": \"x\"}")};
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = DPONE_OK;
    walk(DEMO_API_PAGINATION_CURSOR, circle, 2, &status, &error);
    assert_string_equal(error.message, "a page with rows names itself as the next one; check pagination");
}

static void pages__doubt_a_full_first_page_that_leads_nowhere(void **state) {
    const struct played_reply full[] = {ANSWER("{\"items\": [{}, {}]}")};
    const struct played_reply part[] = {ANSWER("{\"items\": [{}]}")};
    int32_t status = DPONE_OK;
    (void)state;
    assert_int_equal(walk(DEMO_API_PAGINATION_CURSOR, full, 1, &status, NULL), 2);
    assert_string_equal(played_host.log,
                        "the first page is full and names no next one; check pagination and next_cursor");
    assert_int_equal(walk(DEMO_API_PAGINATION_CURSOR, part, 1, &status, NULL), 1);
    assert_string_equal(played_host.log, "");
}

static void pages__find_the_next_link_among_others(void **state) {
    const struct played_reply replies[] = {
        {.http_status = 200,
         .body = "{\"items\": [{}]}",
         .link = "<https://api.example.com/v1/t?page=9>; rel=\"last\", <?page=2>; title=\"x\"; rel=next"},
        {.http_status = 200, .body = "{\"items\": [{}]}", .link = "<?page=1>; rel=\"prev\""}};
    int32_t status = DPONE_OK;
    (void)state;
    assert_int_equal(walk(DEMO_API_PAGINATION_LINK, replies, 2, &status, NULL), 2);
    assert_int_equal(status, DPONE_OK);
    assert_string_equal(played_api.requests[1], "GET https://api.example.com/v1/t?page=2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_path__keeps_names_as_data),
        cmocka_unit_test(url_path__refuses_names_that_walk),
        cmocka_unit_test(url_check__names_what_is_wrong),
        cmocka_unit_test(url_follow__stays_on_the_server),
        cmocka_unit_test(json_value__is_exact_or_refused),
        cmocka_unit_test(columns_sample__widens_and_never_narrows),
        cmocka_unit_test(columns_append__names_what_does_not_fit),
        cmocka_unit_test(position_cursor__reads_ties_once),
        cmocka_unit_test(position_cursor__refuses_rows_it_could_lose),
        cmocka_unit_test(position_checkpoint__survives_no_damage),
        cmocka_unit_test(pages__follow_numbers_and_offsets_to_an_empty_page),
        cmocka_unit_test(pages__follow_cursors_over_empty_pages),
        cmocka_unit_test(pages__end_a_walk_that_finds_nothing_but_cursors),
        cmocka_unit_test(pages__tell_of_a_long_search_for_rows),
        cmocka_unit_test(pages__say_where_a_key_is_repeated),
        cmocka_unit_test(pages__stop_where_they_would_lose_rows),
        cmocka_unit_test(pages__doubt_a_full_first_page_that_leads_nowhere),
        cmocka_unit_test(pages__find_the_next_link_among_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
