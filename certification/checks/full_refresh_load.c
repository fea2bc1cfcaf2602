/* full_refresh_load: the target becomes exactly the load, whatever it was before. */
#include "../check.h"

#include "../live.h"

#include <stdio.h>

#define TARGET "orders"

/* What stands in the target before, and what is loaded. */
struct refresh_case {
    const char *id;
    int exists;
    int64_t old_rows;
    int64_t rows;
    int times;
    const char *remedy;
};

static const struct refresh_case cases[] = {
    {"replaces_old_rows", 1, 50, 300, 1,
     "Replace the whole content of the target in the step that publishes."},
    {"twice_is_the_same", 1, 10, 120, 2, "A second full refresh must replace the first, not add to it."},
    {"empty_input_empties", 1, 50, 0, 1,
     "A load of no rows is a load: publish it, so that the target is empty."},
    {"creates_target", 0, 0, 80, 1, "Create the target with the load's columns when it does not exist."},
    {"creates_empty_target", 0, 0, 0, 1,
     "Create the target from the schema of begin(), also when no batch follows."},
};

static void run_case(struct dpone_live *live, const struct refresh_case *test) {
    const char *expected = dpone_live_path(live, "expected.dump");
    char key[64];
    int holds = test->exists ? dpone_live_prepare_target(live, TARGET, 100000, test->old_rows)
                             : dpone_live_drop_target(live, TARGET);
    holds = holds && dpone_live_dump_rows(live, expected, 0, test->rows);
    for (int i = 0; holds && i < test->times; i++) {
        (void)snprintf(key, sizeof(key), "%s-%d", test->id, i);
        struct dpone_live_load load = {
            .target = TARGET, .key = key, .strategy = DPONE_FULL_REFRESH, .first_row = 0, .rows = test->rows};
        holds = dpone_live_load_run(live, &load);
    }
    if (holds) {
        (void)dpone_live_expect_target(live, TARGET, "target after publish()", expected);
    }
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        return;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !dpone_check_given_up(run); i++) {
        if (dpone_case_begin(run, cases[i].id)) {
            dpone_case_remedy(run, "%s", cases[i].remedy);
            run_case(&live, &cases[i]);
            dpone_case_end(run);
        }
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_full_refresh_load = {
    .id = "full_refresh_load",
    .title = "Full refresh",
    .proves = "After a full refresh the target holds exactly the load: its rows, none of the old ones, also "
              "when it is empty.",
    .remedy = "Publish by replacing the target's whole content.",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .condition = DPONE_WHEN_SINK_FULL_REFRESH,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
