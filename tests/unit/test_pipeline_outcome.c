/* Answers that are lost, conflicts and cancellation: a connector that wraps the reference one and misbehaves
 * on request. */
#include "runtime_world.h"

#include <dpone/call.h>

#define MANIFEST                                                                                             \
    "name: orders\n"                                                                                         \
    "source: {type: reference, table: {name: orders}, batch_rows: 1, options: {path: \"@/source.db\"},"      \
    " incremental: {cursor_column: changed}}\n"                                                              \
    "sink: {type: reference, table: {name: copy}, strategy: {mode: incremental_append},"                     \
    " options: {path: \"@/target.db\"}}\n"                                                                   \
    "state: {type: reference, options: {path: \"@/state.db\"}}\n"

/* What the wrapper does; one test at a time. */
static struct plan {
    int lose_requests; /* so many publishes are not sent */
    int lose_answers;  /* so many are done, and their answer is lost */
    int deaf;          /* so many last_published() are UNAVAILABLE */
    int conflict;      /* publish answers CONFLICT */
    int lose_commits;  /* so many state commits are not sent */
    int lose_commit_answers;
    int race_commits; /* somebody else commits first */
    int publishes;    /* seen */
    int (*during_publish)(void);
} plan;

static struct dpone_connector wrapper;
static struct dpone_sink_functions wrapper_sink;
static struct dpone_state_functions wrapper_state;
static struct dpone_load inner_load;
static struct dpone_state_change inner_change;
static struct dpone_instance *state_instance;

static int32_t lost(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUTCOME_UNKNOWN, "the answer was lost");
}

static int32_t wrapper_publish(struct dpone_load *load, const struct dpone_publish_request *request,
                               struct dpone_error *error) {
    plan.publishes++;
    if (plan.conflict) {
        return dpone_error_set(error, DPONE_CONFLICT, "somebody else is publishing");
    }
    if (plan.lose_requests > 0) {
        plan.lose_requests--;
        return lost(error);
    }
    if (plan.during_publish != NULL) {
        (void)plan.during_publish();
    }
    int32_t status = inner_load.publish(load, request, error);
    if (status == DPONE_OK && plan.lose_answers > 0) {
        plan.lose_answers--;
        return lost(error);
    }
    return status;
}

static int32_t wrapper_begin(struct dpone_instance *instance, const struct dpone_load_request *request,
                             struct dpone_load *out, struct dpone_error *error) {
    int32_t status = dpone_reference_connector()->sink->begin(instance, request, out, error);
    if (status == DPONE_OK) {
        inner_load = *out;
        out->publish = wrapper_publish;
    }
    return status;
}

static int32_t wrapper_last_published(struct dpone_instance *instance, const struct dpone_table *target,
                                      struct dpone_string pipeline, struct dpone_publication *out,
                                      struct dpone_error *error) {
    if (plan.publishes > 0 && plan.deaf > 0) {
        plan.deaf--;
        return dpone_error_set(error, DPONE_UNAVAILABLE, "the system does not answer");
    }
    return dpone_reference_connector()->sink->last_published(instance, target, pipeline, out, error);
}

/* Another run of the same pipeline moves the state. */
static void commit_something_else(void) {
    const struct dpone_connector *reference = dpone_reference_connector();
    struct dpone_state_value value = DPONE_STATE_VALUE_INIT;
    struct dpone_state_change change = {.struct_size = (uint32_t)sizeof change};
    struct dpone_string key = dpone_string_of("orders");
    struct dpone_bytes other = {(const uint8_t *)"other", 5};
    assert_int_equal(dpone_call_state_read(reference, state_instance, key, &value, NULL), DPONE_OK);
    assert_int_equal(dpone_call_state_write(reference, state_instance, key, other,
                                            dpone_buffer_view(&value.token), &change, NULL),
                     DPONE_OK);
    assert_int_equal(dpone_call_state_commit(&change, NULL, NULL), DPONE_OK);
    dpone_call_state_close(&change);
    dpone_state_value_clear(&value);
}

static int32_t wrapper_commit(struct dpone_state_change *change, struct dpone_state_value *current,
                              struct dpone_error *error) {
    if (plan.race_commits > 0) {
        plan.race_commits--;
        commit_something_else();
    }
    if (plan.lose_commits > 0) {
        plan.lose_commits--;
        return lost(error);
    }
    int32_t status = inner_change.commit(change, current, error);
    if (status == DPONE_OK && plan.lose_commit_answers > 0) {
        plan.lose_commit_answers--;
        return lost(error);
    }
    return status;
}

static int32_t wrapper_state_write(struct dpone_instance *instance, struct dpone_string key,
                                   struct dpone_bytes value, struct dpone_bytes token,
                                   struct dpone_state_change *out, struct dpone_error *error) {
    int32_t status = dpone_reference_connector()->state->write(instance, key, value, token, out, error);
    if (status == DPONE_OK) {
        state_instance = instance;
        inner_change = *out;
        out->commit = wrapper_commit;
    }
    return status;
}

static struct world wrapped_world(struct plan wanted) {
    const struct dpone_connector *reference = dpone_reference_connector();
    plan = wanted;
    wrapper = *reference;
    wrapper_sink = *reference->sink;
    wrapper_sink.begin = wrapper_begin;
    wrapper_sink.last_published = wrapper_last_published;
    wrapper_state = *reference->state;
    wrapper_state.write = wrapper_state_write;
    wrapper.sink = &wrapper_sink;
    wrapper.state = &wrapper_state;
    struct world world = world_make();
    world.sink = &wrapper;
    world.state = &wrapper;
    world_sql(
        &world, "source.db",
        "CREATE TABLE orders(id BIGINT NOT NULL, changed BIGINT); INSERT INTO orders VALUES(1,10),(2,20)");
    world_manifest(&world, MANIFEST);
    return world;
}

static void assert_loaded_once(struct world *world) {
    assert_query(world, "target.db", "SELECT * FROM copy", "1|10\n2|20\n");
    assert_query(world, "target.db", "SELECT count(*) FROM __dpone__loads", "0\n");
    plan = (struct plan){0};
    assert_run_ok(world);
    assert_query(world, "target.db", "SELECT * FROM copy", "1|10\n2|20\n");
    assert_query(world, "state.db", "SELECT count(*) FROM __dpone__state", "1\n");
}

/* ---- Publication */

static void pipeline_outcome__answer_lost_is_resolved_by_asking(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.lose_answers = 1});
    assert_run_ok(&world);
    assert_int_equal(plan.publishes, 1);
    assert_true(json_is_null(world_value(&world, "error")));
    assert_record_integer(&world, "rows.published", 2);
    assert_true(json_is_true(world_value(&world, "state.committed")));
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_outcome__request_lost_is_published_again_with_the_same_key(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.lose_requests = 2});
    assert_run_ok(&world);
    assert_int_equal(plan.publishes, 3);
    assert_record_integer(&world, "publication.attempts", 3);
    assert_query(&world, "target.db", "SELECT count(*) FROM __dpone__publications", "1\n");
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_outcome__waits_while_nobody_answers(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.lose_answers = 1, .deaf = 3});
    assert_run_ok(&world);
    assert_int_equal(dpone_virtual_time_sleep_count(world.time), 3);
    assert_int_equal(dpone_virtual_time_sleep_ms(world.time, 0), 200);
    assert_int_equal(dpone_virtual_time_sleep_ms(world.time, 2), 800);
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_outcome__unknown_for_good_is_left_to_the_next_run(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.lose_answers = 1, .deaf = 100});
    assert_run_fails(&world, DPONE_OUTCOME_UNKNOWN, "resolve: the system does not answer");
    assert_record_string(&world, "status", "failed");
    assert_query(&world, "state.db", "SELECT count(*) FROM __dpone__state", "0\n");
    plan = (struct plan){0};
    assert_run_ok(&world);
    assert_true(json_is_true(world_value(&world, "state.advanced")));
    assert_record_integer(&world, "rows.read", 0);
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_outcome__unsent_for_good_is_loaded_by_the_next_run(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.lose_requests = 100});
    assert_run_fails(&world, DPONE_OUTCOME_UNKNOWN, "resolve: the answer was lost");
    assert_query(&world, "target.db", "SELECT count(*) FROM __dpone__loads", "1\n"); /* left: nobody knows */
    plan = (struct plan){0};
    dpone_virtual_time_skip(world.time, 1200000);
    assert_run_ok(&world);
    assert_record_integer(&world, "publication.swept_loads", 1);
    assert_record_integer(&world, "rows.read", 2);
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_outcome__conflict_ends_the_run_and_its_staging(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.conflict = 1});
    assert_run_fails(&world, DPONE_CONFLICT, "publish: somebody else is publishing");
    assert_query(&world, "target.db", "SELECT count(*) FROM __dpone__loads", "0\n");
    assert_query(&world, "target.db", "SELECT count(*) FROM sqlite_master WHERE name = 'copy'", "0\n");
    assert_query(&world, "state.db", "SELECT count(*) FROM __dpone__state", "0\n");
    world_clear(&world);
}

/* The target's schema changes between plan and publish. */
static struct world *changing_world;
static int change_target(void) {
    world_sql(changing_world, "target.db", "ALTER TABLE copy ADD COLUMN surprise TEXT");
    return 0;
}

static void pipeline_outcome__schema_changed_meanwhile_is_a_conflict(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){0});
    assert_run_ok(&world);
    world_sql(&world, "source.db",
              "ALTER TABLE orders ADD COLUMN note TEXT; INSERT INTO orders VALUES(3,30,'n')");
    changing_world = &world;
    plan.during_publish = change_target;
    assert_run_fails(
        &world, DPONE_CONFLICT,
        "publish: the schema of \"copy\" is no longer the one that the load was planned for; run it again");
    assert_query(&world, "target.db", "SELECT id FROM copy", "1\n2\n");
    world_clear(&world);
}

/* Another run of the same pipeline, from begin to end, while this one is staging. */
static int32_t race(void *context, const struct dpone_step_event *event, struct dpone_error *error) {
    struct world *world = context;
    (void)error;
    if (event->step == DPONE_STEP_STAGE && event->phase == DPONE_STEP_BEFORE && world->hook != NULL) {
        struct world other = *world;
        other.hook = NULL;
        other.record = NULL;
        other.sink = other.state = NULL;
        assert_run_ok(&other);
        json_decref(other.record);
    }
    return event->status;
}

static void pipeline_outcome__overlapping_run_does_not_publish_twice(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){0});
    world.hook = race;
    world.hook_context = &world;
    assert_run_fails(&world, DPONE_CONFLICT,
                     "publish: another run of pipeline orders published meanwhile; run it again");
    world.hook = NULL;
    assert_loaded_once(&world);
    world_clear(&world);
}

static int32_t refuse_stage(void *context, const struct dpone_step_event *event, struct dpone_error *error) {
    (void)context;
    (void)error;
    return event->step == DPONE_STEP_STAGE && event->phase == DPONE_STEP_BEFORE ? DPONE_UNAVAILABLE
                                                                                : event->status;
}

static void pipeline_hook__injected_failure_without_words_gets_some(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){0});
    world.hook = refuse_stage;
    assert_run_fails(&world, DPONE_UNAVAILABLE, "stage: UNAVAILABLE, said the hook");
    assert_true(json_is_true(world_value(&world, "error.retryable")));
    world.hook = NULL;
    assert_run_ok(&world);
    assert_loaded_once(&world);
    world_clear(&world);
}

/* ---- State */

static void pipeline_outcome__commit_lost_is_repeated(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.lose_commits = 2});
    assert_run_ok(&world);
    assert_query(&world, "state.db", "SELECT version FROM __dpone__state", "1\n");
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_outcome__commit_answer_lost_is_looked_up(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.lose_commit_answers = 1});
    assert_run_ok(&world);
    assert_query(&world, "state.db", "SELECT version FROM __dpone__state", "1\n");
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_outcome__commit_conflict_fails_after_publication(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){.race_commits = 1});
    assert_run_fails(&world, DPONE_CONFLICT,
                     "state_commit: state \"orders\" was changed by somebody else: version 1, not 0");
    assert_true(json_is_true(world_value(&world, "publication.published")));
    assert_true(json_is_false(world_value(&world, "state.committed")));
    assert_query(&world, "state.db", "SELECT CAST(value AS TEXT) FROM __dpone__state", "other\n");
    assert_loaded_once(&world);
    world_clear(&world);
}

/* ---- Cancellation */

struct canceller {
    struct world *world;
    int32_t step;
};

static int32_t cancel_before(void *context, const struct dpone_step_event *event, struct dpone_error *error) {
    const struct canceller *canceller = context;
    (void)error;
    if (event->step == canceller->step && event->phase == DPONE_STEP_BEFORE) {
        dpone_pipeline_cancel(canceller->world->pipeline);
    }
    return event->status;
}

static void pipeline_cancel__while_writing_leaves_the_target_alone(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){0});
    struct canceller canceller = {&world, DPONE_STEP_WRITE};
    world.hook = cancel_before;
    world.hook_context = &canceller;
    assert_run_fails(&world, DPONE_CANCELLED, "write: the host asked to stop");
    assert_record_string(&world, "status", "cancelled");
    assert_query(&world, "target.db", "SELECT count(*) FROM __dpone__loads", "0\n");
    world.hook = NULL;
    assert_run_ok(&world);
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_cancel__from_publication_on_it_is_completed(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){0});
    struct canceller canceller = {&world, DPONE_STEP_PUBLISH};
    world.hook = cancel_before;
    world.hook_context = &canceller;
    assert_run_ok(&world);
    assert_record_string(&world, "status", "succeeded");
    assert_true(json_is_true(world_value(&world, "state.committed")));
    world.hook = NULL;
    assert_loaded_once(&world);
    world_clear(&world);
}

/* ---- Hooks */

static int32_t lose_publish_answer(void *context, const struct dpone_step_event *event,
                                   struct dpone_error *error) {
    (void)context;
    return event->step == DPONE_STEP_PUBLISH && event->phase == DPONE_STEP_AFTER ? lost(error)
                                                                                 : event->status;
}

static void pipeline_hook__may_take_the_place_of_an_outcome(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){0});
    world.hook = lose_publish_answer;
    assert_run_ok(&world);
    assert_int_equal(plan.publishes, 1);
    assert_loaded_once(&world);
    world_clear(&world);
}

static void pipeline_load_id__replayed_key_changes_nothing(void **context) {
    (void)context;
    struct world world = wrapped_world((struct plan){0});
    world.load_id = "one-key";
    world_sql(&world, "source.db", "SELECT 1");
    assert_run_ok(&world);
    world_sql(&world, "state.db", "DELETE FROM __dpone__state");
    world_sql(&world, "target.db",
              "UPDATE __dpone__publications SET position = x''"); /* as if it were not known */
    assert_run_ok(&world);
    assert_record_integer(&world, "rows.read", 2);
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|10\n2|20\n");
    world_sql(&world, "state.db", "DELETE FROM __dpone__state");
    world_sql(&world, "source.db", "INSERT INTO orders VALUES(3,30)");
    assert_run_fails(&world, DPONE_CONFLICT, "publish: key one-key was published before with other content");
    assert_query(&world, "target.db", "SELECT * FROM copy", "1|10\n2|20\n");
    world_clear(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipeline_outcome__answer_lost_is_resolved_by_asking),
        cmocka_unit_test(pipeline_outcome__request_lost_is_published_again_with_the_same_key),
        cmocka_unit_test(pipeline_outcome__waits_while_nobody_answers),
        cmocka_unit_test(pipeline_outcome__unknown_for_good_is_left_to_the_next_run),
        cmocka_unit_test(pipeline_outcome__unsent_for_good_is_loaded_by_the_next_run),
        cmocka_unit_test(pipeline_outcome__conflict_ends_the_run_and_its_staging),
        cmocka_unit_test(pipeline_outcome__schema_changed_meanwhile_is_a_conflict),
        cmocka_unit_test(pipeline_outcome__overlapping_run_does_not_publish_twice),
        cmocka_unit_test(pipeline_hook__injected_failure_without_words_gets_some),
        cmocka_unit_test(pipeline_outcome__commit_lost_is_repeated),
        cmocka_unit_test(pipeline_outcome__commit_answer_lost_is_looked_up),
        cmocka_unit_test(pipeline_outcome__commit_conflict_fails_after_publication),
        cmocka_unit_test(pipeline_cancel__while_writing_leaves_the_target_alone),
        cmocka_unit_test(pipeline_cancel__from_publication_on_it_is_completed),
        cmocka_unit_test(pipeline_hook__may_take_the_place_of_an_outcome),
        cmocka_unit_test(pipeline_load_id__replayed_key_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
