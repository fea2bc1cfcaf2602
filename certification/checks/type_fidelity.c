/* type_fidelity: what the system can hold arrives exactly, what it cannot hold is refused before staging. */
#include "../check.h"

#include "../live.h"

#include <stdio.h>

#define TARGET "measurements"
#define OLD_ROWS 3
#define ROWS 60 /* every extreme of every type comes up more than once */

/* The same live things with other columns, which nobody changes, and other values. */
static struct dpone_live with_columns(const struct dpone_live *live,
                                      const struct dpone_dataset_column *columns, size_t count,
                                      uint32_t without) {
    struct dpone_live out = *live;
    out.columns = (struct dpone_dataset_column *)columns;
    out.column_count = count;
    out.without = without;
    return out;
}

/* Bits of the features that the system cannot hold in columns of the type. */
static uint32_t inexact_features(const struct dpone_live *live, int32_t type) {
    const struct dpone_fixture_facts *facts = dpone_fixture_facts(live->fixture);
    uint32_t bits = 0;
    for (size_t i = 0; i < facts->mapping_count; i++) {
        const struct dpone_fixture_mapping *mapping = &facts->mappings[i];
        bits |= mapping->type == type && !mapping->sink_exact ? 1u << mapping->feature : 0;
    }
    return bits;
}

/* The key and one column of extremes. */
struct pair {
    struct dpone_dataset_column columns[2];
};

static struct pair pair_of(const struct dpone_dataset_column *types, size_t index) {
    return (struct pair){{types[0], types[index]}};
}

/* ---- Values that the system holds ---- */

static void expect_exact(const struct dpone_live *live, struct pair pair) {
    uint32_t without = inexact_features(live, pair.columns[1].column.type);
    struct dpone_live one = with_columns(live, pair.columns, 2, without);
    const struct dpone_live_load load = {
        .target = TARGET, .key = "types", .strategy = DPONE_FULL_REFRESH, .rows = ROWS};
    const char *expected = dpone_live_path(live, "expected.dump");
    dpone_case_remedy(live->run, "Write %s with its full precision, range and length.",
                      dpone_type_name(pair.columns[1].column.type));
    if (dpone_live_drop_target(&one, TARGET) && dpone_live_dump_rows(&one, expected, 0, ROWS) &&
        dpone_live_load_run(&one, &load)) {
        (void)dpone_live_expect_target(&one, TARGET, "target after a load of extremes", expected);
    }
}

/* ---- Values that it does not ---- */

/* Everything but the feature in question is left out, so that nothing else can be what is refused. */
static void expect_refused(const struct dpone_live *live, struct pair pair, int32_t feature) {
    const uint32_t others = ((1u << DPONE_FIXTURE_FEATURE_COUNT) - 1u) & ~(1u << feature);
    struct dpone_live before = with_columns(live, pair.columns, 1, 0);
    struct dpone_live one = with_columns(live, pair.columns, 2, others);
    const struct dpone_live_load load = {
        .target = TARGET, .key = "refused", .strategy = DPONE_FULL_REFRESH, .rows = ROWS};
    const char *path = dpone_live_path(live, "before.dump");
    dpone_case_remedy(live->run, "Answer UNSUPPORTED_TYPE in begin() or write() to what cannot be held.");
    if (dpone_live_prepare_target(&before, TARGET, 0, OLD_ROWS) &&
        dpone_live_observe(&before, TARGET, path, NULL) &&
        dpone_live_load_expect_refused(&one, &load, "begin() or write() of what the system cannot hold",
                                       DPONE_UNSUPPORTED_TYPE)) {
        (void)dpone_live_expect_target(&before, TARGET, "target after a refused load", path);
        (void)dpone_live_expect_no_staging(&before, "after a refused load that was aborted");
    }
}

static void run_refused(struct dpone_check_run *run, const struct dpone_live *live, struct pair pair) {
    static const char *const features[DPONE_FIXTURE_FEATURE_COUNT] = {
        "ordinary", "nan", "infinity", "negative_zero", "nul", "far_past", "far_future"};
    uint32_t inexact = inexact_features(live, pair.columns[1].column.type);
    for (int32_t feature = 0; feature < DPONE_FIXTURE_FEATURE_COUNT; feature++) {
        char id[96];
        (void)snprintf(id, sizeof(id), "%s.%s.refused", pair.columns[1].column.name, features[feature]);
        if ((inexact >> feature & 1u) && dpone_case_begin(run, id)) {
            expect_refused(live, pair, feature);
            dpone_case_end(run);
        }
    }
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    size_t count = 0;
    const struct dpone_dataset_column *types = dpone_dataset_types(&count);
    if (!dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct pair pair = pair_of(types, i);
        char id[96];
        (void)snprintf(id, sizeof(id), "%s.exact", types[i].column.name);
        if (!(inexact_features(&live, types[i].column.type) & 1u) && dpone_case_begin(run, id)) {
            expect_exact(&live, pair);
            dpone_case_end(run);
        }
        run_refused(run, &live, pair);
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_type_fidelity = {
    .id = "type_fidelity",
    .title = "Exact values",
    .proves = "Every value the system can hold arrives exactly; what it cannot hold is refused before "
              "staging.",
    .remedy = "Write values with their full precision and length, and refuse the rest in begin() or write().",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
