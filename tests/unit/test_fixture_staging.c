/* The http fixture as a sink: the staging protocol request by request, and the observer's view of each step.
 */
#include "fixture_http.h"

#define COLUMNS                                                                                              \
    "[{\"name\":\"id\",\"type\":\"int64\",\"nullable\":false},{\"name\":\"day\",\"type\":\"int32\"},"        \
    "{\"name\":\"note\",\"type\":\"utf8\"}]"
#define DIGEST "000102030405060708090a0b0c0d0e0f"

static struct web *web;

static int open_web(void **state) {
    (void)state;
    web = web_open("{}");
    return 0;
}

static int close_web(void **state) {
    (void)state;
    web_close(web);
    return 0;
}

/* Opens a staging area for target t; `more` are further members, each with a comma before it. */
static void open_staging(char id[33], const char *strategy, const char *key, const char *more) {
    char body[1024];
    (void)snprintf(body, sizeof(body),
                   "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"%s\",\"idempotency_key\":\"%s\","
                   "\"columns\":%s%s}",
                   strategy, key, COLUMNS, more);
    struct reply reply = web_send(web, "POST", "/staging", body);
    if (reply.status != 201) {
        fail_msg("%ld %s", reply.status, reply.body.data);
    }
    assert_int_equal(strlen(json_at(reply.json, "id")), 32);
    (void)snprintf(id, 33, "%s", json_at(reply.json, "id"));
    reply_clear(&reply);
}

static void put(const char *id, int part, const char *rows, long status, const char *code) {
    char path[128];
    (void)snprintf(path, sizeof(path), "/staging/%s/parts/%d", id, part);
    web_expect(web, "PUT", path, rows, status, code);
}

static void seal(const char *id, int parts, int rows, long status, const char *code) {
    char path[128];
    char body[64];
    (void)snprintf(path, sizeof(path), "/staging/%s/seal", id);
    (void)snprintf(body, sizeof(body), "{\"parts\":%d,\"rows\":%d}", parts, rows);
    web_expect(web, "POST", path, body, status, code);
}

static struct reply send_publish(const char *id, const char *key, const char *digest, int rows) {
    char path[128];
    char body[256];
    (void)snprintf(path, sizeof(path), "/staging/%s/publish", id);
    (void)snprintf(body, sizeof(body),
                   "{\"idempotency_key\":\"%s\",\"content_digest\":\"%s\",\"position\":\"00ff\",\"rows\":%d}",
                   key, digest, rows);
    return web_send(web, "POST", path, body);
}

static void publish(const char *id, const char *key, const char *digest, int rows, long status,
                    const char *code) {
    struct reply reply = send_publish(id, key, digest, rows);
    if (reply.status != status) {
        fail_msg("%ld %s", reply.status, reply.body.data);
    }
    if (code != NULL) {
        assert_string_equal(json_at(json_object_get(reply.json, "error"), "code"), code);
    }
    reply_clear(&reply);
}

/* A whole load of one part. */
static void load(const char *strategy, const char *key, const char *more, const char *rows, int count) {
    char id[33];
    open_staging(id, strategy, key, more);
    put(id, 0, rows, 204, NULL);
    seal(id, 1, count, 200, NULL);
    publish(id, key, DIGEST, count, 200, NULL);
}

/* The rows of target t as the observer sees them, one a line, without the line of columns. */
static void expect_target(const char *rows) {
    char path[128];
    static char text[65536];
    (void)snprintf(path, sizeof(path), "%s/target", web->folder);
    assert_int_equal(dpone_fixture_observe_target(web->fixture, "t", path, NULL), DPONE_OK);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = 0;
    (void)fclose(file);
    assert_string_equal(strchr(text, '\n') + 1, rows);
}

static void expect_no_target(void) {
    char path[128];
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(path, sizeof(path), "%s/none", web->folder);
    assert_int_equal(dpone_fixture_observe_target(web->fixture, "t", path, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "no target is called \"t\"");
    assert_int_equal(access(path, F_OK), -1);
}

static size_t count_staging(void) {
    json_t *list = NULL;
    assert_int_equal(dpone_fixture_observe_staging(web->fixture, &list, NULL), DPONE_OK);
    size_t count = json_array_size(list);
    json_decref(list);
    return count;
}

/* ---- Strategies ---- */

static void staging_full_refresh__creates_and_replaces(void **state) {
    (void)state;
    char id[33];
    open_staging(id, "full_refresh", "k1", "");
    put(id, 1, "[2,null,\"b\"]\n", 204, NULL);
    put(id, 0, "[1,10,\"x\"]\n", 204, NULL);
    put(id, 0, "[1,10,\"a\"]\n", 204, NULL); /* again: replaces */
    seal(id, 2, 2, 200, NULL);
    expect_no_target();
    assert_int_equal(count_staging(), 1);
    publish(id, "k1", DIGEST, 2, 200, NULL);
    expect_target("[\"1\",\"10\",\"a\"]\n[\"2\",null,\"b\"]\n");
    assert_int_equal(count_staging(), 0);
    load("full_refresh", "k2", "", "[3,1,null]", 1);
    expect_target("[\"3\",\"1\",null]\n");
    open_staging(id, "full_refresh", "k3", "");
    seal(id, 0, 0, 200, NULL);
    publish(id, "k3", DIGEST, 0, 200, NULL);
    expect_target("");
}

static void staging_append__adds_at_the_end(void **state) {
    (void)state;
    load("incremental_append", "k1", "", "[1,1,\"a\"]\n[2,1,\"b\"]", 2);
    load("incremental_append", "k2", "", "[1,2,\"c\"]", 1);
    expect_target("[\"1\",\"1\",\"a\"]\n[\"2\",\"1\",\"b\"]\n[\"1\",\"2\",\"c\"]\n");
}

static void staging_merge__replaces_by_key_and_adds(void **state) {
    (void)state;
    load("full_refresh", "k1", "", "[1,1,\"a\"]\n[2,1,\"b\"]\n[2,2,\"c\"]", 3);
    load("incremental_merge", "k2", ",\"unique_key\":[\"id\",\"day\"]",
         "[2,1,\"B\"]\n[3,1,\"d\"]\n[1,1,\"A\"]", 3);
    expect_target("[\"1\",\"1\",\"A\"]\n[\"2\",\"1\",\"B\"]\n[\"2\",\"2\",\"c\"]\n[\"3\",\"1\",\"d\"]\n");
}

static void staging_merge__refuses_null_and_duplicate_keys(void **state) {
    (void)state;
    char id[33];
    open_staging(id, "incremental_merge", "k1", ",\"unique_key\":[\"day\"]");
    put(id, 0, "[1,1,\"a\"]\n[2,null,\"b\"]", 204, NULL);
    seal(id, 1, 2, 422, "null_key");
    put(id, 0, "[1,1,\"a\"]\n[2,1,\"b\"]", 204, NULL);
    seal(id, 1, 2, 422, "duplicate_key");
    publish(id, "k1", DIGEST, 2, 409, "not_sealed");
    expect_no_target();
}

static void staging_replace__touches_its_window_only(void **state) {
    (void)state;
    static const char window[] = ",\"window\":{\"column\":\"day\",\"from\":\"2\",\"to\":\"4\"}";
    char id[33];
    load("full_refresh", "k1", "", "[1,1,\"a\"]\n[2,2,\"b\"]\n[3,3,\"c\"]\n[4,4,\"d\"]\n[5,null,\"e\"]", 5);
    load("replace", "k2", window, "[6,2,\"f\"]", 1);
    expect_target("[\"1\",\"1\",\"a\"]\n[\"4\",\"4\",\"d\"]\n[\"5\",null,\"e\"]\n[\"6\",\"2\",\"f\"]\n");
    open_staging(id, "replace", "k3", window);
    seal(id, 0, 0, 200, NULL);
    publish(id, "k3", DIGEST, 0, 200, NULL);
    expect_target("[\"1\",\"1\",\"a\"]\n[\"4\",\"4\",\"d\"]\n[\"5\",null,\"e\"]\n");
    open_staging(id, "replace", "k4", window);
    put(id, 0, "[6,4,\"f\"]", 204, NULL);
    seal(id, 1, 1, 422, "outside_window");
}

/* ---- Idempotency, abort, leases ---- */

static void staging_publish__twice_changes_once(void **state) {
    (void)state;
    char id[33];
    char second[33];
    open_staging(id, "incremental_append", "k1", "");
    open_staging(second, "incremental_append", "k1", "");
    put(id, 0, "[1,1,\"a\"]", 204, NULL);
    seal(id, 1, 1, 200, NULL);
    struct reply reply = send_publish(id, "k1", DIGEST, 1);
    assert_true(json_is_false(json_object_get(reply.json, "repeated")));
    reply_clear(&reply);
    reply = send_publish(id, "k1", DIGEST, 1);
    assert_true(json_is_true(json_object_get(reply.json, "repeated")));
    reply_clear(&reply);
    publish(id, "k1", "ff0102030405060708090a0b0c0d0e0f", 1, 409, "key_reused");
    publish(second, "k1", "ff0102030405060708090a0b0c0d0e0f", 0, 409, "key_reused");
    assert_int_equal(count_staging(), 1);
    publish(second, "k1", DIGEST, 1, 200, NULL);
    assert_int_equal(count_staging(), 0);
    expect_target("[\"1\",\"1\",\"a\"]\n");
}

static void staging_publications__are_remembered(void **state) {
    (void)state;
    json_t *list = NULL;
    web_expect(web, "GET", "/targets/t/publications/p", NULL, 404, "no_such_publication");
    load("incremental_append", "k1", "", "[1,1,\"a\"]", 1);
    load("incremental_append", "k2", "", "[2,1,\"b\"]", 1);
    struct reply reply = web_send(web, "GET", "/targets/t/publications/p", NULL);
    assert_string_equal(json_at(reply.json, "idempotency_key"), "k2");
    assert_string_equal(json_at(reply.json, "content_digest"), DIGEST);
    assert_string_equal(json_at(reply.json, "position"), "00ff");
    assert_int_equal(json_integer_value(json_object_get(reply.json, "rows")), 1);
    reply_clear(&reply);
    web_expect(web, "GET", "/targets/t/publications/other", NULL, 404, "no_such_publication");
    assert_int_equal(dpone_fixture_observe_publications(web->fixture, "t", &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_at(json_array_get(list, 0), "idempotency_key"), "k1");
    assert_string_equal(json_at(json_array_get(list, 1), "position"), "00ff");
    json_decref(list);
}

static void staging_delete__aborts_but_never_undoes(void **state) {
    (void)state;
    char id[33];
    char path[64];
    open_staging(id, "full_refresh", "k1", "");
    (void)snprintf(path, sizeof(path), "/staging/%s", id);
    web_expect(web, "DELETE", path, NULL, 204, NULL);
    web_expect(web, "DELETE", path, NULL, 204, NULL);
    put(id, 0, "[1,1,\"a\"]", 404, "no_such_staging");
    publish(id, "k1", DIGEST, 0, 404, "no_such_staging");
    assert_int_equal(count_staging(), 0);
    open_staging(id, "full_refresh", "k1", "");
    put(id, 0, "[1,1,\"a\"]", 204, NULL);
    seal(id, 1, 1, 200, NULL);
    publish(id, "k1", DIGEST, 1, 200, NULL);
    (void)snprintf(path, sizeof(path), "/staging/%s", id);
    web_expect(web, "DELETE", path, NULL, 204, NULL);
    expect_target("[\"1\",\"1\",\"a\"]\n");
}

static void staging_lease__protects_the_living(void **state) {
    (void)state;
    char id[33];
    char path[64];
    json_t *list = NULL;
    open_staging(id, "full_refresh", "k1", "");
    (void)snprintf(path, sizeof(path), "/staging/%s?expired=true", id);
    web_expect(web, "DELETE", path, NULL, 409, "lease_alive");
    struct reply reply = web_send(web, "GET", "/staging?target=t", NULL);
    json_t *found = json_array_get(json_object_get(reply.json, "staging"), 0);
    assert_string_equal(json_at(found, "id"), id);
    assert_string_equal(json_at(found, "state"), "open");
    assert_true(json_integer_value(json_object_get(found, "expires_in_ms")) > 30000);
    reply_clear(&reply);
    reply = web_send(web, "GET", "/staging?target=other", NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "staging")), 0);
    reply_clear(&reply);
    assert_int_equal(dpone_fixture_expire_leases(web->fixture, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_observe_staging(web->fixture, &list, NULL), DPONE_OK);
    assert_true(json_is_true(json_object_get(json_array_get(list, 0), "expired")));
    json_decref(list);
    web_expect(web, "DELETE", path, NULL, 204, NULL);
    assert_int_equal(count_staging(), 0);
}

/* ---- What is refused ---- */

static void staging_open__refuses_what_is_no_load(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "",
        "[]",
        "{\"target\":\"t\"}",
        "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"mirror\",\"idempotency_key\":\"k\",\"columns\":["
        "]}",
        "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"full_refresh\",\"idempotency_key\":\"k\","
        "\"columns\":[]}",
        "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"full_refresh\",\"idempotency_key\":\"k\","
        "\"columns\":"
        "[{\"name\":\"a\",\"type\":\"int9\"}]}",
        "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"full_refresh\",\"idempotency_key\":\"k\","
        "\"columns\":"
        "[{\"name\":\"a\",\"type\":\"bool\"},{\"name\":\"a\",\"type\":\"bool\"}]}",
        "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"full_refresh\",\"idempotency_key\":\"k\","
        "\"columns\":"
        "[{\"name\":\"a\",\"type\":\"decimal128\"}]}",
        "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"incremental_merge\",\"idempotency_key\":\"k\","
        "\"columns\":"
        "[{\"name\":\"a\",\"type\":\"bool\"}],\"unique_key\":[\"b\"]}",
        "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"replace\",\"idempotency_key\":\"k\",\"columns\":"
        "[{\"name\":\"a\",\"type\":\"int64\"}],\"window\":{\"column\":\"a\",\"from\":\"x\",\"to\":\"2\"}}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        web_expect(web, "POST", "/staging", bodies[i], 400, "bad_request");
    }
    assert_int_equal(count_staging(), 0);
}

static void staging_put__refuses_bad_rows(void **state) {
    (void)state;
    char id[33];
    open_staging(id, "full_refresh", "k1", "");
    put(id, 0, "[1,1]", 400, "bad_row");
    put(id, 0, "[1,1,\"a\"", 400, "bad_row");
    put(id, 0, "[1,1,\"\xff\"]", 400, "bad_row");
    put(id, 0, "[null,1,\"a\"]", 422, "null_value");
    put(id, 0, "[1,3000000000,\"a\"]", 422, "bad_value");
    put(id, 0, "[1.5,1,\"a\"]", 422, "bad_value");
    put(id, 0, "[1,1,7]", 422, "bad_value");
    put(id, -1, "[1,1,\"a\"]", 400, "bad_request");
    put(id, 1, "[1,1,\"a\"]", 204, NULL);
    seal(id, 1, 1, 409, "incomplete"); /* part 0 is missing */
    put(id, 0, "", 204, NULL);
    seal(id, 2, 2, 409, "incomplete");
    seal(id, 2, 1, 200, NULL);
    put(id, 0, "[1,1,\"a\"]", 409, "sealed");
    publish(id, "k2", DIGEST, 1, 409, "key_reused");
    publish(id, "k1", DIGEST, 2, 409, "incomplete");
}

static void staging_put__limits_a_part(void **state) {
    (void)state;
    char id[33];
    web_close(web);
    web = web_open("{\"sink\":{\"max_part_bytes\":20}}");
    char body[] = "[1,1,\"0123456789012345678901234567890123456789\"]";
    web_expect(web, "POST", "/staging", body, 413, "too_large");
    web_close(web);
    web = web_open("{\"sink\":{\"max_part_bytes\":400}}");
    open_staging(id, "full_refresh", "k1", "");
    char large[1024] = "[1,1,\"";
    memset(large + strlen(large), 'x', 900);
    put(id, 0, large, 413, "too_large");
}

/* ---- Schemas ---- */

static void staging_describe__tells_columns_and_version(void **state) {
    (void)state;
    web_expect(web, "GET", "/targets/t", NULL, 404, "no_such_target");
    load("full_refresh", "k1", "", "[1,1,\"a\"]", 1);
    struct reply reply = web_send(web, "GET", "/targets/t", NULL);
    json_t *id = json_array_get(json_object_get(reply.json, "columns"), 0);
    assert_string_equal(json_at(reply.json, "version"), "1");
    assert_string_equal(json_at(id, "type"), "int64");
    assert_true(json_is_false(json_object_get(id, "nullable")));
    assert_int_equal(json_integer_value(json_object_get(reply.json, "rows")), 1);
    reply_clear(&reply);
}

#define WIDER                                                                                                \
    "{\"target\":\"t\",\"pipeline\":\"p\",\"strategy\":\"incremental_append\",\"idempotency_key\":\"%s\","   \
    "\"columns\":"                                                                                           \
    "[{\"name\":\"more\",\"type\":\"bool\"},{\"name\":\"id\",\"type\":\"int64\"},{\"name\":\"day\","         \
    "\"type\":\"int64\"},"                                                                                   \
    "{\"name\":\"note\",\"type\":\"utf8\"}]%s}"

static void load_wider(const char *key, const char *change, long status, const char *code) {
    char body[1024];
    char id[33];
    (void)snprintf(body, sizeof(body), WIDER, key, change);
    struct reply reply = web_send(web, "POST", "/staging", body);
    assert_int_equal(reply.status, 201);
    (void)snprintf(id, sizeof(id), "%s", json_at(reply.json, "id"));
    reply_clear(&reply);
    put(id, 0, "[true,2,5000000000,\"b\"]", 204, NULL);
    seal(id, 1, 1, 200, NULL);
    publish(id, key, DIGEST, 1, status, code);
}

static void staging_schema_change__is_published_with_the_rows(void **state) {
    (void)state;
    static const char change[] =
        ",\"schema_change\":{\"version\":\"%s\",\"add\":[{\"name\":\"more\",\"type\":\"bool\"}],"
        "\"widen\":[{\"name\":\"day\",\"type\":\"int64\"}]}";
    char text[256];
    load("full_refresh", "k1", "", "[1,1,\"a\"]", 1);
    load_wider("k2", "", 409, "schema_mismatch");
    (void)snprintf(text, sizeof(text), change, "7");
    load_wider("k3", text, 409, "schema_changed");
    load_wider("k4", ",\"schema_change\":{\"version\":\"1\",\"add\":[{\"name\":\"id\",\"type\":\"bool\"}]}",
               409, "schema_mismatch");
    load_wider("k5",
               ",\"schema_change\":{\"version\":\"1\",\"widen\":[{\"name\":\"note\",\"type\":\"int64\"}]}",
               409, "schema_mismatch");
    expect_target("[\"1\",\"1\",\"a\"]\n");
    (void)snprintf(text, sizeof(text), change, "1");
    load_wider("k6", text, 200, NULL);
    expect_target("[\"1\",\"1\",\"a\",null]\n[\"2\",\"5000000000\",\"b\",\"true\"]\n");
    struct reply reply = web_send(web, "GET", "/targets/t", NULL);
    assert_string_equal(json_at(reply.json, "version"), "2");
    reply_clear(&reply);
}

/* ---- Every value ---- */

/* A canonical row as the protocol writes it: numbers and booleans lose their quotes. */
static void add_protocol_row(struct dpone_canonical_text *out, const char *line,
                             const struct dpone_dataset_spec *spec) {
    json_t *row = json_loadb(line, strcspn(line, "\n"), JSON_ALLOW_NUL, NULL);
    assert_non_null(row);
    for (size_t i = 0; i < spec->column_count; i++) {
        const json_t *cell = json_array_get(row, i);
        const char *text = json_string_value(cell);
        int32_t type = spec->columns[i].column.type;
        int plain = type == DPONE_TYPE_BOOL || type == DPONE_TYPE_INT32 || type == DPONE_TYPE_INT64 ||
                    (type == DPONE_TYPE_FLOAT64 && text != NULL && strpbrk(text, "Na") == NULL &&
                     strcmp(text, "Infinity") != 0 && strcmp(text, "-Infinity") != 0);
        dpone_canonical_text_add_string(out, i == 0 ? "[" : ",");
        if (text == NULL) {
            dpone_canonical_text_add_string(out, "null");
        } else if (plain) {
            dpone_canonical_text_add_string(out, strcmp(text, "-0") == 0 ? "-0.0" : text);
        } else {
            dpone_canonical_text_add_json_string(out, text, json_string_length(cell));
        }
    }
    dpone_canonical_text_add_string(out, "]\n");
    json_decref(row);
}

static json_t *columns_json(const struct dpone_dataset_spec *spec) {
    json_t *columns = json_array();
    for (size_t i = 0; i < spec->column_count; i++) {
        const struct dpone_column *column = &spec->columns[i].column;
        json_array_append_new(columns, json_pack("{s:s, s:s, s:b, s:i, s:i}", "name", column->name, "type",
                                                 dpone_type_name(column->type), "nullable", column->nullable,
                                                 "precision", column->precision, "scale", column->scale));
    }
    return columns;
}

static void staging_values__arrive_exactly(void **state) {
    (void)state;
    char paths[2][128];
    char id[33];
    char path[128];
    char line[65536];
    struct dpone_canonical_text part = {0};
    struct dpone_dataset_spec spec = {.seed = 3};
    struct dpone_difference difference;
    spec.columns = dpone_dataset_types(&spec.column_count);
    (void)snprintf(paths[0], sizeof(paths[0]), "%s/expected", web->folder);
    (void)snprintf(paths[1], sizeof(paths[1]), "%s/observed", web->folder);
    assert_int_equal(dpone_fixture_prepare_target(web->fixture, "prepared", &spec, 40, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_observe_target(web->fixture, "prepared", paths[0], NULL), DPONE_OK);
    FILE *file = fopen(paths[0], "r");
    assert_non_null(fgets(line, sizeof(line), file));
    while (fgets(line, sizeof(line), file) != NULL) {
        add_protocol_row(&part, line, &spec);
    }
    (void)fclose(file);
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:o}", "target", "loaded", "pipeline", "p", "strategy",
                             "full_refresh", "idempotency_key", "k", "columns", columns_json(&spec));
    char *text = json_dumps(body, 0);
    struct reply reply = web_send(web, "POST", "/staging", text);
    (void)snprintf(id, sizeof(id), "%s", json_at(reply.json, "id"));
    reply_clear(&reply);
    free(text);
    json_decref(body);
    put(id, 0, part.data, 204, NULL);
    (void)snprintf(path, sizeof(path), "/staging/%s/rows", id);
    web_expect(web, "GET", path, NULL, 409, "not_sealed");
    seal(id, 1, 40, 200, NULL);
    (void)snprintf(path, sizeof(path), "/staging/%s/rows?after=30&limit=3", id);
    reply = web_send(web, "GET", path, NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "rows")), 3);
    assert_int_equal(json_integer_value(json_object_get(reply.json, "next")), 33);
    reply_clear(&reply);
    publish(id, "k", DIGEST, 40, 200, NULL);
    assert_int_equal(dpone_fixture_observe_target(web->fixture, "loaded", paths[1], NULL), DPONE_OK);
    assert_int_equal(dpone_canonical_compare(&difference, paths[0], paths[1],
                                             DPONE_COMPARE_IN_ORDER | DPONE_COMPARE_NULLABLE, NULL),
                     DPONE_OK);
    if (!difference.equal) {
        fail_msg("%s: expected %s, observed %s", difference.where, difference.expected, difference.observed);
    }
    reply = web_send(web, "GET", "/targets/loaded/rows", NULL);
    assert_int_equal(json_array_size(json_object_get(reply.json, "rows")), 40);
    assert_true(json_is_null(json_object_get(reply.json, "next")));
    reply_clear(&reply);
    dpone_canonical_text_clear(&part);
}

/* ---- Faults ---- */

static void arm(const char *fault) {
    struct dpone_fixture_arming arming = {.fault = fault, .times = 1};
    assert_int_equal(dpone_fixture_arm(web->fixture, &arming, NULL, NULL), DPONE_OK);
}

static void staging_publish_faults__apply_or_not(void **state) {
    (void)state;
    static const char *const faults[] = {"publish_unsent", "publish_not_applied", "publish_lost_answer",
                                         "publish_cut_answer"};
    for (size_t i = 0; i < 4; i++) {
        char id[33];
        char key[16];
        const struct dpone_fixture_fault *fault = dpone_fixture_find_fault(web->fixture, faults[i]);
        assert_int_equal(fault->expected_status, DPONE_OUTCOME_UNKNOWN);
        (void)snprintf(key, sizeof(key), "k%zu", i);
        assert_int_equal(dpone_fixture_drop_target(web->fixture, "t", NULL), DPONE_OK);
        open_staging(id, "incremental_append", key, "");
        put(id, 0, "[1,1,\"a\"]", 204, NULL);
        seal(id, 1, 1, 200, NULL);
        arm(faults[i]);
        struct reply reply = send_publish(id, key, DIGEST, 1);
        assert_int_not_equal(reply.code, CURLE_OK);
        reply_clear(&reply);
        assert_int_equal(dpone_fixture_quiesce(web->fixture, 5000, NULL), DPONE_OK);
        if (fault->effect == DPONE_FIXTURE_APPLIED) {
            expect_target("[\"1\",\"1\",\"a\"]\n");
        } else {
            expect_no_target();
        }
        reply = send_publish(id, key, DIGEST, 1);
        assert_int_equal(reply.status, 200);
        assert_int_equal(json_is_true(json_object_get(reply.json, "repeated")),
                         fault->effect == DPONE_FIXTURE_APPLIED);
        reply_clear(&reply);
        expect_target("[\"1\",\"1\",\"a\"]\n");
    }
}

static void staging_storage_full__leaves_the_target(void **state) {
    (void)state;
    char id[33];
    open_staging(id, "full_refresh", "k1", "");
    arm("storage_full");
    put(id, 0, "[1,1,\"a\"]", 507, "storage_full");
    arm("stage_lost_answer");
    char path[128];
    (void)snprintf(path, sizeof(path), "/staging/%s/parts/0", id);
    struct reply reply = web_send(web, "PUT", path, "[1,1,\"a\"]");
    assert_int_not_equal(reply.code, CURLE_OK);
    reply_clear(&reply);
    put(id, 0, "[1,1,\"a\"]", 204, NULL);
    seal(id, 1, 1, 200, NULL);
    arm("storage_full");
    publish(id, "k1", DIGEST, 1, 507, "storage_full");
    expect_no_target();
    publish(id, "k1", DIGEST, 1, 200, NULL);
    expect_target("[\"1\",\"1\",\"a\"]\n");
}

/* ---- The self-test ---- */

static void fixture_self_test__changes_appear(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_dataset_spec spec = {.seed = 3};
    struct dpone_column id = {"id", DPONE_TYPE_INT64, 0, 0, 0};
    struct dpone_column name = {"name", DPONE_TYPE_UTF8, 1, 0, 0};
    struct dpone_column amount = {"amount", DPONE_TYPE_DECIMAL128, 1, 18, 4};
    spec.columns = dpone_dataset_small(&spec.column_count);
    assert_int_equal(dpone_fixture_prepare_target(web->fixture, "t", &spec, 2, NULL), DPONE_OK);
    spec.first_row = 2;
    assert_int_equal(dpone_fixture_insert_rows(web->fixture, "t", &spec, 1, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_delete_rows(web->fixture, "t", &id, "1000", NULL), DPONE_OK);
    for (int row = 1; row < 3; row++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", 1000 + row);
        assert_int_equal(
            dpone_fixture_edit_rows(web->fixture, "t", &id, key, &name, row == 1 ? "\xc3\xa9" : NULL, NULL),
            DPONE_OK);
        assert_int_equal(dpone_fixture_edit_rows(web->fixture, "t", &id, key, &amount, "-1.2300", NULL),
                         DPONE_OK);
    }
    char path[128];
    char text[3][512];
    (void)snprintf(path, sizeof(path), "%s/t", web->folder);
    assert_int_equal(dpone_fixture_observe_target(web->fixture, "t", path, NULL), DPONE_OK);
    FILE *file = fopen(path, "r");
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(fgets(text[i], sizeof(text[i]), file));
    }
    assert_null(fgets(text[0], sizeof(text[0]), file));
    (void)fclose(file);
    assert_int_equal(strncmp(text[1], "[\"1001\",", 8), 0);
    assert_non_null(strstr(text[1], ",\"\xc3\xa9\",\"-1.2300\"]"));
    assert_int_equal(strncmp(text[2], "[\"1002\",", 8), 0);
    assert_non_null(strstr(text[2], ",null,\"-1.2300\"]"));
    assert_int_equal(dpone_fixture_delete_rows(web->fixture, "none", &id, "1", &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "no target is called \"none\"");
    assert_int_equal(dpone_fixture_edit_rows(web->fixture, "t", &id, "1",
                                             &(struct dpone_column){"zz", 2, 1, 0, 0}, "1", &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "target t cannot be changed: no column \"zz\"");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_web, close_web)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(staging_full_refresh__creates_and_replaces),
        TEST(staging_append__adds_at_the_end),
        TEST(staging_merge__replaces_by_key_and_adds),
        TEST(staging_merge__refuses_null_and_duplicate_keys),
        TEST(staging_replace__touches_its_window_only),
        TEST(staging_publish__twice_changes_once),
        TEST(staging_publications__are_remembered),
        TEST(staging_delete__aborts_but_never_undoes),
        TEST(staging_lease__protects_the_living),
        TEST(staging_open__refuses_what_is_no_load),
        TEST(staging_put__refuses_bad_rows),
        TEST(staging_put__limits_a_part),
        TEST(staging_describe__tells_columns_and_version),
        TEST(staging_schema_change__is_published_with_the_rows),
        TEST(staging_values__arrive_exactly),
        TEST(staging_publish_faults__apply_or_not),
        TEST(staging_storage_full__leaves_the_target),
        TEST(fixture_self_test__changes_appear),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
