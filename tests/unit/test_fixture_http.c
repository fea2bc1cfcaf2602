/* The http fixture as a source: pages of every style, incremental parameters, authentication, and every
 * fault. */
#include "fixture_http.h"

#include <time.h>

static struct dpone_dataset_spec narrow(void) {
    struct dpone_dataset_spec spec = {.seed = 5};
    spec.columns = dpone_dataset_narrow(&spec.column_count);
    return spec;
}

static void publish(struct web *web, int64_t rows) {
    struct dpone_dataset_spec spec = narrow();
    assert_int_equal(dpone_fixture_publish_stream(web->fixture, "orders", &spec, rows, NULL), DPONE_OK);
}

static json_int_t id_of(const json_t *items, size_t index) {
    return json_integer_value(json_object_get(json_array_get(items, index), "id"));
}

/* ---- Pages ---- */

static void http_cursor__walks_all_rows_once(void **state) {
    (void)state;
    char path[256] = "/streams/orders?limit=70";
    json_int_t next_id = 1000;
    size_t sizes[] = {70, 70, 70, 40};
    struct web *web = web_open("{}");
    publish(web, 250);
    for (size_t page = 0; page < 4; page++) {
        struct reply reply = web_send(web, "GET", path, NULL);
        json_t *items = json_object_get(reply.json, "items");
        assert_int_equal(reply.status, 200);
        assert_int_equal(json_array_size(items), sizes[page]);
        for (size_t i = 0; i < json_array_size(items); i++) {
            assert_int_equal(id_of(items, i), next_id++);
        }
        assert_int_equal(json_is_true(json_object_get(reply.json, "has_more")), page < 3);
        assert_int_equal(json_integer_value(json_object_get(reply.json, "total")), 250);
        (void)snprintf(path, sizeof(path), "/streams/orders?limit=70&cursor=%s",
                       json_at(reply.json, "next_cursor"));
        assert_int_equal(json_is_null(json_object_get(reply.json, "next_cursor")), page == 3);
        reply_clear(&reply);
    }
    web_close(web);
}

static void http_row__has_natural_json(void **state) {
    (void)state;
    struct web *web = web_open("{}");
    publish(web, 100);
    struct reply reply = web_send(web, "GET", "/streams/orders", NULL);
    json_t *row = json_array_get(json_object_get(reply.json, "items"), 70);
    assert_int_equal(json_object_size(row), 20);
    assert_true(json_is_integer(json_object_get(row, "id")));
    assert_int_equal(strncmp(json_at(row, "updated_at"), "2024-01-01T00:00:", 17), 0);
    assert_int_equal(strncmp(json_at(row, "postal_code"), "00", 2), 0);
    assert_true(json_is_real(json_object_get(row, "ratio")));
    json_t *first = json_array_get(json_object_get(reply.json, "items"), 0);
    assert_true(json_is_integer(json_object_get(first, "ratio")));
    assert_true(json_is_null(json_object_get(first, "late_value")));
    assert_true(json_is_object(json_object_get(first, "attributes")) ||
                json_is_array(json_object_get(first, "attributes")));
    reply_clear(&reply);
    web_close(web);
}

static void http_page_number__walks(void **state) {
    (void)state;
    struct web *web =
        web_open("{\"source\":{\"pagination\":\"page\",\"items\":\"/data/items\",\"limit_parameter\":"
                 "\"per_page\",\"path\":\"/api/v1/{stream}\"}}");
    publish(web, 25);
    struct reply reply = web_send(web, "GET", "/api/v1/orders?per_page=10&page=3", NULL);
    json_t *items = json_object_get(json_object_get(reply.json, "data"), "items");
    assert_int_equal(json_array_size(items), 5);
    assert_int_equal(id_of(items, 0), 1020);
    reply_clear(&reply);
    reply = web_send(web, "GET", "/api/v1/orders?per_page=10&page=4", NULL);
    assert_int_equal(json_array_size(json_object_get(json_object_get(reply.json, "data"), "items")), 0);
    reply_clear(&reply);
    web_expect(web, "GET", "/api/v1/orders?page=0", NULL, 400, "bad_cursor");
    web_close(web);
}

static void http_offset__walks(void **state) {
    (void)state;
    struct web *web = web_open("{\"source\":{\"pagination\":\"offset\"}}");
    publish(web, 25);
    struct reply reply = web_send(web, "GET", "/streams/orders?limit=10&offset=20", NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "items")), 5);
    assert_int_equal(id_of(json_object_get(reply.json, "items"), 0), 1020);
    reply_clear(&reply);
    web_close(web);
}

static void http_link__leads_to_the_end(void **state) {
    (void)state;
    char path[512] = "/streams/orders?limit=10";
    size_t rows = 0;
    int pages = 0;
    struct web *web = web_open("{\"source\":{\"pagination\":\"link\",\"items\":\"\"}}");
    publish(web, 25);
    while (path[0] != 0) {
        struct reply reply = web_send(web, "GET", path, NULL);
        assert_true(json_is_array(reply.json));
        rows += json_array_size(reply.json);
        pages++;
        char *link = strstr(reply.headers.data, "Link: <");
        path[0] = 0;
        if (link != NULL) {
            size_t size = strcspn(link + 7, ">");
            (void)snprintf(path, sizeof(path), "%.*s", (int)size, link + 7);
        }
        reply_clear(&reply);
    }
    assert_int_equal(rows, 25);
    assert_int_equal(pages, 3);
    web_close(web);
}

static void http_one_page__holds_everything(void **state) {
    (void)state;
    struct web *web = web_open("{\"source\":{\"pagination\":\"none\"}}");
    publish(web, 2500);
    struct reply reply = web_send(web, "GET", "/streams/orders", NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "items")), 2500);
    reply_clear(&reply);
    web_close(web);
}

/* Rows that share the cursor value come again; rows before it do not. A stream that grew shows the new rows.
 */
static void http_since__includes_ties_and_growth(void **state) {
    (void)state;
    char path[256];
    struct web *web = web_open("{\"source\":{\"since_column\":\"seq\"}}");
    publish(web, 56);
    struct reply reply = web_send(web, "GET", "/streams/orders?updated_since=14", NULL);
    json_t *items = json_object_get(reply.json, "items");
    size_t last_run = json_array_size(items);
    assert_true(last_run >= 1 && last_run <= 7);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(items, 0), "seq")), 14);
    reply_clear(&reply);
    publish(web, 60);
    reply = web_send(web, "GET", "/streams/orders?updated_since=14", NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "items")), last_run + 4);
    reply_clear(&reply);
    (void)snprintf(path, sizeof(path), "/streams/orders?updated_since=%d", 1000000);
    reply = web_send(web, "GET", path, NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "items")), 0);
    reply_clear(&reply);
    web_expect(web, "GET", "/streams/orders?updated_since=x", NULL, 400, "bad_request");
    web_close(web);
}

static void http_final_cursor__continues_after_growth(void **state) {
    (void)state;
    char path[256];
    struct web *web = web_open("{\"source\":{\"final_cursor\":true}}");
    publish(web, 30);
    struct reply reply = web_send(web, "GET", "/streams/orders", NULL);
    (void)snprintf(path, sizeof(path), "/streams/orders?cursor=%s", json_at(reply.json, "next_cursor"));
    assert_false(json_is_true(json_object_get(reply.json, "has_more")));
    reply_clear(&reply);
    publish(web, 33);
    reply = web_send(web, "GET", path, NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "items")), 3);
    assert_int_equal(id_of(json_object_get(reply.json, "items"), 0), 1030);
    reply_clear(&reply);
    web_close(web);
}

static void http_request__that_makes_no_sense(void **state) {
    (void)state;
    struct web *web = web_open("{}");
    publish(web, 30);
    web_expect(web, "GET", "/streams/orders?cursor=00000000000a00000000", NULL, 400, "bad_cursor");
    web_expect(web, "GET", "/streams/orders?cursor=nonsense", NULL, 400, "bad_cursor");
    web_expect(web, "GET", "/streams/orders?limit=0", NULL, 400, "bad_request");
    web_expect(web, "GET", "/streams/others", NULL, 404, "no_such_stream");
    web_expect(web, "GET", "/elsewhere", NULL, 404, "no_such_path");
    web_expect(web, "GET", "/streams/a%2", NULL, 404, "no_such_path");
    web_expect(web, "PATCH", "/streams/orders", NULL, 404, "no_such_path");
    web_close(web);
}

static void http_stream_name__is_decoded(void **state) {
    (void)state;
    struct web *web = web_open("{}");
    struct dpone_dataset_spec spec = narrow();
    assert_int_equal(dpone_fixture_publish_stream(web->fixture, "a/b \xc3\xa9\"", &spec, 3, NULL), DPONE_OK);
    web_expect(web, "GET", "/streams/a%2Fb%20%C3%A9%22", NULL, 200, NULL);
    web_close(web);
}

/* ---- Golden ---- */

static void http_stream__leaves_the_other_paths_alone(void **state) {
    (void)state;
    struct web *web = web_open("{\"source\":{\"path\":\"/{stream}\"}}");
    publish(web, 3);
    web_expect(web, "GET", "/orders", NULL, 200, NULL);
    web_expect(web, "GET", "/staging", NULL, 200, NULL);
    web_expect(web, "GET", "/nothing", NULL, 404, "no_such_stream");
    web_close(web);
}

static void http_dump_stream__shows_what_json_can(void **state) {
    (void)state;
    char path[128];
    char line[4096];
    struct web *web = web_open("{}");
    publish(web, 100);
    (void)snprintf(path, sizeof(path), "%s/golden", web->folder);
    assert_int_equal(dpone_fixture_dump_stream(web->fixture, "orders", 0, 100, path, NULL), DPONE_OK);
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(line, sizeof(line), file));
    assert_non_null(strstr(
        line, "{\"name\":\"quantity\",\"type\":\"int64\",\"nullable\":true,\"precision\":0,\"scale\":0}"));
    assert_non_null(
        strstr(line, "{\"name\":\"price\",\"type\":\"utf8\",\"nullable\":true,\"precision\":0,\"scale\":0}"));
    assert_non_null(strstr(line, "{\"name\":\"updated_at\",\"type\":\"utf8\""));
    assert_non_null(strstr(line, "{\"name\":\"ratio\",\"type\":\"float64\""));
    (void)fclose(file);
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_fixture_dump_stream(web->fixture, "none", 0, 1, path, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "no stream \"none\" was published");
    web_close(web);
}

static void http_declared_types__stay(void **state) {
    (void)state;
    struct web *web = web_open("{\"source\":{\"types\":\"declared\"}}");
    assert_int_equal(
        dpone_fixture_find_mapping(web->fixture, DPONE_TYPE_DATE32, DPONE_FIXTURE_FAR_PAST)->source_type,
        DPONE_TYPE_DATE32);
    assert_int_equal(
        dpone_fixture_find_mapping(web->fixture, DPONE_TYPE_FLOAT64, DPONE_FIXTURE_NAN)->source_type, -1);
    web_close(web);
}

/* ---- Authentication ---- */

static void http_bearer__is_asked_for(void **state) {
    (void)state;
    struct web *web = web_open("{\"authentication\":{\"type\":\"bearer\",\"token\":\"s3cret\"}}");
    publish(web, 3);
    assert_string_equal(web->token, "s3cret");
    web_expect(web, "GET", "/streams/orders", NULL, 200, NULL);
    web->authorization = "Authorization: Bearer other";
    web_expect(web, "GET", "/streams/orders", NULL, 401, "unauthenticated");
    web->authorization = "X-Nothing: x";
    web_expect(web, "GET", "/streams/orders", NULL, 401, "unauthenticated");
    web_close(web);
}

static void http_basic_and_header__are_asked_for(void **state) {
    (void)state;
    struct web *web =
        web_open("{\"authentication\":{\"type\":\"basic\",\"username\":\"u\",\"password\":\"p\"}}");
    publish(web, 3);
    web->authorization = "Authorization: Basic dTpw";
    web_expect(web, "GET", "/streams/orders", NULL, 200, NULL);
    web->authorization = "Authorization: Basic dTpx";
    web_expect(web, "GET", "/streams/orders", NULL, 401, "unauthenticated");
    web_close(web);
    web = web_open("{\"authentication\":{\"type\":\"header\",\"header\":\"X-Token\",\"token\":\"k\"}}");
    publish(web, 3);
    web->authorization = "X-Token: k";
    web_expect(web, "GET", "/streams/orders", NULL, 200, NULL);
    web->authorization = "X-Token: j";
    web_expect(web, "GET", "/streams/orders", NULL, 401, "unauthenticated");
    web_close(web);
}

static void http_no_authentication__lets_everybody_in(void **state) {
    (void)state;
    struct web *web = web_open("{\"authentication\":{\"type\":\"none\"}}");
    publish(web, 3);
    web->authorization = "X-Nothing: x";
    web_expect(web, "GET", "/streams/orders", NULL, 200, NULL);
    web_close(web);
}

/* ---- Options ---- */

static void http_options__name_what_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *options;
        const char *message;
    } cases[] = {
        {"[]", "environment.options: a map is needed"},
        {"{\"sources\":{}}",
         "environment.options.sources: the http fixture has no such group of options; see "
         "docs/reference/fixtures.md"},
        {"{\"source\":{\"pages\":1}}",
         "environment.options.source.pages: the http fixture has no such option; see "
         "docs/reference/fixtures.md"},
        {"{\"source\":{\"pagination\":\"scroll\"}}",
         "environment.options.source.pagination: one of cursor, page, offset, link, none is needed"},
        {"{\"source\":{\"max_limit\":0}}",
         "environment.options.source.max_limit: a number of 1 to 1073741824 is needed"},
        {"{\"source\":{\"max_limit\":\"9\"}}",
         "environment.options.source.max_limit: a whole number is needed"},
        {"{\"source\":{\"final_cursor\":1}}",
         "environment.options.source.final_cursor: true or false is needed"},
        {"{\"source\":{\"path\":\"streams/\"}}",
         "environment.options.source.path: a path that begins, and does not end, with \"/\" is needed"},
        {"{\"source\":{\"path\":\"/streams\"}}",
         "environment.options.source.path: a path that ends with \"/{stream}\" is needed"},
        {"{\"source\":{\"items\":\"items\"}}", "environment.options.source.items: a JSON pointer "
                                               "(\"/data/items\", or \"\" for the body) is needed"},
        {"{\"source\":{\"items\":\"\"}}", "environment.options.source.items: a body that is the array has no "
                                          "place for a cursor; choose pagination link, "
                                          "page, offset or none"},
        {"{\"authentication\":{\"token\":7}}",
         "environment.options.authentication.token: a string is needed"},
    };
    char folder[] = "/tmp/dpone-http-XXXXXX";
    char command[64];
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        struct dpone_fixture *fixture = NULL;
        struct dpone_fixture_settings settings = {
            .name = "http", .directory = folder, .options = cases[i].options};
        assert_int_equal(dpone_fixture_open(&fixture, &settings, &error), DPONE_INVALID_ARGUMENT);
        assert_string_equal(error.message, cases[i].message);
    }
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* ---- Faults ---- */

static void arm(struct web *web, const char *fault, int64_t skip, int64_t times, int64_t delay_ms) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture_arming arming = {.fault = fault, .skip = skip, .times = times, .delay_ms = delay_ms};
    if (dpone_fixture_arm(web->fixture, &arming, NULL, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
}

static void fault__answers_with_a_status(void **state) {
    (void)state;
    static const struct {
        const char *fault;
        long status;
        const char *code;
    } cases[] = {{"http_500", 500, "unavailable"},     {"http_503", 503, "unavailable"},
                 {"http_401", 401, "unauthenticated"}, {"http_403", 403, "forbidden"},
                 {"http_404", 404, "no_such_path"},    {"http_429_seconds", 429, "throttled"},
                 {"http_429_date", 429, "throttled"}};
    struct web *web = web_open("{}");
    publish(web, 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        arm(web, cases[i].fault, 0, 1, 0);
        web_expect(web, "GET", "/streams/orders", NULL, cases[i].status, cases[i].code);
        web_expect(web, "GET", "/streams/orders", NULL, 200, NULL); /* once only */
    }
    web_close(web);
}

static void fault__asks_to_wait(void **state) {
    (void)state;
    struct web *web = web_open("{}");
    publish(web, 3);
    arm(web, "http_429_seconds", 0, 0, 0);
    struct reply reply = web_send(web, "GET", "/streams/orders", NULL);
    assert_non_null(strstr(reply.headers.data, "Retry-After: 2\r\n"));
    reply_clear(&reply);
    arm(web, "http_429_date", 0, 0, 0);
    reply = web_send(web, "GET", "/streams/orders", NULL);
    char *date = strstr(reply.headers.data, "Retry-After: ");
    assert_non_null(date);
    date += strlen("Retry-After: ");
    date[strcspn(date, "\r")] = 0;
    time_t wait = curl_getdate(date, NULL) - time(NULL);
    assert_true(wait >= 1 && wait <= 3);
    reply_clear(&reply);
    web_close(web);
}

static void fault__strikes_after_some_and_so_often(void **state) {
    (void)state;
    int64_t struck = -1;
    struct web *web = web_open("{}");
    publish(web, 3);
    arm(web, "http_500", 2, 2, 0);
    long expected[] = {200, 200, 500, 500, 200};
    for (size_t i = 0; i < 5; i++) {
        web_expect(web, "GET", "/streams/orders", NULL, expected[i], NULL);
    }
    assert_int_equal(dpone_fixture_arm(web->fixture, NULL, &struck, NULL), DPONE_OK);
    assert_int_equal(struck, 2);
    assert_int_equal(dpone_fixture_arm(web->fixture, NULL, &struck, NULL), DPONE_OK);
    assert_int_equal(struck, 0);
    web_close(web);
}

static void fault__strikes_only_its_operation(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct web *web = web_open("{}");
    struct dpone_fixture_arming arming = {.fault = "http_500", .operation = DPONE_FIXTURE_DESCRIBE};
    publish(web, 3);
    assert_int_equal(dpone_fixture_arm(web->fixture, &arming, NULL, NULL), DPONE_OK);
    web_expect(web, "GET", "/streams/orders", NULL, 200, NULL);
    web_expect(web, "GET", "/targets/t", NULL, 500, NULL);
    arming.fault = "slow_body";
    assert_int_equal(dpone_fixture_arm(web->fixture, &arming, NULL, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "fault \"slow_body\" does not strike operation 8");
    arming.fault = "flood";
    assert_int_equal(dpone_fixture_arm(web->fixture, &arming, NULL, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the http fixture has no fault \"flood\"");
    web_close(web);
}

static void fault__breaks_connection_or_body(void **state) {
    (void)state;
    struct web *web = web_open("{}");
    publish(web, 100);
    arm(web, "connection_reset", 0, 1, 0);
    struct reply reply = web_send(web, "GET", "/streams/orders", NULL);
    assert_true(reply.code == CURLE_RECV_ERROR || reply.code == CURLE_GOT_NOTHING);
    reply_clear(&reply);
    arm(web, "truncated_body", 0, 1, 0);
    reply = web_send(web, "GET", "/streams/orders", NULL);
    assert_true(reply.code == CURLE_PARTIAL_FILE || reply.code == CURLE_RECV_ERROR);
    assert_int_equal(reply.status, 200);
    assert_true(reply.body.size > 1000);
    assert_null(reply.json);
    reply_clear(&reply);
    arm(web, "truncated_json", 0, 1, 0);
    reply = web_send(web, "GET", "/streams/orders", NULL);
    assert_int_equal(reply.code, CURLE_OK);
    assert_int_equal(reply.status, 200);
    assert_null(reply.json);
    reply_clear(&reply);
    arm(web, "html_page", 0, 1, 0);
    reply = web_send(web, "GET", "/streams/orders", NULL);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.headers.data, "Content-Type: text/html"));
    reply_clear(&reply);
    arm(web, "oversized_body", 0, 1, 0);
    reply = web_send(web, "GET", "/streams/orders", NULL);
    assert_int_equal(reply.code, CURLE_WRITE_ERROR);
    assert_true(reply.body.size >= (size_t)8 << 20);
    reply_clear(&reply);
    assert_int_equal(dpone_fixture_quiesce(web->fixture, 5000, NULL), DPONE_OK);
    web_close(web);
}

static void fault__slow_body_takes_its_time(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct timespec times[2];
    struct web *web = web_open("{}");
    publish(web, 10);
    arm(web, "slow_body", 0, 1, 300);
    clock_gettime(CLOCK_MONOTONIC, &times[0]);
    web_expect(web, "GET", "/streams/orders", NULL, 200, NULL);
    clock_gettime(CLOCK_MONOTONIC, &times[1]);
    assert_true(
        (times[1].tv_sec - times[0].tv_sec) * 1000 + (times[1].tv_nsec - times[0].tv_nsec) / 1000000 >= 300);
    arm(web, "slow_body", 0, 1, 20000);
    struct reply reply = web_send(web, "GET", "/streams/orders", NULL); /* gives up after 3 s */
    assert_int_equal(reply.code, CURLE_OPERATION_TIMEDOUT);
    reply_clear(&reply);
    if (dpone_fixture_quiesce(web->fixture, 20, &error) != DPONE_OK) {
        assert_string_equal(error.message, "http fixture: 1 requests still in flight after 20 ms");
    }
    assert_int_equal(dpone_fixture_quiesce(web->fixture, 5000, NULL), DPONE_OK);
    web_close(web);
}

/* ---- What the system saw ---- */

static void http_events__tell_order_headers_and_faults(void **state) {
    (void)state;
    json_t *events = NULL;
    struct web *web = web_open("{}");
    publish(web, 3);
    web_expect(web, "GET", "/streams/orders?limit=2", NULL, 200, NULL);
    arm(web, "connection_reset", 0, 1, 0);
    struct reply reply = web_send(web, "GET", "/streams/orders", NULL);
    reply_clear(&reply);
    assert_int_equal(dpone_fixture_quiesce(web->fixture, 5000, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_events(web->fixture, &events, NULL), DPONE_OK);
    assert_int_equal(json_array_size(events), 2);
    json_t *first = json_array_get(events, 0);
    json_t *second = json_array_get(events, 1);
    assert_int_equal(json_integer_value(json_object_get(first, "sequence")), 1);
    assert_int_equal(json_integer_value(json_object_get(first, "operation")), DPONE_FIXTURE_READ);
    assert_string_equal(json_at(first, "summary"), "GET /streams/orders?limit=2");
    assert_string_equal(json_at(first, "outcome"), "200");
    assert_true(json_is_null(json_object_get(first, "fault")));
    assert_non_null(strstr(json_at(first, "detail"), web->token));
    assert_string_equal(json_at(second, "outcome"), "reset");
    assert_string_equal(json_at(second, "fault"), "connection_reset");
    json_decref(events);
    assert_int_equal(dpone_fixture_clear_events(web->fixture, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_events(web->fixture, &events, NULL), DPONE_OK);
    assert_int_equal(json_array_size(events), 0);
    json_decref(events);
    web_close(web);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_cursor__walks_all_rows_once),
        cmocka_unit_test(http_row__has_natural_json),
        cmocka_unit_test(http_page_number__walks),
        cmocka_unit_test(http_offset__walks),
        cmocka_unit_test(http_link__leads_to_the_end),
        cmocka_unit_test(http_one_page__holds_everything),
        cmocka_unit_test(http_since__includes_ties_and_growth),
        cmocka_unit_test(http_final_cursor__continues_after_growth),
        cmocka_unit_test(http_request__that_makes_no_sense),
        cmocka_unit_test(http_stream_name__is_decoded),
        cmocka_unit_test(http_stream__leaves_the_other_paths_alone),
        cmocka_unit_test(http_dump_stream__shows_what_json_can),
        cmocka_unit_test(http_declared_types__stay),
        cmocka_unit_test(http_bearer__is_asked_for),
        cmocka_unit_test(http_basic_and_header__are_asked_for),
        cmocka_unit_test(http_no_authentication__lets_everybody_in),
        cmocka_unit_test(http_options__name_what_is_wrong),
        cmocka_unit_test(fault__answers_with_a_status),
        cmocka_unit_test(fault__asks_to_wait),
        cmocka_unit_test(fault__strikes_after_some_and_so_often),
        cmocka_unit_test(fault__strikes_only_its_operation),
        cmocka_unit_test(fault__breaks_connection_or_body),
        cmocka_unit_test(fault__slow_body_takes_its_time),
        cmocka_unit_test(http_events__tell_order_headers_and_faults),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
