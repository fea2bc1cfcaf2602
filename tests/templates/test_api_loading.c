/* The loading half of an api package, part by part: schema plans, rows on the wire, the staging protocol. */
#include "played_api.h"

#include "plan.h"
#include "staging.h"
#include "wire.h"
#include "wire_row.h"

#define ANSWER(text)                                                                                         \
    { .http_status = 200, .body = (text) }

/* ---- Plans ---- */

#define REQUIRED 0
#define NULLABLE 1

static const struct dpone_column target_columns[] = {{"id", DPONE_TYPE_INT32, REQUIRED, 0, 0},
                                                     {"price", DPONE_TYPE_DECIMAL128, NULLABLE, 10, 2},
                                                     {"note", DPONE_TYPE_UTF8, NULLABLE, 0, 0},
                                                     {"__dpone__nc__flag", DPONE_TYPE_INT64, NULLABLE, 0, 0},
                                                     {"flag", DPONE_TYPE_BOOL, NULLABLE, 0, 0}};

struct plan_row {
    struct dpone_column change; /* takes the place of the column of that name, or is added */
    const char *without;        /* a column that the load lacks */
    int32_t policy;
    const char *plan; /* NULL: refused with `message` */
    const char *message;
};

static size_t load_columns(struct dpone_column out[8], const struct plan_row *row) {
    size_t count = 0;
    int changed = row->change.name == NULL;
    for (size_t i = 0; i < 5; i++) {
        int same = row->change.name != NULL && strcmp(target_columns[i].name, row->change.name) == 0;
        if (strncmp(target_columns[i].name, "__dpone__", 9) == 0 ||
            (row->without != NULL && strcmp(target_columns[i].name, row->without) == 0)) {
            continue;
        }
        out[count++] = same ? row->change : target_columns[i];
        changed |= same;
    }
    if (!changed) {
        out[count++] = row->change;
    }
    return count;
}

/* Every change of a target's schema under every policy: the plan, or why there is none. */
static const struct plan_row plan_matrix[] = {
    {.policy = DPONE_EVOLUTION_FAIL, .plan = ""},
    {.change = {"id", DPONE_TYPE_INT32, NULLABLE, 0, 0}, .policy = DPONE_EVOLUTION_FAIL, .plan = ""},
    {.change = {"new", DPONE_TYPE_DATE32, NULLABLE, 0, 0},
     .policy = DPONE_EVOLUTION_APPLY,
     .plan = "{\"version\":\"3\",\"add\":[{\"name\":\"new\",\"type\":\"date32\",\"nullable\":true,"
             "\"precision\":0,"
             "\"scale\":0}],\"widen\":[],\"rename\":{}}"},
    {.change = {"new", DPONE_TYPE_DATE32, NULLABLE, 0, 0},
     .policy = DPONE_EVOLUTION_FAIL,
     .message = "column \"new\" is date32 in the load and missing in the target; use schema_evolution "
                "apply to let "
                "safe changes through"},
    {.change = {"new", DPONE_TYPE_DATE32, REQUIRED, 0, 0},
     .policy = DPONE_EVOLUTION_APPLY,
     .message =
         "column \"new\" is new and required, and the rows there have no value for it; make it nullable"},
    {.change = {"id", DPONE_TYPE_INT64, REQUIRED, 0, 0},
     .policy = DPONE_EVOLUTION_APPLY,
     .plan = "{\"version\":\"3\",\"add\":[],\"widen\":[{\"name\":\"id\",\"type\":\"int64\",\"nullable\":"
             "false,"
             "\"precision\":0,\"scale\":0}],\"rename\":{}}"},
    {.change = {"price", DPONE_TYPE_DECIMAL128, NULLABLE, 12, 2},
     .policy = DPONE_EVOLUTION_APPLY,
     .plan = "{\"version\":\"3\",\"add\":[],\"widen\":[{\"name\":\"price\",\"type\":\"decimal128\","
             "\"nullable\":true,"
             "\"precision\":12,\"scale\":2}],\"rename\":{}}"},
    {.change = {"price", DPONE_TYPE_DECIMAL128, NULLABLE, 8, 2},
     .policy = DPONE_EVOLUTION_APPLY,
     .message = "column \"price\" is decimal128(10,2) in the target and decimal128(8,2) in the load, and "
                "cannot be "
                "widened; use schema_evolution new_column or change the source"},
    {.change = {"price", DPONE_TYPE_DECIMAL128, NULLABLE, 12, 3},
     .policy = DPONE_EVOLUTION_APPLY,
     .message = "column \"price\" is decimal128(10,2) in the target and decimal128(12,3) in the load, "
                "and cannot be "
                "widened; use schema_evolution new_column or change the source"},
    {.change = {"note", DPONE_TYPE_INT64, NULLABLE, 0, 0},
     .policy = DPONE_EVOLUTION_NEW_COLUMN,
     .plan = "{\"version\":\"3\",\"add\":[{\"name\":\"__dpone__nc__note\",\"type\":\"int64\","
             "\"nullable\":true,"
             "\"precision\":0,\"scale\":0}],\"widen\":[],\"rename\":{\"note\":\"__dpone__nc__note\"}}"},
    {.change = {"flag", DPONE_TYPE_INT64, REQUIRED, 0, 0},
     .policy = DPONE_EVOLUTION_NEW_COLUMN,
     .plan = "{\"version\":\"3\",\"add\":[],\"widen\":[],\"rename\":{\"flag\":\"__dpone__nc__flag\"}}"},
    {.change = {"flag", DPONE_TYPE_UTF8, NULLABLE, 0, 0},
     .policy = DPONE_EVOLUTION_NEW_COLUMN,
     .message = "column \"flag\" changed its type again, and \"__dpone__nc__flag\" is taken"},
    {.without = "note",
     .policy = DPONE_EVOLUTION_NEW_COLUMN,
     .message = "column \"note\" of the target is missing in the load; dropping and renaming are not "
                "safe: change "
                "the target by hand"},
    {.change = {"__dpone__x", DPONE_TYPE_UTF8, NULLABLE, 0, 0},
     .policy = DPONE_EVOLUTION_NEW_COLUMN,
     .message = "column \"__dpone__x\": names beginning with __dpone__ are reserved"},
};

static void plan_matrix__only_what_is_safe(void **state) {
    struct ArrowSchema current;
    (void)state;
    assert_int_equal(dpone_schema_make(&current, target_columns, 5, NULL), DPONE_OK);
    for (size_t i = 0; i < sizeof(plan_matrix) / sizeof(plan_matrix[0]); i++) {
        struct dpone_column columns[8];
        struct ArrowSchema wanted;
        struct demo_api_text plan = {0};
        struct dpone_error error = DPONE_ERROR_INIT;
        assert_int_equal(dpone_schema_make(&wanted, columns, load_columns(columns, &plan_matrix[i]), NULL),
                         DPONE_OK);
        const struct dpone_schema_change change = {.struct_size = sizeof(change),
                                                   .current = &current,
                                                   .current_version = {(const uint8_t *)"3", 1},
                                                   .wanted = &wanted,
                                                   .policy = plan_matrix[i].policy};
        int32_t status = demo_api_plan_make(&plan, &change, &error);
        if (plan_matrix[i].plan != NULL) {
            assert_int_equal(status, DPONE_OK);
            assert_string_equal(plan.data == NULL ? "" : plan.data, plan_matrix[i].plan);
        } else {
            assert_int_equal(status, DPONE_CONFLICT);
            assert_string_equal(error.message, plan_matrix[i].message);
        }
        demo_api_text_clear(&plan);
        wanted.release(&wanted);
    }
    current.release(&current);
}

static void plan_matrix__a_target_that_is_missing_needs_none(void **state) {
    struct ArrowSchema wanted;
    struct demo_api_text plan = {0};
    (void)state;
    assert_int_equal(dpone_schema_make(&wanted, target_columns, 3, NULL), DPONE_OK);
    const struct dpone_schema_change change = {.struct_size = sizeof(change), .wanted = &wanted};
    assert_int_equal(demo_api_plan_make(&plan, &change, NULL), DPONE_OK);
    assert_int_equal(plan.size, 0);
    demo_api_text_clear(&plan);
    wanted.release(&wanted);
}

static void plan_read__refuses_what_is_no_plan(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *plan = NULL;
    (void)state;
    assert_int_equal(demo_api_plan_read(&plan, (struct dpone_bytes){(const uint8_t *)"{}", 2}, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the schema plan is damaged or was not made by demo_api");
    assert_null(plan);
}

/* ---- Rows on the wire ---- */

static void wire_row__comes_back_as_it_was_sent(void **state) {
    static const struct dpone_column columns[] = {
        {"b", DPONE_TYPE_BOOL, 1, 0, 0},         {"i", DPONE_TYPE_INT64, 1, 0, 0},
        {"f", DPONE_TYPE_FLOAT64, 1, 0, 0},      {"u", DPONE_TYPE_UTF8, 1, 0, 0},
        {"z", DPONE_TYPE_BINARY, 1, 0, 0},       {"d", DPONE_TYPE_DATE32, 1, 0, 0},
        {"t", DPONE_TYPE_TIMESTAMP_US, 1, 0, 0}, {"n", DPONE_TYPE_DECIMAL128, 1, 5, 2}};
    static const char *const rows[] = {
        "[true,-9223372036854775808,-0.0,\"a\\u0000\\u0022\\u005c\\u000a\",\"00ff\",\"1969-12-31\","
        "\"0000-01-01T00:00:00.000000Z\",\"-123.40\"]\n",
        "[null,null,null,null,null,null,null,null]\n",
        "[false,0,\"NaN\",\"\",\"\",\"+12345-01-01\",\"1970-01-01T00:00:00.000001Z\",\"0.00\"]\n",
        "[false,1,\"-Infinity\",\"\xf0\x9f\x8c\x8d\",\"\",\"2000-02-29\",\"2024-01-01T00:00:00.000000Z\","
        "\"999.99\"]\n"};
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_batch_builder *builder = NULL;
    struct dpone_batch_view *view = NULL;
    (void)state;
    assert_int_equal(dpone_schema_make(&schema, columns, 8, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&builder, &schema, NULL), DPONE_OK);
    for (size_t i = 0; i < 4; i++) {
        json_t *row = json_loads(rows[i], JSON_ALLOW_NUL, NULL);
        assert_int_equal(demo_api_wire_append_row(builder, &schema, row, NULL), DPONE_OK);
        json_decref(row);
    }
    assert_int_equal(dpone_batch_builder_finish(builder, &batch, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_new(&view, &schema, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
    for (int64_t i = 0; i < 4; i++) {
        struct demo_api_text out = {0};
        demo_api_wire_add_row(&out, view, i);
        assert_string_equal(out.data, rows[i]);
        demo_api_text_clear(&out);
    }
    dpone_batch_view_free(view);
    batch.release(&batch);
    dpone_batch_builder_free(builder);
    schema.release(&schema);
}

static void wire_row__refuses_another_shape(void **state) {
    static const char *const rows[] = {"[]", "{}", "[1,2]", "[\"x\"]"};
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder = NULL;
    (void)state;
    assert_int_equal(dpone_schema_make(&schema, target_columns, 1, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&builder, &schema, NULL), DPONE_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        json_t *row = json_loads(rows[i], 0, NULL);
        assert_int_equal(demo_api_wire_append_row(builder, &schema, row, &error), DPONE_DATA_CORRUPT);
        assert_string_equal(error.message, "a staged row did not come back as it was sent");
        json_decref(row);
    }
    dpone_batch_builder_free(builder);
    schema.release(&schema);
}

/* ---- The protocol ---- */

static void staging_open__says_all_of_the_load(void **state) {
    const struct played_reply replies[] = {{.http_status = 201, .body = "{\"id\": \"a1\"}"}};
    struct dpone_instance *instance = open_on(replies, 1);
    struct demo_api_text area = {0};
    struct ArrowSchema schema;
    const struct dpone_string id = {"id", 2};
    const struct dpone_string *const unique_key[] = {&id};
    const struct dpone_window window = {sizeof(window), {"note", 4}, {"a", 1}, {"b", 1}};
    static const char plan[] =
        "{\"version\": \"3\", \"add\": [], \"widen\": [], \"rename\": {\"note\": \"__dpone__nc__note\"}}";
    (void)state;
    assert_int_equal(dpone_schema_make(&schema, target_columns, 1, NULL), DPONE_OK);
    const struct dpone_load_request request = {.struct_size = sizeof(request),
                                               .strategy = DPONE_INCREMENTAL_MERGE,
                                               .target = {{"shop", 4}, {"orders", 6}},
                                               .pipeline = {"p", 1},
                                               .idempotency_key = {"k", 1},
                                               .schema = &schema,
                                               .unique_key = unique_key,
                                               .unique_key_count = 1,
                                               .window = &window,
                                               .lease_ms = 5000,
                                               .plan = {(const uint8_t *)plan, sizeof(plan) - 1}};
    assert_int_equal(demo_api_staging_open(&area, instance, &request, NULL), DPONE_OK);
    assert_string_equal(area.data, "https://api.example.com/v1/staging/a1");
    assert_string_equal(
        played_api.bodies[0],
        "{\"target\":\"shop.orders\",\"pipeline\":\"p\",\"strategy\":\"incremental_merge\",\"idempotency_"
        "key\":\"k\","
        "\"columns\":[{\"name\":\"id\",\"type\":\"int32\",\"nullable\":false,\"precision\":0,\"scale\":0}],"
        "\"lease_ms\":5000,"
        "\"unique_key\":[\"id\"],\"window\":{\"column\":\"note\",\"from\":\"a\",\"to\":\"b\"},"
        "\"schema_change\":{\"version\":\"3\",\"add\":[],\"widen\":[]}}");
    schema.release(&schema);
    demo_api_text_clear(&area);
    close_and_expect(instance, 1);
}

static int32_t publish_on(const struct played_reply *replies, size_t count, struct dpone_error *error) {
    static const uint8_t digest[DPONE_DIGEST_BYTES];
    const struct dpone_publish_request request = {
        .struct_size = sizeof(request), .rows = 1, .content_digest = {digest, sizeof(digest)}};
    struct dpone_instance *instance = open_on(replies, count);
    int32_t status = demo_api_staging_publish(instance, "https://a/staging/1", "key", &request, error);
    close_and_expect(instance, count);
    return status;
}

static void staging_publish__knows_what_an_answer_proves(void **state) {
    const struct played_reply refused[] = {
        {.http_status = 409,
         .body = "{\"error\": {\"code\": \"key_reused\", \"message\": \"other content\"}}"}};
    const struct played_reply early[] = {
        {.http_status = 409, .body = "{\"error\": {\"code\": \"not_sealed\", \"message\": \"seal first\"}}"}};
    const struct played_reply busy[] = {{.http_status = 503, .body = ""},
                                        {.http_status = 500, .body = ""},
                                        {.http_status = 503, .body = ""},
                                        {.http_status = 503, .body = ""}};
    const struct played_reply gateway[] = {{.http_status = 504, .body = ""},
                                           {.http_status = 503, .body = ""},
                                           {.http_status = 503, .body = ""},
                                           {.http_status = 503, .body = ""}};
    const struct played_reply cut[] = {ANSWER("{\"repea"), ANSWER("{\"repea"), ANSWER("{\"repea"),
                                       ANSWER("{\"repea")};
    const struct played_reply healed[] = {{.failure = DPONE_TIMEOUT}, ANSWER("{\"repeated\": true}")};
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(publish_on(refused, 1, &error), DPONE_CONFLICT);
    assert_string_equal(error.message, "the API refuses: other content (key_reused)");
    assert_int_equal(publish_on(early, 1, &error), DPONE_INVALID_STATE);
    assert_int_equal(publish_on(busy, 4, &error), DPONE_UNAVAILABLE);
    assert_int_equal(publish_on(gateway, 4, &error), DPONE_OUTCOME_UNKNOWN);
    assert_string_equal(error.message,
                        "no answer says whether key was published; ask for the last publication or publish "
                        "again with the same key");
    assert_int_equal(publish_on(cut, 4, &error), DPONE_OUTCOME_UNKNOWN);
    assert_int_equal(publish_on(healed, 2, &error), DPONE_OK);
}

static void staging_recover__leaves_the_living_alone(void **state) {
    const struct played_reply replies[] = {
        ANSWER("{\"staging\": [{\"id\": \"1\", \"expires_in_ms\": 5}, {\"id\": \"2\", \"expires_in_ms\": 0}, "
               "{\"id\": \"3\", \"expires_in_ms\": -7}]}"),
        {.http_status = 204, .body = ""},
        {.http_status = 409, .body = "{\"error\": {\"code\": \"lease_alive\", \"message\": \"revived\"}}"}};
    struct dpone_instance *instance = open_on(replies, 3);
    const struct dpone_table target = {.name = {"t x", 3}};
    int64_t removed = -1;
    (void)state;
    assert_int_equal(demo_api_staging_recover(instance, &target, &removed, NULL), DPONE_OK);
    assert_int_equal(removed, 1);
    assert_string_equal(played_api.requests[0], "GET https://api.example.com/v1/staging?target=t%20x");
    assert_string_equal(played_api.requests[1], "DELETE https://api.example.com/v1/staging/2?expired=true");
    assert_string_equal(played_api.requests[2], "DELETE https://api.example.com/v1/staging/3?expired=true");
    close_and_expect(instance, 3);
}

static void staging_seal__counts(void **state) {
    const struct played_reply replies[] = {ANSWER("{\"rows\": 9}")};
    struct dpone_instance *instance = open_on(replies, 1);
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(demo_api_staging_seal(instance, "https://a/staging/1", 2, 10, &error),
                     DPONE_DATA_CORRUPT);
    assert_string_equal(error.message, "the API staged another number of rows than the 10 sent");
    assert_string_equal(played_api.bodies[0], "{\"parts\":2,\"rows\":10}");
    close_and_expect(instance, 1);
}

static void sink_last_published__reads_what_is_there(void **state) {
    const struct played_reply replies[] = {
        ANSWER("{\"idempotency_key\": \"k\", \"content_digest\": \"00ff\", \"position\": \"\", \"rows\": 3}"),
        ANSWER("{\"idempotency_key\": \"k\", \"content_digest\": \"0\", \"position\": \"\", \"rows\": 3}"),
        {.http_status = 404, .body = "{}"}};
    struct dpone_instance *instance = open_on(replies, 3);
    const struct dpone_table target = {.name = {"t", 1}};
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    const struct dpone_sink_functions *sink = connector().sink;
    const struct dpone_string pipeline = {"p/1", 3};
    (void)state;
    assert_int_equal(sink->last_published(instance, &target, pipeline, &publication, NULL), DPONE_OK);
    assert_int_equal(publication.rows, 3);
    assert_memory_equal(publication.content_digest.data, "\x00\xff", 2);
    assert_int_equal(publication.position.size, 0);
    dpone_publication_clear(&publication);
    assert_int_equal(sink->last_published(instance, &target, pipeline, &publication, NULL),
                     DPONE_DATA_CORRUPT);
    dpone_publication_clear(&publication);
    assert_int_equal(sink->last_published(instance, &target, pipeline, &publication, NULL), DPONE_NOT_FOUND);
    assert_string_equal(played_api.requests[0],
                        "GET https://api.example.com/v1/targets/t/publications/p%2F1");
    close_and_expect(instance, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_matrix__only_what_is_safe),
        cmocka_unit_test(plan_matrix__a_target_that_is_missing_needs_none),
        cmocka_unit_test(plan_read__refuses_what_is_no_plan),
        cmocka_unit_test(wire_row__comes_back_as_it_was_sent),
        cmocka_unit_test(wire_row__refuses_another_shape),
        cmocka_unit_test(staging_open__says_all_of_the_load),
        cmocka_unit_test(staging_publish__knows_what_an_answer_proves),
        cmocka_unit_test(staging_recover__leaves_the_living_alone),
        cmocka_unit_test(staging_seal__counts),
        cmocka_unit_test(sink_last_published__reads_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
