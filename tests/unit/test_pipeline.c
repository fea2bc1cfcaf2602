/* The pipeline over the reference connector: every strategy, state, schema changes, what run.json says, and what a
 * crash at any step leaves behind. The oracle is SQLite itself, asked directly. */
#include "runtime_world.h"

#include <sys/wait.h>

#include "runtime/digest.h"

/* The source's table: id, name, changed. */
static const char source_table[] = "CREATE TABLE orders(id BIGINT NOT NULL, name TEXT, changed BIGINT);";

#define MANIFEST(strategy, rest)                                                                                     \
    "name: orders\n"                                                                                                 \
    "source: {type: reference, table: {name: orders}, batch_rows: 2, options: {path: \"@/source.db\"}," rest "}\n"   \
    "sink: {type: reference, table: {name: copy}, strategy: " strategy ", options: {path: \"@/target.db\"}}\n"       \
    "state: {type: reference, options: {path: \"@/state.db\"}}\n"

static const char by_change[] = "incremental: {cursor_column: changed}";

static struct world world_with_orders(const char *rows) {
    struct world world = world_make();
    world_sql(&world, "source.db", source_table);
    world_sql(&world, "source.db", rows);
    (void)by_change;
    return world;
}

/* ---- Strategies */

static void pipeline_full_refresh__target_becomes_the_source(void **context) {
    (void)context;
    struct world world = world_with_orders("INSERT INTO orders VALUES(1,'a',10),(2,NULL,20),(3,'c',20)");
    world_manifest(&world, MANIFEST("{mode: full_refresh}", ""));
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|a|10\n2|NULL|20\n3|c|20\n");
    assert_record_string(&world, "status", "succeeded");
    assert_record_integer(&world, "rows.read", 3);
    assert_record_integer(&world, "rows.published", 3);
    assert_record_integer(&world, "batches", 2);
    world_sql(&world, "source.db", "DELETE FROM orders WHERE id < 3");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT * FROM copy", "3|c|20\n");
    world_sql(&world, "source.db", "DELETE FROM orders");
    assert_run_ok(&world);
    assert_query(&world, "target.db", "SELECT count(*) FROM copy", "0\n");
    world_clear(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipeline_full_refresh__target_becomes_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
