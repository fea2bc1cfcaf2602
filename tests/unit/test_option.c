/* Options: the tree, binding by a table, and the exact words of every refusal. */
#include "support.h"

#include <stdio.h>

#include <dpone/option.h>

struct config {
    int32_t verify;
    int64_t limit;
    double ratio;
    char *url;
    int32_t method;
    char *token;
    struct dpone_option *columns;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct dpone_option_rule rules[] = {
    {"verify", DPONE_FIELD_BOOL, 0, offsetof(struct config, verify), 0, 0, "true", NULL},
    {"limit", DPONE_FIELD_INTEGER, 0, offsetof(struct config, limit), 1, 1000, "100", NULL},
    {"ratio", DPONE_FIELD_FLOAT, 0, offsetof(struct config, ratio), 0, 0, "0.5", NULL},
    {"url", DPONE_FIELD_STRING, 1, offsetof(struct config, url), 3, 20, NULL, NULL},
    {"method", DPONE_FIELD_CHOICE, 0, offsetof(struct config, method), 0, 0, "POST", methods},
    {"token", DPONE_FIELD_SECRET, 0, offsetof(struct config, token), 0, 0, NULL, NULL},
    {"columns", DPONE_FIELD_TREE, 0, offsetof(struct config, columns), 0, 0, NULL, NULL},
    {NULL, 0, 0, 0, 0, 0, NULL, NULL},
};

static struct dpone_option option(const char *key, int32_t kind) {
    struct dpone_option out = {
        .struct_size = sizeof(out), .kind = kind, .key = dpone_string_of(key), .line = 3, .column = 7};
    return out;
}

static struct dpone_option option_text(const char *key, int32_t kind, const char *text) {
    struct dpone_option out = option(key, kind);
    out.text = dpone_string_of(text);
    return out;
}

static struct dpone_option option_integer(const char *key, int64_t value) {
    struct dpone_option out = option(key, DPONE_OPTION_INTEGER);
    out.integer = value;
    return out;
}

static struct dpone_option option_map(const struct dpone_option *const *children, size_t count) {
    struct dpone_option out = option("", DPONE_OPTION_MAP);
    out.children = children;
    out.child_count = count;
    return out;
}

static void options_bind__reads_every_field(void **state) {
    (void)state;
    struct dpone_option verify = option("verify", DPONE_OPTION_BOOL);
    struct dpone_option limit = option_integer("limit", 7);
    struct dpone_option ratio = option("ratio", DPONE_OPTION_FLOAT);
    struct dpone_option url = option_text("url", DPONE_OPTION_STRING, "http://x");
    struct dpone_option method = option_text("method", DPONE_OPTION_STRING, "GET");
    struct dpone_option token = option_text("token", DPONE_OPTION_SECRET, "env:TOKEN");
    struct dpone_option item = option_text("", DPONE_OPTION_STRING, "id");
    const struct dpone_option *items[] = {&item};
    struct dpone_option columns = option_map(items, 1);
    const struct dpone_option *children[] = {&verify, &limit, &ratio, &url, &method, &token, &columns};
    struct dpone_option map = option_map(children, 7);
    struct config config;
    columns.kind = DPONE_OPTION_LIST;
    columns.key = dpone_string_of("columns");
    ratio.real = 1.25;
    assert_int_equal(dpone_options_bind(&config, rules, &map, NULL), DPONE_OK);
    assert_int_equal(config.verify, 0);
    assert_int_equal(config.limit, 7);
    assert_true(config.ratio == 1.25);
    assert_string_equal(config.url, "http://x");
    assert_int_equal(config.method, 0);
    assert_string_equal(config.token, "env:TOKEN");
    assert_int_equal(config.columns->child_count, 1);
    assert_memory_equal(config.columns->children[0]->text.data, "id", 2);
    assert_int_equal(config.columns->children[0]->line, 3);
    dpone_options_clear(&config, rules);
    assert_null(config.url);
    assert_null(config.token);
    assert_null(config.columns);
    assert_int_equal(config.limit, 0);
}

static void options_bind__gives_the_defaults(void **state) {
    (void)state;
    struct dpone_option url = option_text("url", DPONE_OPTION_STRING, "abc");
    const struct dpone_option *children[] = {&url};
    struct dpone_option map = option_map(children, 1);
    struct config config;
    assert_int_equal(dpone_options_bind(&config, rules, &map, NULL), DPONE_OK);
    assert_int_equal(config.verify, 1);
    assert_int_equal(config.limit, 100);
    assert_true(config.ratio == 0.5);
    assert_int_equal(config.method, 1);
    assert_null(config.token);
    assert_null(config.columns);
    dpone_options_clear(&config, rules);
}

static void options_bind__takes_an_integer_for_a_float(void **state) {
    (void)state;
    struct dpone_option url = option_text("url", DPONE_OPTION_STRING, "abc");
    struct dpone_option ratio = option_integer("ratio", 2);
    const struct dpone_option *children[] = {&url, &ratio};
    struct dpone_option map = option_map(children, 2);
    struct config config;
    assert_int_equal(dpone_options_bind(&config, rules, &map, NULL), DPONE_OK);
    assert_true(config.ratio == 2.0);
    dpone_options_clear(&config, rules);
}

/* Binds a good url and one more option, and expects this refusal. */
static void expect_refusal(const struct dpone_option *bad, const char *message) {
    struct dpone_option url = option_text("url", DPONE_OPTION_STRING, "abc");
    const struct dpone_option *children[] = {&url, bad};
    struct dpone_option map = option_map(children, 2);
    struct dpone_error error = DPONE_ERROR_INIT;
    struct config config;
    memset(&config, 0x55, sizeof(config));
    if (dpone_string_equal(bad->key, url.key)) {
        map.children = children + 1;
        map.child_count = 1;
    }
    assert_int_equal(dpone_options_bind(&config, rules, &map, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, message);
    assert_null(config.url);
    assert_int_equal(config.limit, 0);
}

static void options_bind__names_the_wrong_type(void **state) {
    (void)state;
    struct dpone_option bad = option_text("verify", DPONE_OPTION_STRING, "yes");
    expect_refusal(&bad, "option \"verify\" at 3:7: found a string, want true or false");
    bad = option_text("limit", DPONE_OPTION_STRING, "7");
    expect_refusal(&bad, "option \"limit\" at 3:7: found a string, want an integer from 1 to 1000");
    bad = option("limit", DPONE_OPTION_FLOAT);
    expect_refusal(&bad,
                   "option \"limit\" at 3:7: found a number with a fraction, want an integer from 1 to 1000");
    bad = option("ratio", DPONE_OPTION_NULL);
    expect_refusal(&bad, "option \"ratio\" at 3:7: found null, want a number");
    bad = option_integer("url", 5);
    expect_refusal(
        &bad, "option \"url\" at 3:7: found an integer, want a string of 3 to 20 bytes without a NUL byte");
    bad = option("method", DPONE_OPTION_BOOL);
    expect_refusal(&bad, "option \"method\" at 3:7: found a boolean, want one of GET, POST");
    bad = option("columns", DPONE_OPTION_BOOL);
    expect_refusal(&bad, "option \"columns\" at 3:7: found a boolean, want a list or a map");
    bad = option("url", DPONE_OPTION_LIST);
    expect_refusal(&bad,
                   "option \"url\" at 3:7: found a list, want a string of 3 to 20 bytes without a NUL byte");
    bad = option("url", DPONE_OPTION_MAP);
    expect_refusal(&bad,
                   "option \"url\" at 3:7: found a map, want a string of 3 to 20 bytes without a NUL byte");
    bad = option("url", 42);
    expect_refusal(&bad, "option \"url\" at 3:7: found a value of unknown kind, want a string of 3 to 20 "
                         "bytes without a NUL byte");
}

static void options_bind__names_what_is_out_of_range(void **state) {
    (void)state;
    struct dpone_option bad = option_integer("limit", 0);
    expect_refusal(&bad, "option \"limit\" at 3:7: found 0, want an integer from 1 to 1000");
    bad = option_integer("limit", 1001);
    expect_refusal(&bad, "option \"limit\" at 3:7: found 1001, want an integer from 1 to 1000");
    bad = option_text("url", DPONE_OPTION_STRING, "ab");
    expect_refusal(&bad, "option \"url\" at 3:7: found a string of 2 bytes, want a string of 3 to 20 bytes "
                         "without a NUL byte");
    bad.text = (struct dpone_string){"ab\0d", 4};
    expect_refusal(&bad, "option \"url\" at 3:7: found a string of 4 bytes with a NUL byte, want a string of "
                         "3 to 20 bytes without a NUL byte");
    bad.text = (struct dpone_string){NULL, 0};
    expect_refusal(&bad, "option \"url\" at 3:7: found a string of 0 bytes, want a string of 3 to 20 bytes "
                         "without a NUL byte");
    bad = option_text("method", DPONE_OPTION_STRING, "get");
    expect_refusal(&bad, "option \"method\" at 3:7: found \"get\", want one of GET, POST");
}

static void options_bind__never_shows_what_stands_for_a_secret(void **state) {
    (void)state;
    struct dpone_option bad = option_text("token", DPONE_OPTION_STRING, "hunter2");
    expect_refusal(&bad, "option \"token\" at 3:7: found a string, want a secret reference, {secret: "
                         "env:NAME} or {secret: file:PATH}");
    bad = option_text("url", DPONE_OPTION_SECRET, "env:URL");
    expect_refusal(
        &bad,
        "option \"url\" at 3:7: found a secret reference, want a string of 3 to 20 bytes without a NUL byte");
}

static void options_bind__names_what_is_unknown_or_twice(void **state) {
    (void)state;
    struct dpone_option bad = option_integer("limits", 5);
    expect_refusal(&bad, "option \"limits\" at 3:7 is unknown: remove it, or use one of verify, limit, "
                         "ratio, url, method, token, columns");
    bad.line = 0;
    expect_refusal(&bad, "option \"limits\" is unknown: remove it, or use one of verify, limit, ratio, url, "
                         "method, token, columns");
    struct dpone_option first = option_text("url", DPONE_OPTION_STRING, "abc");
    struct dpone_option second = first;
    const struct dpone_option *children[] = {&first, &second};
    struct dpone_option map = option_map(children, 2);
    struct dpone_error error = DPONE_ERROR_INIT;
    struct config config;
    assert_int_equal(dpone_options_bind(&config, rules, &map, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "option \"url\" at 3:7 is given twice: keep one");
}

static void options_bind__names_what_is_missing(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct config config;
    struct dpone_option map = option_map(NULL, 0);
    assert_int_equal(dpone_options_bind(&config, rules, &map, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "option \"url\" is missing: add it to the options at 3:7");
    assert_int_equal(dpone_options_bind(&config, rules, NULL, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "option \"url\" is missing: add it to the options");
    map.kind = DPONE_OPTION_LIST;
    assert_int_equal(dpone_options_bind(&config, rules, &map, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "the options at 3:7: found a list, want a map");
}

static void options_bind__blames_the_connector_for_a_bad_default(void **state) {
    (void)state;
    static const struct dpone_option_rule bad[] = {
        {"limit", DPONE_FIELD_INTEGER, 0, offsetof(struct config, limit), 1, 9, "10", NULL},
        {NULL, 0, 0, 0, 0, 0, NULL, NULL}};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct config config;
    assert_int_equal(dpone_options_bind(&config, bad, NULL, &error), DPONE_INTERNAL);
    assert_error(error, DPONE_INTERNAL, "option \"limit\": the default \"10\" is not a valid value");
}

static void options_bind__reads_a_node_of_a_shorter_host(void **state) {
    (void)state;
    size_t size = offsetof(struct dpone_option, line);
    struct dpone_option *bad = support_guarded(size);
    struct dpone_option full = option_integer("limit", 0);
    memcpy(bad, &full, size);
    bad->struct_size = (uint32_t)size;
    expect_refusal(bad, "option \"limit\": found 0, want an integer from 1 to 1000");
    struct dpone_option *copy = NULL;
    assert_int_equal(dpone_option_copy(&copy, bad), DPONE_OK);
    assert_int_equal(copy->line, 0);
    dpone_option_free(copy);
    support_guarded_free(bad, size);
}

static void option_get__finds_only_in_maps(void **state) {
    (void)state;
    struct dpone_option url = option_text("url", DPONE_OPTION_STRING, "abc");
    const struct dpone_option *children[] = {&url};
    struct dpone_option map = option_map(children, 1);
    assert_ptr_equal(dpone_option_get(&map, "url"), &url);
    assert_null(dpone_option_get(&map, "ur"));
    assert_null(dpone_option_get(NULL, "url"));
    map.kind = DPONE_OPTION_LIST;
    assert_null(dpone_option_get(&map, "url"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_bind__reads_every_field),
        cmocka_unit_test(options_bind__gives_the_defaults),
        cmocka_unit_test(options_bind__takes_an_integer_for_a_float),
        cmocka_unit_test(options_bind__names_the_wrong_type),
        cmocka_unit_test(options_bind__names_what_is_out_of_range),
        cmocka_unit_test(options_bind__never_shows_what_stands_for_a_secret),
        cmocka_unit_test(options_bind__names_what_is_unknown_or_twice),
        cmocka_unit_test(options_bind__names_what_is_missing),
        cmocka_unit_test(options_bind__blames_the_connector_for_a_bad_default),
        cmocka_unit_test(options_bind__reads_a_node_of_a_shorter_host),
        cmocka_unit_test(option_get__finds_only_in_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
