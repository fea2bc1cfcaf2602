/* The pipeline over the reference connector: every strategy, state, schema changes, gates, and what run.json
 * says. The oracle is SQLite itself, asked directly. */
#include "runtime_world.h"

#include <dpone/row_hash.h>

#include "runtime/digest.h"

/* orders(id, name, changed) -> copy, two rows a batch. `@` is the world's folder. */
#define SOURCE(rest)                                                                                         \
    "name: orders\n"                                                                                         \
    "source: {type: reference, table: {name: orders}, batch_rows: 2, options: {path: \"@/source.db\"}" rest  \
    "}\n"
#define SINK(strategy, rest)                                                                                 \
    "sink: {type: reference, table: {name: copy}, strategy: " strategy                                       \
    ", options: {path: \"@/target.db\"}" rest "}\n"
#define STATE "state: {type: reference, options: {path: \"@/state.db\"}}\n"
#define BY_CHANGE ", incremental: {cursor_column: changed}"
#define MERGE "{mode: incremental_merge, unique_key: id}"

static struct world world_with(const char *rows) {
    struct world world = world_make();
    world_sql(&world, "source.db", "CREATE TABLE orders(id BIGINT NOT NULL, name TEXT, changed BIGINT)");
    world_sql(&world, "source.db", rows);
    return world;
}

/* ---- Strategies */

static void pipeline_full_refresh__target_becomes_the_source(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10),(2,NULL,20),(3,'c',20)");
    world_manifest(&world, SOURCE("") SINK("{mode: full_refresh}", "") STATE);
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10\n2|NULL|20\n3|c|20\n");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10\n2|NULL|20\n3|c|20\n");
    world_sql(&world, "source.db", "DELETE FROM orders WHERE id < 3");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy", "3|c|20\n");
    world_sql(&world, "source.db", "DELETE FROM orders");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT count(*) FROM copy", "0\n");
    world_clear(&world);
}

static void pipeline_full_refresh__empty_source_makes_the_target(void **context) {
    (void)context;
    struct world world = world_with("");
    world_manifest(&world, SOURCE("") SINK("{mode: full_refresh}", ""));
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT name, type, \"notnull\" FROM pragma_table_info('copy')",
                 "id|BIGINT|1\nname|TEXT|0\nchanged|BIGINT|0\n");
    world_clear(&world);
}

static void pipeline_append__reads_on_from_the_checkpoint(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10),(2,'b',20),(3,'c',20)");
    world_manifest(&world, SOURCE(BY_CHANGE) SINK("{mode: incremental_append}", "") STATE);
    assert_run_ok(&world);
    assert_record_integer(&world, "rows.read", 3);
    world_sql(&world, "source.db", "INSERT INTO orders VALUES(4,'tie',20),(5,'new',30),(6,'late',5)");
    assert_run_ok(&world);
    assert_record_integer(&world, "rows.read", 2);
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10\n2|b|20\n3|c|20\n4|tie|20\n5|new|30\n");
    world_clear(&world);
}

static void pipeline_merge__changes_and_adds(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10),(2,'b',20)");
    world_manifest(&world, SOURCE(BY_CHANGE) SINK(MERGE, "") STATE);
    assert_run_ok(&world);
    world_sql(&world, "source.db",
              "UPDATE orders SET name='B', changed=30 WHERE id=2; INSERT INTO orders VALUES(3,'c',31)");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy ORDER BY id", "1|a|10\n2|B|30\n3|c|31\n");
    world_clear(&world);
}

static void pipeline_merge__composite_key(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'x',10),(1,'y',20)");
    world_manifest(&world,
                   SOURCE(BY_CHANGE) SINK("{mode: incremental_merge, unique_key: [id, name]}", "") STATE);
    assert_run_ok(&world);
    world_sql(&world, "source.db", "UPDATE orders SET changed=40 WHERE name='x'");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy ORDER BY name", "1|x|40\n1|y|20\n");
    world_clear(&world);
}

static void pipeline_merge__repeated_key_is_refused(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    world_manifest(&world, SOURCE(BY_CHANGE) SINK(MERGE, "") STATE);
    assert_run_ok(&world);
    world_sql(&world, "source.db", "INSERT INTO orders VALUES(7,'p',50),(7,'q',51),(7,'r',52)");
    assert_run_fails(&world, DPONE_INVALID_ARGUMENT,
                     "stage: the unique_key is not unique in 3 rows of the load; the target is unchanged");
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10\n");
    assert_query(&world, "target.db",
                 "SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_\\_dpone\\_\\_stage%' ESCAPE '\\'",
                 "0\n");
    world_clear(&world);
}

static void pipeline_merge__null_in_the_key_is_refused(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,NULL,10)");
    world_manifest(&world, SOURCE("") SINK("{mode: incremental_merge, unique_key: [id, name]}", ""));
    assert_run_fails(
        &world, DPONE_INVALID_ARGUMENT,
        "stage: unique_key column \"name\" is NULL in 1 rows of the load; the target is unchanged");
    world_clear(&world);
}

static void pipeline_replace__only_the_window_changes(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10),(2,'b',20),(3,'c',30)");
    world_manifest(&world, SOURCE("") SINK("{mode: full_refresh}", ""));
    assert_run_ok(&world);
    world_sql(&world, "source.db", "DELETE FROM orders; INSERT INTO orders VALUES(9,'n',25),(8,'m',20)");
    world_manifest(&world,
                   SOURCE("") SINK("{mode: replace, window: {column: changed, from: 20, to: 30}}", ""));
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy ORDER BY changed, id",
                 "1|a|10\n8|m|20\n9|n|25\n3|c|30\n");
    world_sql(&world, "source.db", "DELETE FROM orders");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy ORDER BY id", "1|a|10\n3|c|30\n");
    world_clear(&world);
}

static void pipeline_replace__row_outside_the_window_is_refused(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',30),(2,'b',NULL)");
    world_manifest(&world,
                   SOURCE("") SINK("{mode: replace, window: {column: changed, from: 20, to: 30}}", ""));
    assert_run_fails(
        &world, DPONE_INVALID_ARGUMENT,
        "stage: the window column lies outside the window in 2 rows of the load; the target is unchanged");
    world_clear(&world);
}

/* ---- State */

static void pipeline_state__moves_with_the_publication(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    world_manifest(&world, SOURCE(BY_CHANGE) SINK("{mode: incremental_append}", "") STATE);
    assert_run_ok(&world);
    static const char position[] =
        "{\"reference\":1,\"table\":\"orders\",\"cursor\":\"changed\",\"value\":\"10\",\"rowid\":1}";
    char expected[256];
    char hex[256];
    (void)snprintf(expected, sizeof expected, "%s\n", position);
    assert_query(&world, "state.db", "SELECT CAST(value AS TEXT) FROM __dpone__state WHERE key='orders'",
                 expected);
    assert_query(&world, "target.db", "SELECT CAST(position AS TEXT) FROM __dpone__publications", expected);
    dpone_hex_write(hex, (struct dpone_bytes){(const uint8_t *)position, strlen(position)});
    assert_record_string(&world, "checkpoints.after", hex);
    assert_true(json_is_null(world_value(&world, "checkpoints.before")));
    assert_true(json_is_true(world_value(&world, "state.committed")));
    world_clear(&world);
}

static void pipeline_state__zero_rows_change_nothing(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    world_manifest(&world, SOURCE(BY_CHANGE) SINK("{mode: incremental_append}", "") STATE);
    assert_run_ok(&world);
    assert_run_ok(&world);
    assert_record_integer(&world, "rows.read", 0);
    assert_true(json_is_false(world_value(&world, "publication.published")));
    assert_true(json_is_false(world_value(&world, "state.committed")));
    assert_query(&world, "state.db", "SELECT version FROM __dpone__state", "1\n");
    assert_query(&world, "target.db", "SELECT count(*) FROM __dpone__publications", "1\n");
    assert_query(&world, "target.db", "SELECT count(*) FROM __dpone__loads", "0\n");
    world_clear(&world);
}

static void pipeline_state__zero_rows_of_a_first_run_make_the_target_only(void **context) {
    (void)context;
    struct world world = world_with("");
    world_manifest(&world, SOURCE(BY_CHANGE) SINK("{mode: incremental_append}", "") STATE);
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT count(*) FROM copy", "0\n");
    assert_query(&world, "state.db", "SELECT count(*) FROM __dpone__state", "0\n");
    world_clear(&world);
}

static void pipeline_state__lost_state_is_brought_up_to_the_publication(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    world_manifest(&world, SOURCE(BY_CHANGE) SINK("{mode: incremental_append}", "") STATE);
    assert_run_ok(&world);
    world_sql(&world, "state.db", "DELETE FROM __dpone__state");
    assert_run_ok(&world);
    assert_true(json_is_true(world_value(&world, "state.advanced")));
    assert_record_integer(&world, "rows.read", 0);
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10\n");
    world_clear(&world);
}

static void pipeline_without_state__reads_on_from_the_publication(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    world_manifest(&world, SOURCE(BY_CHANGE) SINK("{mode: incremental_append}", ""));
    assert_run_ok(&world);
    world_sql(&world, "source.db", "INSERT INTO orders VALUES(2,'b',20)");
    assert_run_ok(&world);
    assert_record_integer(&world, "rows.read", 1);
    assert_true(json_is_null(world_value(&world, "state")));
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10\n2|b|20\n");
    world_clear(&world);
}

/* ---- Schema evolution */

static void evolve(struct world *world, const char *change, const char *policy) {
    static char manifest[1024];
    world_manifest(world, SOURCE("") SINK("{mode: full_refresh}", ""));
    assert_run_ok(world);
    world_sql(world, "source.db", change);
    (void)snprintf(
        manifest, sizeof manifest,
        SOURCE(", incremental: false") SINK("{mode: incremental_append}", ", schema_evolution: %s"), policy);
    world_manifest(world, manifest);
}

static void pipeline_evolution__nullable_column_is_added(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    evolve(&world, "ALTER TABLE orders ADD COLUMN note TEXT; UPDATE orders SET note='n'", "apply");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10|NULL\n1|a|10|n\n");
    world_clear(&world);
}

static void pipeline_evolution__policy_fail_stops_an_added_column(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    evolve(&world, "ALTER TABLE orders ADD COLUMN note TEXT; INSERT INTO orders VALUES(2,'b',20,'n')",
           "fail");
    assert_run_fails(
        &world, DPONE_CONFLICT,
        "plan: column \"note\" is not in the target; change the target by hand, or the policy in "
        "sink.schema_evolution");
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10\n");
    world_clear(&world);
}

static void pipeline_evolution__required_column_is_refused(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    evolve(&world, "ALTER TABLE orders ADD COLUMN note TEXT NOT NULL DEFAULT 'x'", "apply");
    assert_run_fails(
        &world, DPONE_CONFLICT,
        "plan: column \"note\" is new and not nullable, so the rows of the target have no value for it; "
        "change the target by hand, or the policy in sink.schema_evolution");
    world_clear(&world);
}

static void pipeline_evolution__dropped_column_is_refused(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    evolve(&world, "ALTER TABLE orders DROP COLUMN name", "new_column");
    assert_run_fails(
        &world, DPONE_CONFLICT,
        "plan: column \"name\" is in the target and not in the load; change the target by hand, or the "
        "policy in sink.schema_evolution");
    world_clear(&world);
}

static void retype(struct world *world, const char *before, const char *after, const char *policy) {
    char change[256];
    (void)snprintf(change, sizeof change, "DROP TABLE orders; CREATE TABLE orders(id %s)", before);
    world_sql(world, "source.db", change);
    world_sql(world, "source.db", "INSERT INTO orders VALUES(1)");
    (void)snprintf(change, sizeof change,
                   "DROP TABLE orders; CREATE TABLE orders(id %s); INSERT INTO orders VALUES(2)", after);
    evolve(world, change, policy);
}

static void pipeline_evolution__integer_is_widened(void **context) {
    (void)context;
    struct world world = world_with("");
    retype(&world, "INT", "BIGINT", "apply");
    world_sql(&world, "source.db", "UPDATE orders SET id = 3000000000");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy", "1\n3000000000\n");
    assert_query(&world, "target.db", "SELECT type FROM pragma_table_info('copy')", "BIGINT\n");
    world_clear(&world);
}

static void pipeline_evolution__narrowing_is_refused(void **context) {
    (void)context;
    struct world world = world_with("");
    retype(&world, "BIGINT", "INT", "apply");
    assert_run_fails(
        &world, DPONE_CONFLICT,
        "plan: column \"id\" is BIGINT in the target and INT in the load; change the target by hand, or "
        "the policy in sink.schema_evolution");
    world_clear(&world);
}

static void pipeline_evolution__other_type_goes_beside(void **context) {
    (void)context;
    struct world world = world_with("");
    retype(&world, "BIGINT", "TEXT", "new_column");
    assert_run_ok(&world);
    assert_run_ok(&world); /* the column beside is found again */
    assert_query(&world, "target.db", "SELECT id, __dpone__nc__id FROM copy", "1|NULL\nNULL|2\nNULL|2\n");
    world_clear(&world);
}

/* ---- Gates */

static void pipeline_gates__error_stops_publication(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10),(2,NULL,20),(2,NULL,30)");
    world_manifest(
        &world, SOURCE(BY_CHANGE) SINK("{mode: incremental_append}", "") STATE
        "quality: {gates: [{type: not_null, columns: name}, {id: once, type: unique, column: id, severity: "
        "warning}, {type: row_count_reconciliation}]}\n");
    assert_run_fails(
        &world, DPONE_DATA_CORRUPT,
        "gates: quality gate \"not_null_1\" (not_null): expected no row with NULL, observed 2 of 3 rows "
        "fail; nothing was published");
    assert_record_string(&world, "status", "failed");
    assert_record_string(&world, "error.step", "gates");
    assert_record_integer(&world, "rows.staged", 3);
    assert_record_integer(&world, "rows.rejected", 3);
    assert_record_integer(&world, "rows.published", 0);
    assert_record_integer(&world, "gates.0.failed_rows", 2);
    assert_record_integer(&world, "gates.1.failed_rows", 1);
    assert_record_string(&world, "gates.1.severity", "warning");
    assert_true(json_is_true(world_value(&world, "gates.2.passed")));
    assert_query(&world, "target.db", "SELECT count(*) FROM sqlite_master WHERE name = 'copy'", "0\n");
    assert_query(&world, "target.db", "SELECT count(*) FROM __dpone__loads", "0\n");
    assert_query(&world, "state.db", "SELECT count(*) FROM __dpone__state", "0\n");
    world_clear(&world);
}

static void pipeline_gates__warning_lets_it_pass(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,NULL,10)");
    world_manifest(&world,
                   SOURCE("")
                       SINK("{mode: full_refresh}",
                            "") "quality: {gates: [{type: not_null, columns: name, severity: warning}]}\n");
    assert_run_ok(&world);
    assert_record_integer(&world, "rows.published", 1);
    assert_true(json_is_false(world_value(&world, "gates.0.passed")));
    world_clear(&world);
}

static void pipeline_gates__unknown_column_is_named(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,NULL,10)");
    world_manifest(&world, SOURCE("") SINK("{mode: full_refresh}",
                                           "") "quality: {gates: [{type: not_null, columns: nam}]}\n");
    assert_run_fails(&world, DPONE_INVALID_ARGUMENT,
                     "gates: quality gate \"not_null_1\": the load has no column \"nam\"");
    world_clear(&world);
}

/* ---- run.json */

static void add_row(struct dpone_digest *digest, const char *const *texts, size_t count) {
    uint8_t row[256];
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        row[size++] = texts[i] != NULL;
        uint32_t length = texts[i] == NULL ? 0 : (uint32_t)strlen(texts[i]);
        for (int byte = 0; texts[i] != NULL && byte < 4; byte++) {
            row[size++] = (uint8_t)(length >> (8 * byte));
        }
        memcpy(row + size, texts[i] == NULL ? "" : texts[i], length);
        size += length;
    }
    dpone_digest_add_row(digest, row, size);
}

static void pipeline_record__holds_what_can_be_recounted(void **context) {
    (void)context;
    static const char *const first[] = {"1", "a", "10"};
    static const char *const second[] = {"2", NULL, "20"};
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10),(2,NULL,20),(3,'c',30)");
    world_manifest(&world, SOURCE("") SINK("{mode: full_refresh}", "") STATE);
    assert_run_ok(&world);
    struct dpone_digest digest = {{0}};
    char hex[2 * DPONE_DIGEST_BYTES + 1];
    char path[WORLD_PATH_BYTES];
    char sha256[DPONE_SHA256_TEXT_BYTES];
    add_row(&digest, first, 3);
    add_row(&digest, second, 3);
    add_row(&digest, (const char *const[]){"3", "c", "30"}, 3);
    dpone_hex_write(hex, (struct dpone_bytes){digest.bytes, sizeof digest.bytes});
    assert_record_string(&world, "content_digest", hex);
    world_path(path, &world, "pipe.yaml");
    assert_int_equal(dpone_sha256_file(sha256, path, NULL), DPONE_OK);
    assert_record_string(&world, "manifest.sha256", sha256);
    assert_record_string(&world, "manifest.path", path);
    assert_true(dpone_ulid_valid(json_string_value(world_value(&world, "run_id"))));
    assert_true(dpone_ulid_valid(json_string_value(world_value(&world, "load_id"))));
    assert_record_integer(&world, "batches", 2);
    assert_record_string(&world, "schema.1.type", "utf8");
    assert_record_string(&world, "connectors.sink.name", "reference");
    assert_record_string(&world, "plan.strategy", "full_refresh");
    assert_true(json_is_null(world_value(&world, "error")));
    world_clear(&world);
}

static void pipeline_record__names_the_steps_in_order(void **context) {
    (void)context;
    static const char *const expected[] = {"open",  "recover", "last_published", "state_read",
                                           "read",  "plan",    "begin",          "write",
                                           "stage", "publish", "state_commit"};
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    world_manifest(&world, SOURCE("") SINK("{mode: full_refresh}", "") STATE);
    assert_run_ok(&world);
    const json_t *steps = world_value(&world, "steps");
    assert_int_equal(json_array_size(steps), sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        assert_string_equal(json_string_value(json_object_get(step, "step")), expected[i]);
        assert_string_equal(json_string_value(json_object_get(step, "status")), "OK");
        assert_true(strcmp(json_string_value(json_object_get(step, "started_at")),
                           json_string_value(json_object_get(step, "ended_at"))) <= 0);
    }
    world_clear(&world);
}

static void pipeline_record__failure_is_recorded(void **context) {
    (void)context;
    struct world world = world_with("");
    world_sql(&world, "source.db", "DROP TABLE orders");
    world_manifest(&world, SOURCE("") SINK("{mode: full_refresh}", "") STATE);
    assert_run_fails(&world, DPONE_NOT_FOUND, "read: there is no table \"orders\"");
    assert_record_string(&world, "status", "failed");
    assert_record_string(&world, "error.status", "NOT_FOUND");
    assert_record_string(&world, "error.message", "read: there is no table \"orders\"");
    assert_record_string(&world, "error.step", "read");
    assert_true(json_is_null(world_value(&world, "schema")));
    world_clear(&world);
}

static int32_t look_at_record(void *context, const struct dpone_step_event *event,
                              struct dpone_error *error) {
    const struct world *world = context;
    (void)error;
    json_t *json = json_load_file(dpone_pipeline_record_path(world->pipeline), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "status")), "running");
    json_decref(json);
    return event->status;
}

static void pipeline_record__is_there_while_it_runs(void **context) {
    (void)context;
    struct world world = world_with("INSERT INTO orders VALUES(1,'a',10)");
    world_manifest(&world, SOURCE("") SINK("{mode: full_refresh}", ""));
    world.hook = look_at_record;
    world.hook_context = &world;
    assert_run_ok(&world);
    assert_record_string(&world, "status", "succeeded");
    world_clear(&world);
}

/* ---- What it refuses to run */

static void pipeline_new__connector_without_the_side(void **context) {
    (void)context;
    struct dpone_connector source_only = *dpone_reference_connector();
    struct dpone_sink_functions no_merge = *dpone_reference_connector()->sink;
    struct world world = world_with("");
    world_manifest(&world, SOURCE("") SINK(MERGE, "") STATE);
    source_only.sink = NULL;
    world.sink = &source_only;
    assert_run_fails(&world, DPONE_NOT_IMPLEMENTED,
                     "connector reference is no sink; its manifest declares other capabilities");
    no_merge.strategies = 1u << DPONE_FULL_REFRESH;
    source_only.sink = &no_merge;
    assert_run_fails(&world, DPONE_NOT_IMPLEMENTED,
                     "connector reference does not offer strategy incremental_merge");
    world_clear(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipeline_full_refresh__target_becomes_the_source),
        cmocka_unit_test(pipeline_full_refresh__empty_source_makes_the_target),
        cmocka_unit_test(pipeline_append__reads_on_from_the_checkpoint),
        cmocka_unit_test(pipeline_merge__changes_and_adds),
        cmocka_unit_test(pipeline_merge__composite_key),
        cmocka_unit_test(pipeline_merge__repeated_key_is_refused),
        cmocka_unit_test(pipeline_merge__null_in_the_key_is_refused),
        cmocka_unit_test(pipeline_replace__only_the_window_changes),
        cmocka_unit_test(pipeline_replace__row_outside_the_window_is_refused),
        cmocka_unit_test(pipeline_state__moves_with_the_publication),
        cmocka_unit_test(pipeline_state__zero_rows_change_nothing),
        cmocka_unit_test(pipeline_state__zero_rows_of_a_first_run_make_the_target_only),
        cmocka_unit_test(pipeline_state__lost_state_is_brought_up_to_the_publication),
        cmocka_unit_test(pipeline_without_state__reads_on_from_the_publication),
        cmocka_unit_test(pipeline_evolution__nullable_column_is_added),
        cmocka_unit_test(pipeline_evolution__policy_fail_stops_an_added_column),
        cmocka_unit_test(pipeline_evolution__required_column_is_refused),
        cmocka_unit_test(pipeline_evolution__dropped_column_is_refused),
        cmocka_unit_test(pipeline_evolution__integer_is_widened),
        cmocka_unit_test(pipeline_evolution__narrowing_is_refused),
        cmocka_unit_test(pipeline_evolution__other_type_goes_beside),
        cmocka_unit_test(pipeline_gates__error_stops_publication),
        cmocka_unit_test(pipeline_gates__warning_lets_it_pass),
        cmocka_unit_test(pipeline_gates__unknown_column_is_named),
        cmocka_unit_test(pipeline_record__holds_what_can_be_recounted),
        cmocka_unit_test(pipeline_record__names_the_steps_in_order),
        cmocka_unit_test(pipeline_record__failure_is_recorded),
        cmocka_unit_test(pipeline_record__is_there_while_it_runs),
        cmocka_unit_test(pipeline_new__connector_without_the_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
