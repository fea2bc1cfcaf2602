/* A pipeline killed before and after every step and every batch, then run again: exactly the right rows, a
 * state that agrees with them, and after the lease has run out nothing left behind. */
#include "runtime_world.h"

#include <signal.h>
#include <sys/wait.h>

/* What a strategy does to a target that holds `seed`, and what must come out. */
struct crash_case {
    const char *manifest;
    const char *seed;   /* rows that a first run loads */
    const char *change; /* of the source, before the run that is killed */
    const char *query;
    const char *before; /* the target before that run */
    const char *after;  /* and after it, however often it was killed */
};

#define MANIFEST(strategy, rest)                                                                             \
    "name: orders\n"                                                                                         \
    "source: {type: reference, table: {name: orders}, batch_rows: 1, options: {path: \"@/source.db\"}" rest  \
    "}\n"                                                                                                    \
    "sink: {type: reference, table: {name: copy}, strategy: " strategy                                       \
    ", options: {path: \"@/target.db\"}}\n"                                                                  \
    "state: {type: reference, options: {path: \"@/state.db\"}}\n"                                            \
    "quality: {gates: [{type: unique, column: id}]}\n"

static const struct crash_case cases[] = {
    {MANIFEST("{mode: full_refresh}", ""), "INSERT INTO orders VALUES(1,'a',10)",
     "DELETE FROM orders; INSERT INTO orders VALUES(2,'b',20),(3,'c',30)", "SELECT * FROM copy", "1|a|10\n",
     "2|b|20\n3|c|30\n"},
    {MANIFEST("{mode: incremental_append}", ", incremental: {cursor_column: changed}"),
     "INSERT INTO orders VALUES(1,'a',10)", "INSERT INTO orders VALUES(2,'b',10),(3,'c',30)",
     "SELECT * FROM copy", "1|a|10\n", "1|a|10\n2|b|10\n3|c|30\n"},
    {MANIFEST("{mode: incremental_merge, unique_key: id}", ", incremental: {cursor_column: changed}"),
     "INSERT INTO orders VALUES(1,'a',10),(2,'b',10)",
     "UPDATE orders SET name='B', changed=20 WHERE id=2; INSERT INTO orders VALUES(3,'c',30)",
     "SELECT * FROM copy ORDER BY id", "1|a|10\n2|b|10\n", "1|a|10\n2|B|20\n3|c|30\n"},
    {MANIFEST("{mode: replace, window: {column: changed, from: 10, to: 40}}", ""),
     "INSERT INTO orders VALUES(1,'a',10),(2,'b',20)",
     "DELETE FROM orders; INSERT INTO orders VALUES(3,'c',30),(4,'d',10)", "SELECT * FROM copy ORDER BY id",
     "1|a|10\n2|b|20\n", "3|c|30\n4|d|10\n"},
};

/* Counts events, and kills the process at one of them. */
struct killer {
    int64_t seen;
    int64_t at; /* -1: never */
};

static int32_t kill_at(void *context, const struct dpone_step_event *event, struct dpone_error *error) {
    struct killer *killer = context;
    (void)error;
    if (killer->seen++ == killer->at) {
        (void)kill(getpid(), SIGKILL);
    }
    return event->status;
}

static struct world world_before_the_run(const struct crash_case *crash) {
    struct world world = world_make();
    world_sql(&world, "source.db", "CREATE TABLE orders(id BIGINT NOT NULL, name TEXT, changed BIGINT)");
    world_sql(&world, "source.db", crash->seed);
    world_manifest(&world, crash->manifest);
    assert_run_ok(&world);
    assert_query(&world, "target.db", crash->query, crash->before);
    world_sql(&world, "source.db", crash->change);
    return world;
}

static int64_t count_events(const struct crash_case *crash) {
    struct killer killer = {0, -1};
    struct world world = world_before_the_run(crash);
    world.hook = kill_at;
    world.hook_context = &killer;
    assert_run_ok(&world);
    world_clear(&world);
    return killer.seen;
}

static void run_and_die(struct world *world, int64_t at) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct killer killer = {0, at};
        world->hook = kill_at;
        world->hook_context = &killer;
        (void)world_run(world);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* Whether the target is the old or the new one; anything else fails. */
static int is_published(const struct world *world, const struct crash_case *crash) {
    static char dump[WORLD_DUMP_BYTES];
    world_dump(dump, world, "target.db", crash->query);
    if (strcmp(dump, crash->before) != 0) {
        assert_string_equal(dump, crash->after);
        return 1;
    }
    return 0;
}

static void assert_settled(struct world *world, const struct crash_case *crash) {
    static char position[WORLD_DUMP_BYTES];
    assert_query(world, "target.db", crash->query, crash->after);
    world_dump(position, world, "target.db",
               "SELECT hex(position) FROM __dpone__publications ORDER BY sequence DESC LIMIT 1");
    assert_query(world, "state.db", "SELECT hex(value) FROM __dpone__state", position);
    dpone_virtual_time_skip(world->time, 1200000); /* the lease of a load that died */
    assert_run_ok(world);
    assert_query(world, "target.db", crash->query, crash->after);
    assert_query(world, "target.db", "SELECT count(*) FROM __dpone__loads", "0\n");
    assert_query(world, "target.db", "SELECT count(*) FROM sqlite_master WHERE name LIKE '%stage%'", "0\n");
}

static void kill_everywhere(const struct crash_case *crash) {
    int64_t events = count_events(crash);
    int published = 0;
    assert_true(events > 20);
    for (int64_t at = 0; at < events; at++) {
        struct world world = world_before_the_run(crash);
        run_and_die(&world, at);
        int now_published = is_published(&world, crash);
        assert_true(now_published >= published); /* once a later step is reached, the rows are there */
        published = now_published;
        assert_run_ok(&world);
        assert_settled(&world, crash);
        world_clear(&world);
    }
    assert_true(published);
}

static void pipeline_crash__full_refresh(void **context) {
    (void)context;
    kill_everywhere(&cases[0]);
}

static void pipeline_crash__incremental_append(void **context) {
    (void)context;
    kill_everywhere(&cases[1]);
}

static void pipeline_crash__incremental_merge(void **context) {
    (void)context;
    kill_everywhere(&cases[2]);
}

static void pipeline_crash__replace(void **context) {
    (void)context;
    kill_everywhere(&cases[3]);
}

static void pipeline_crash__killed_twice_in_a_row(void **context) {
    (void)context;
    const struct crash_case *crash = &cases[1];
    for (int64_t at = 0; at < 30; at += 5) {
        struct world world = world_before_the_run(crash);
        run_and_die(&world, at);
        run_and_die(&world, at / 2);
        assert_run_ok(&world);
        assert_settled(&world, crash);
        world_clear(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipeline_crash__full_refresh),
        cmocka_unit_test(pipeline_crash__incremental_append),
        cmocka_unit_test(pipeline_crash__incremental_merge),
        cmocka_unit_test(pipeline_crash__replace),
        cmocka_unit_test(pipeline_crash__killed_twice_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
