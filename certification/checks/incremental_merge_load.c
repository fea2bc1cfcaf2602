/* incremental_merge_load: rows are inserted or updated by the unique key; keys that cannot decide are
 * refused. */
#include "../check.h"

#include "../live.h"

#define TARGET "customers"

/* A load of rows `first`.. with new values, of which those below `old_rows` are updates. */
struct merge_case {
    const char *key;
    const char *unique_key[4];
    int64_t old_rows;
    int64_t first_row, rows;
};

static void merge(struct dpone_live *live, const struct merge_case *test) {
    const char *expected = dpone_live_path(live, "expected.dump");
    int64_t end = test->first_row + test->rows;
    const struct dpone_live_part result[] = {
        {.other = 0,
         .first_row = 0,
         .rows = test->first_row < test->old_rows ? test->first_row : test->old_rows},
        {.other = 1, .first_row = test->first_row, .rows = test->rows},
        {.other = 0, .first_row = end, .rows = end < test->old_rows ? test->old_rows - end : 0}};
    struct dpone_live_load load = {.target = TARGET,
                                   .key = test->key,
                                   .strategy = DPONE_INCREMENTAL_MERGE,
                                   .parts = &result[1],
                                   .part_count = 1,
                                   .unique_key = {test->unique_key[0], test->unique_key[1]}};
    if (dpone_live_prepare_target(live, TARGET, 0, test->old_rows) &&
        dpone_live_dump_parts(live, expected, result, 3) && dpone_live_load_run(live, &load)) {
        (void)dpone_live_expect_target(live, TARGET, "target after publish()", expected);
    }
}

static void case_updates_and_inserts(struct dpone_check_run *run, void *context) {
    const struct merge_case test = {
        .key = "merge-1", .unique_key = {"id"}, .old_rows = 150, .first_row = 100, .rows = 120};
    (void)run;
    merge(context, &test);
}

static void case_updates_only(struct dpone_check_run *run, void *context) {
    const struct merge_case test = {
        .key = "merge-2", .unique_key = {"id"}, .old_rows = 150, .first_row = 20, .rows = 40};
    (void)run;
    merge(context, &test);
}

static void case_no_rows(struct dpone_check_run *run, void *context) {
    const struct merge_case test = {
        .key = "merge-3", .unique_key = {"id"}, .old_rows = 30, .first_row = 30, .rows = 0};
    (void)run;
    merge(context, &test);
}

/* Old rows have the same id as the new ones and another region or sequence number, so that nothing matches by
 * both. */
static void case_composite_key(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const struct dpone_live_part result[] = {{.other = 0, .rows = 60},
                                             {.other = 0, .first_row = 60, .rows = 20}};
    const char *expected = dpone_live_path(live, "expected.dump");
    struct dpone_live_load load = {.target = TARGET,
                                   .key = "merge-composite",
                                   .strategy = DPONE_INCREMENTAL_MERGE,
                                   .first_row = 40,
                                   .rows = 40,
                                   .unique_key = {"id", "region"}};
    dpone_case_remedy(run, "Compare all columns of the unique key, not the first alone.");
    if (!dpone_live_prepare_target(live, TARGET, 0, 60) ||
        !dpone_live_dump_parts(live, expected, result, 2) || !dpone_live_load_run(live, &load) ||
        !dpone_live_expect_target(live, TARGET, "target after rows with equal keys", expected)) {
        return;
    }
    const struct dpone_live_part by_region[] = {{.other = 0, .rows = 80},
                                                {.other = 0, .first_row = 5000, .rows = 20}};
    load.key = "merge-region";
    load.parts = &by_region[1];
    load.part_count = 1;
    load.unique_key[0] = "region";
    load.unique_key[1] = "id";
    if (dpone_live_dump_parts(live, expected, by_region, 2) && dpone_live_load_run(live, &load)) {
        (void)dpone_live_expect_target(live, TARGET, "target after rows that share their region alone",
                                       expected);
    }
}

static void expect_refused(struct dpone_live *live, const struct dpone_live_load *load, const char *where) {
    const char *before = dpone_live_path(live, "before.dump");
    if (dpone_live_prepare_target(live, TARGET, 0, 20) && dpone_live_observe(live, TARGET, before, NULL) &&
        dpone_live_load_expect_refused(live, load, where, DPONE_INVALID_ARGUMENT)) {
        (void)dpone_live_expect_target(live, TARGET, "target after a refused load", before);
        (void)dpone_live_expect_no_staging(live, "after a refused load that was aborted");
    }
}

static void case_duplicate_key_refused(struct dpone_check_run *run, void *context) {
    const struct dpone_live_part parts[] = {{.other = 1, .rows = 10},
                                            {.other = 2, .first_row = 7, .rows = 1}};
    struct dpone_live_load load = {.target = TARGET,
                                   .key = "merge-duplicate",
                                   .strategy = DPONE_INCREMENTAL_MERGE,
                                   .parts = parts,
                                   .part_count = 2,
                                   .unique_key = {"id"}};
    dpone_case_remedy(
        run, "Find keys that occur twice in the load in stage(), and refuse it with INVALID_ARGUMENT.");
    expect_refused(context, &load, "a load with the same key twice");
}

static void case_null_key_refused(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const char *column = NULL;
    for (size_t i = 0; i < live->column_count; i++) {
        if (live->columns[i].pattern == DPONE_PATTERN_NULLS_FIRST) {
            column = live->columns[i].column.name;
        }
    }
    struct dpone_live_load load = {.target = TARGET,
                                   .key = "merge-null",
                                   .strategy = DPONE_INCREMENTAL_MERGE,
                                   .rows = 5,
                                   .unique_key = {"id", column}};
    dpone_case_remedy(run,
                      "Find NULLs in the unique key in stage(), and refuse the load with INVALID_ARGUMENT.");
    expect_refused(live, &load, "a load with NULL in its key");
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {{"updates_and_inserts", case_updates_and_inserts},
                                                   {"updates_only", case_updates_only},
                                                   {"no_rows", case_no_rows},
                                                   {"composite_key", case_composite_key},
                                                   {"duplicate_key_refused", case_duplicate_key_refused},
                                                   {"null_key_refused", case_null_key_refused}};
    dpone_live_run_cases(run, DPONE_LIVE_SINK, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_incremental_merge_load = {
    .id = "incremental_merge_load",
    .title = "Merge",
    .proves = "Rows are inserted or updated by the unique key; a NULL or repeated key is refused before the "
              "target changes.",
    .remedy = "Upsert by every column of the unique key, and check the keys in stage().",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .condition = DPONE_WHEN_SINK_MERGE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
