/* replace_load: the rows of the window are replaced by the load, and no others. */
#include "../check.h"

#include "../live.h"

#include <stdio.h>

#define TARGET "forecast"
#define OLD_ROWS 200

/* The data set numbers its key from here (dataset_values.c). */
#define FIRST_ID 1000

/* The window covers rows from .. to - 1 of the target, and the load brings rows first .. first + rows - 1. */
struct replace_case {
    const char *id;
    int64_t from, to;
    int64_t first_row, rows;
    const char *remedy;
};

static const struct replace_case cases[] = {
    {"replaces_the_window", 50, 100, 50, 30,
     "Delete the rows of the window and insert the load in one step."},
    {"empties_the_window", 50, 100, 50, 0, "A window whose load has no rows must be empty afterwards."},
    {"fills_an_empty_window", 200, 260, 200, 60, "A window that held nothing takes the load's rows."},
    {"bounds_are_half_open", 0, 1, 0, 1, "The window holds its lower bound, not its upper one."},
};

static int open_window(struct dpone_window *window, char bounds[2][32], int64_t from, int64_t to) {
    (void)snprintf(bounds[0], 32, "%lld", (long long)(FIRST_ID + from));
    (void)snprintf(bounds[1], 32, "%lld", (long long)(FIRST_ID + to));
    *window = (struct dpone_window){.struct_size = sizeof(*window),
                                    .column = dpone_string_of("id"),
                                    .from = dpone_string_of(bounds[0]),
                                    .to = dpone_string_of(bounds[1])};
    return 1;
}

static void replace(struct dpone_live *live, const struct replace_case *test) {
    const char *expected = dpone_live_path(live, "expected.dump");
    char bounds[2][32];
    struct dpone_window window;
    const struct dpone_live_part result[] = {
        {.rows = test->from < OLD_ROWS ? test->from : OLD_ROWS},
        {.other = 1, .first_row = test->first_row, .rows = test->rows},
        {.first_row = test->to, .rows = test->to < OLD_ROWS ? OLD_ROWS - test->to : 0}};
    struct dpone_live_load load = {.target = TARGET,
                                   .key = test->id,
                                   .strategy = DPONE_REPLACE,
                                   .parts = &result[1],
                                   .part_count = 1,
                                   .window = &window};
    if (open_window(&window, bounds, test->from, test->to) &&
        dpone_live_prepare_target(live, TARGET, 0, OLD_ROWS) &&
        dpone_live_dump_parts(live, expected, result, 3) && dpone_live_load_run(live, &load)) {
        (void)dpone_live_expect_target(live, TARGET, "target after publish()", expected);
    }
}

static void case_row_outside_refused(struct dpone_live *live) {
    const char *before = dpone_live_path(live, "before.dump");
    char bounds[2][32];
    struct dpone_window window;
    struct dpone_live_load load = {.target = TARGET,
                                   .key = "outside",
                                   .strategy = DPONE_REPLACE,
                                   .first_row = 45,
                                   .rows = 20,
                                   .window = &window};
    if (open_window(&window, bounds, 50, 100) && dpone_live_prepare_target(live, TARGET, 0, OLD_ROWS) &&
        dpone_live_observe(live, TARGET, before, NULL) &&
        dpone_live_load_expect_refused(live, &load, "a load with rows outside of its window",
                                       DPONE_INVALID_ARGUMENT)) {
        (void)dpone_live_expect_target(live, TARGET, "target after a refused load", before);
    }
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        return;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (dpone_case_begin(run, cases[i].id)) {
            dpone_case_remedy(run, "%s", cases[i].remedy);
            replace(&live, &cases[i]);
            dpone_case_end(run);
        }
    }
    if (dpone_case_begin(run, "row_outside_refused")) {
        dpone_case_remedy(
            run,
            "Check in stage() that every row lies in the window, and refuse the load with INVALID_ARGUMENT.");
        case_row_outside_refused(&live);
        dpone_case_end(run);
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_replace_load = {
    .id = "replace_load",
    .title = "Replace a window",
    .proves = "Only the rows of the window are replaced, also by none; a row outside of it is refused.",
    .remedy = "Delete by the window's column and bounds only, in the step that inserts.",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .condition = DPONE_WHEN_SINK_REPLACE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
