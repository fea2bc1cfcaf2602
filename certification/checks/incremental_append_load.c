/* incremental_append_load: a load adds its rows and leaves the old ones alone. */
#include "../check.h"

#include "../live.h"

#define TARGET "journal"

static const struct dpone_live_load append_load = {.target = TARGET, .strategy = DPONE_INCREMENTAL_APPEND};

static void append(struct dpone_live *live, const char *key, int64_t old_rows, int64_t rows) {
    const char *expected = dpone_live_path(live, "expected.dump");
    struct dpone_live_load load = append_load;
    load.key = key;
    load.first_row = old_rows;
    load.rows = rows;
    if (dpone_live_dump_rows(live, expected, 0, old_rows + rows) && dpone_live_load_run(live, &load)) {
        (void)dpone_live_expect_target(live, TARGET, "target after publish()", expected);
    }
}

static void case_keeps_old_rows(struct dpone_check_run *run, void *context) {
    (void)run;
    if (dpone_live_prepare_target(context, TARGET, 0, 120)) {
        append(context, "append-1", 120, 250);
    }
}

static void case_appends_again(struct dpone_check_run *run, void *context) {
    (void)run;
    if (dpone_live_prepare_target(context, TARGET, 0, 10)) {
        append(context, "append-a", 10, 90);
        append(context, "append-b", 100, 60);
    }
}

static void case_same_rows_twice(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const struct dpone_live_part twice[] = {{.rows = 30}, {.rows = 30}};
    const char *expected = dpone_live_path(live, "expected.dump");
    struct dpone_live_load load = append_load;
    dpone_case_remedy(run, "Append adds every row of the load, also one that equals a row that is there.");
    load.key = "append-equal";
    load.rows = 30;
    if (dpone_live_prepare_target(live, TARGET, 0, 30) && dpone_live_dump_parts(live, expected, twice, 2) &&
        dpone_live_load_run(live, &load)) {
        (void)dpone_live_expect_target(live, TARGET, "target after publish()", expected);
    }
}

static void case_creates_target(struct dpone_check_run *run, void *context) {
    dpone_case_remedy(run, "Create the target with the load's columns when it does not exist.");
    if (dpone_live_drop_target(context, TARGET)) {
        append(context, "append-new", 0, 70);
    }
}

static void case_no_rows(struct dpone_check_run *run, void *context) {
    dpone_case_remedy(run, "A load of no rows changes nothing and succeeds.");
    if (dpone_live_prepare_target(context, TARGET, 0, 25)) {
        append(context, "append-none", 25, 0);
    }
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {{"keeps_old_rows", case_keeps_old_rows},
                                                   {"appends_again", case_appends_again},
                                                   {"same_rows_twice", case_same_rows_twice},
                                                   {"creates_target", case_creates_target},
                                                   {"no_rows", case_no_rows}};
    dpone_live_run_cases(run, DPONE_LIVE_SINK, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_incremental_append_load = {
    .id = "incremental_append_load",
    .title = "Append",
    .proves = "After an append the target holds the old rows and every row of the load.",
    .remedy = "Add rows at publication; never truncate, never drop a row that looks like another.",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .condition = DPONE_WHEN_SINK_APPEND,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
