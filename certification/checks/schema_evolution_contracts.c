/* schema_evolution_contracts: every change of the schema under every policy. Safe changes are applied with
 * the load in one step, everything else stops before the target changes. */
#include "../check.h"

#include "../live.h"

#include <stdio.h>
#include <string.h>

#define TARGET "articles"
#define OLD_ROWS 35
#define NEW_FIRST 400
#define NEW_ROWS 45
#define COLUMNS_MAXIMUM 4
#define NEW_COLUMN "__dpone__nc__"

/* What must come of a change under a policy. */
enum outcome {
    REFUSED, /* plan() answers CONFLICT */
    NOTHING, /* no plan is needed */
    ADDED,   /* the new column stands behind the others */
    WIDENED, /* the column has the wider type */
    DIVERTED /* the values go to a column of their own, NEW_COLUMN and the name */
};

#define KEY                                                                                                  \
    { {"id", DPONE_TYPE_INT64, 0, 0, 0}, DPONE_PATTERN_KEY }
#define PLAIN(name, type, nullable)                                                                          \
    { {name, DPONE_TYPE_##type, nullable, 0, 0}, DPONE_PATTERN_MIXED }
#define DECIMAL(name, precision, scale)                                                                      \
    { {name, DPONE_TYPE_DECIMAL128, 1, precision, scale}, DPONE_PATTERN_MIXED }

/* The columns of the target and of the load; outcomes in the order fail, apply, new_column. */
static const struct change {
    const char *id;
    struct dpone_dataset_column target[COLUMNS_MAXIMUM];
    size_t target_count;
    struct dpone_dataset_column load[COLUMNS_MAXIMUM];
    size_t load_count;
    const char *subject; /* the column that changes */
    int32_t outcomes[3];
} changes[] = {
    {"same",
     {KEY, PLAIN("title", UTF8, 1)},
     2,
     {KEY, PLAIN("title", UTF8, 1)},
     2,
     "title",
     {NOTHING, NOTHING, NOTHING}},
    {"add_nullable",
     {KEY, PLAIN("title", UTF8, 1)},
     2,
     {KEY, PLAIN("title", UTF8, 1), PLAIN("pages", INT64, 1)},
     3,
     "pages",
     {REFUSED, ADDED, ADDED}},
    {"add_required",
     {KEY, PLAIN("title", UTF8, 1)},
     2,
     {KEY, PLAIN("title", UTF8, 1), PLAIN("pages", INT64, 0)},
     3,
     "pages",
     {REFUSED, REFUSED, REFUSED}},
    {"widen_integer",
     {KEY, PLAIN("pages", INT32, 1)},
     2,
     {KEY, PLAIN("pages", INT64, 1)},
     2,
     "pages",
     {REFUSED, WIDENED, WIDENED}},
    {"widen_decimal",
     {KEY, DECIMAL("price", 12, 4)},
     2,
     {KEY, DECIMAL("price", 18, 4)},
     2,
     "price",
     {REFUSED, WIDENED, WIDENED}},
    {"narrow_integer",
     {KEY, PLAIN("pages", INT64, 1)},
     2,
     {KEY, PLAIN("pages", INT32, 1)},
     2,
     "pages",
     {REFUSED, REFUSED, DIVERTED}},
    {"narrow_decimal",
     {KEY, DECIMAL("price", 18, 4)},
     2,
     {KEY, DECIMAL("price", 12, 4)},
     2,
     "price",
     {REFUSED, REFUSED, DIVERTED}},
    {"other_scale",
     {KEY, DECIMAL("price", 18, 4)},
     2,
     {KEY, DECIMAL("price", 20, 6)},
     2,
     "price",
     {REFUSED, REFUSED, DIVERTED}},
    {"other_type",
     {KEY, PLAIN("pages", INT64, 1)},
     2,
     {KEY, PLAIN("pages", UTF8, 1)},
     2,
     "pages",
     {REFUSED, REFUSED, DIVERTED}},
    {"drop", {KEY, PLAIN("title", UTF8, 1)}, 2, {KEY}, 1, "title", {REFUSED, REFUSED, REFUSED}},
    {"rename",
     {KEY, PLAIN("title", UTF8, 1)},
     2,
     {KEY, PLAIN("heading", UTF8, 1)},
     2,
     "title",
     {REFUSED, REFUSED, REFUSED}},
    {"reserved_prefix",
     {KEY},
     1,
     {KEY, PLAIN("__dpone__title", UTF8, 1)},
     2,
     "__dpone__title",
     {REFUSED, REFUSED, REFUSED}},
};

static const char *const policies[] = {"fail", "apply", "new_column"};

/* ---- What the target must be afterwards ---- */

/* Its columns, and for each where its values come from: a column of the old rows and one of the load, -1 for
 * null. */
struct result {
    struct dpone_dataset *old_rows;
    struct dpone_dataset *new_rows;
    struct dpone_column columns[COLUMNS_MAXIMUM + 1];
    int64_t from_old[COLUMNS_MAXIMUM + 1];
    int64_t from_new[COLUMNS_MAXIMUM + 1];
    size_t column_count;
    char diverted[64];
};

static int64_t find(const struct dpone_dataset_column *columns, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(columns[i].column.name, name) == 0) {
            return (int64_t)i;
        }
    }
    return -1;
}

static void make_columns(struct result *out, const struct change *change, int32_t outcome) {
    int64_t subject = find(change->load, change->load_count, change->subject);
    for (size_t i = 0; i < change->target_count; i++) {
        const char *name = change->target[i].column.name;
        int is_subject = strcmp(name, change->subject) == 0;
        out->columns[i] =
            is_subject && outcome == WIDENED ? change->load[subject].column : change->target[i].column;
        out->from_old[i] = (int64_t)i;
        out->from_new[i] =
            is_subject && outcome == DIVERTED ? -1 : find(change->load, change->load_count, name);
    }
    out->column_count = change->target_count;
    if (outcome == ADDED || outcome == DIVERTED) {
        size_t last = out->column_count++;
        out->columns[last] = change->load[subject].column;
        out->from_old[last] = -1;
        out->from_new[last] = subject;
        if (outcome == DIVERTED) {
            (void)snprintf(out->diverted, sizeof(out->diverted), NEW_COLUMN "%s", change->subject);
            out->columns[last].name = out->diverted;
        }
    }
}

static void value_of_result(const void *context, int64_t row, size_t column,
                            char scratch[DPONE_FIXTURE_SCRATCH_BYTES], struct dpone_fixture_value *out) {
    const struct result *result = context;
    int is_old = row < OLD_ROWS;
    int64_t from = is_old ? result->from_old[column] : result->from_new[column];
    if (from < 0) {
        *out = (struct dpone_fixture_value){.is_null = 1};
        return;
    }
    dpone_dataset_value(is_old ? result->old_rows : result->new_rows, is_old ? row : row - OLD_ROWS,
                        (size_t)from, scratch, out);
}

static struct dpone_dataset_spec spec_of(const struct dpone_live *live,
                                         const struct dpone_dataset_column *columns, size_t count,
                                         int64_t first_row) {
    struct dpone_dataset_spec spec = dpone_live_spec(live, first_row);
    spec.columns = columns;
    spec.column_count = count;
    return spec;
}

static int32_t write_dump(const struct result *result, const char *path, struct dpone_error *error) {
    const struct dpone_fixture_rows rows = {.columns = result->columns,
                                            .column_count = result->column_count,
                                            .row_count = OLD_ROWS + NEW_ROWS,
                                            .context = result,
                                            .value = value_of_result};
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return dpone_error_set(error, DPONE_IO, "cannot write %s", path);
    }
    int32_t status = dpone_canonical_dump_rows(file, &rows, error);
    (void)fclose(file);
    return status;
}

/* The old rows and the load in the changed columns, as a dump. */
static int dump_expected(const struct dpone_live *live, const struct change *change, int32_t outcome,
                         const char *path) {
    struct result result = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_dataset_spec old_spec = spec_of(live, change->target, change->target_count, 0);
    struct dpone_dataset_spec new_spec = spec_of(live, change->load, change->load_count, NEW_FIRST);
    make_columns(&result, change, outcome);
    int32_t status = dpone_dataset_new(&result.old_rows, &old_spec, &error);
    status = status == DPONE_OK ? dpone_dataset_new(&result.new_rows, &new_spec, &error) : status;
    status = status == DPONE_OK ? write_dump(&result, path, &error) : status;
    dpone_dataset_free(result.new_rows);
    dpone_dataset_free(result.old_rows);
    if (status != DPONE_OK) {
        dpone_check_environment(live->run, "the expected rows", &error);
    }
    return status == DPONE_OK;
}

/* ---- Asking the connector ---- */

static int32_t schema_of(struct ArrowSchema *out, const struct change *change, struct dpone_error *error) {
    struct dpone_column columns[COLUMNS_MAXIMUM];
    for (size_t i = 0; i < change->load_count; i++) {
        columns[i] = change->load[i].column;
    }
    return dpone_schema_make(out, columns, change->load_count, error);
}

/* describe() and plan(), twice: the same question has the same answer. */
static int32_t ask_plan(const struct dpone_live_instance *instance, const struct change *change,
                        int32_t policy, struct dpone_buffer *plan, struct dpone_error *error) {
    struct dpone_live *live = instance->live;
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    struct dpone_buffer again = DPONE_BUFFER_INIT;
    struct ArrowSchema wanted = {0};
    struct dpone_table target = {.name = dpone_string_of(TARGET)};
    int32_t status = dpone_call_describe(live->connector, instance->instance, &target, &description, error);
    (void)dpone_expect_status(live->run, "describe(target)", DPONE_OK, status, error);
    if (status == DPONE_OK) {
        status = schema_of(&wanted, change, error);
    }
    if (status == DPONE_OK) {
        const struct dpone_schema_change question = {
            .struct_size = sizeof(question),
            .target = target,
            .current = &description.schema,
            .current_version = {description.version.data, description.version.size},
            .wanted = &wanted,
            .policy = policy};
        status = dpone_call_plan(live->connector, instance->instance, &question, plan, error);
        int32_t second = dpone_call_plan(live->connector, instance->instance, &question, &again, NULL);
        (void)dpone_expect(live->run,
                           second == status && again.size == plan->size &&
                               (again.size == 0 || memcmp(again.data, plan->data, again.size) == 0),
                           "plan(change) a second time", "the same answer", "another answer");
        wanted.release(&wanted);
    }
    dpone_buffer_clear(&again);
    dpone_description_clear(&description);
    return status;
}

/* The columns of a change as those of the live things, for loads and dumps. */
static struct dpone_live live_with(const struct dpone_live *live, const struct dpone_dataset_column *columns,
                                   size_t count) {
    struct dpone_live out = *live;
    out.columns = (struct dpone_dataset_column *)columns; /* nobody changes them */
    out.column_count = count;
    return out;
}

static struct dpone_live_load load_of(const struct dpone_buffer *plan) {
    return (struct dpone_live_load){.target = TARGET,
                                    .key = "evolution",
                                    .strategy = DPONE_INCREMENTAL_APPEND,
                                    .first_row = NEW_FIRST,
                                    .rows = NEW_ROWS,
                                    .plan = {plan->data, plan->size}};
}

static int prepare(struct dpone_live *live, const struct change *change, const char *before) {
    struct dpone_live old = live_with(live, change->target, change->target_count);
    return dpone_live_prepare_target(&old, TARGET, 0, OLD_ROWS) &&
           dpone_live_observe(live, TARGET, before, NULL);
}

/* ---- Cases ---- */

static void apply(struct dpone_live *live, const struct change *change, int32_t outcome,
                  const struct dpone_buffer *plan, const char *before) {
    struct dpone_live loading = live_with(live, change->load, change->load_count);
    struct dpone_live_instance instance;
    struct dpone_load load;
    const struct dpone_live_load request = load_of(plan);
    const char *expected = dpone_live_path(live, "expected.dump");
    if (!dump_expected(live, change, outcome, expected) || !dpone_live_instance_open(&instance, &loading)) {
        return;
    }
    if (dpone_live_load_write(&instance, &request, &load)) {
        if (dpone_live_load_stage(&instance, &load) &&
            dpone_live_expect_target(live, TARGET, "target after stage(), before publish()", before) &&
            dpone_live_load_publish(&instance, &request, &load)) {
            (void)dpone_live_expect_target(live, TARGET, "target after publish()", expected);
            (void)dpone_live_expect_no_staging(live, "after publish()");
        }
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
}

static void change_under(struct dpone_live *live, const struct change *change, int32_t policy) {
    struct dpone_live_instance instance;
    struct dpone_buffer plan = DPONE_BUFFER_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t outcome = change->outcomes[policy];
    const char *before = dpone_live_path(live, "before.dump");
    dpone_case_remedy(live->run, "%s",
                      outcome == REFUSED
                          ? "Answer CONFLICT in plan() to what the policy or safety forbids."
                          : "Plan the change in plan(), and apply it with the rows in publish().");
    if (!prepare(live, change, before) || !dpone_live_instance_open(&instance, live)) {
        return;
    }
    int32_t status = ask_plan(&instance, change, policy, &plan, &error);
    dpone_live_instance_close(&instance);
    int as_expected = dpone_expect_status(live->run, "plan(change)",
                                          outcome == REFUSED ? DPONE_CONFLICT : DPONE_OK, status, &error);
    if (as_expected && outcome != REFUSED) {
        (void)dpone_expect(live->run, (plan.size == 0) == (outcome == NOTHING), "plan(change)",
                           outcome == NOTHING ? "an empty plan" : "a plan", "%zu bytes", plan.size);
        apply(live, change, outcome, &plan, before);
    }
    if (as_expected && outcome == REFUSED) {
        (void)dpone_live_expect_target(live, TARGET, "target after plan()", before);
    }
    dpone_buffer_clear(&plan);
}

/* Without a plan the target must have the load's columns: whatever differs is no silent change. */
static void case_without_plan(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const struct dpone_buffer none = DPONE_BUFFER_INIT;
    const struct dpone_live_load request = load_of(&none);
    const char *before = dpone_live_path(live, "before.dump");
    for (size_t i = 1; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct dpone_live loading = live_with(live, changes[i].load, changes[i].load_count);
        char where[96];
        (void)snprintf(where, sizeof(where), "a load without a plan: %s", changes[i].id);
        if (strcmp(changes[i].id, "drop") == 0) {
            continue; /* a load with fewer columns fits the target */
        }
        if (!prepare(live, &changes[i], before) ||
            !dpone_live_load_expect_refused(&loading, &request, where, DPONE_CONFLICT) ||
            !dpone_live_expect_target(live, TARGET, "target after a refused load", before)) {
            return;
        }
    }
    (void)run;
}

/* The target gets a column between plan() and publish(), which the load does not miss: but the plan saw
 * another target. */
static void case_stale_plan(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const struct change *change = &changes[1];
    static const struct change other = {.target = {KEY, PLAIN("title", UTF8, 1), PLAIN("isbn", UTF8, 1)},
                                        .target_count = 3};
    struct dpone_live loading = live_with(live, change->load, change->load_count);
    struct dpone_live_instance instance;
    struct dpone_buffer plan = DPONE_BUFFER_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    const char *before = dpone_live_path(live, "before.dump");
    dpone_case_remedy(run, "Keep the version that plan() saw in the plan, and compare it in publish().");
    if (!prepare(live, change, before) || !dpone_live_instance_open(&instance, live)) {
        return;
    }
    int32_t status = ask_plan(&instance, change, DPONE_EVOLUTION_APPLY, &plan, &error);
    dpone_live_instance_close(&instance);
    if (dpone_expect_status(run, "plan(change)", DPONE_OK, status, &error) && prepare(live, &other, before)) {
        const struct dpone_live_load request = load_of(&plan);
        (void)dpone_live_load_expect_refused(&loading, &request, "a load with a plan for another target",
                                             DPONE_CONFLICT);
        (void)dpone_live_expect_target(live, TARGET, "target after a refused load", before);
    }
    dpone_buffer_clear(&plan);
}

/* The system can hold every column of the change. */
static int can_hold(const struct dpone_live *live, const struct dpone_dataset_column *columns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct dpone_fixture_mapping *mapping =
            dpone_fixture_find_mapping(live->fixture, columns[i].column.type, DPONE_FIXTURE_ORDINARY);
        if (mapping == NULL || !mapping->sink_exact) {
            return 0;
        }
    }
    return 1;
}

static void run_change(struct dpone_check_run *run, struct dpone_live *live, const struct change *change) {
    for (int32_t policy = DPONE_EVOLUTION_FAIL; policy <= DPONE_EVOLUTION_NEW_COLUMN; policy++) {
        char id[64];
        (void)snprintf(id, sizeof(id), "%s.%s", change->id, policies[policy]);
        if (dpone_case_begin(run, id)) {
            change_under(live, change, policy);
            dpone_case_end(run);
        }
    }
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        return;
    }
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        if (can_hold(&live, changes[i].target, changes[i].target_count) &&
            can_hold(&live, changes[i].load, changes[i].load_count)) {
            run_change(run, &live, &changes[i]);
        }
    }
    dpone_case_run(run, "without_plan", case_without_plan, &live);
    dpone_case_run(run, "stale_plan", case_stale_plan, &live);
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_schema_evolution_contracts = {
    .id = "schema_evolution_contracts",
    .title = "Schema changes",
    .proves = "Only safe changes of the schema are applied; everything else stops before the target changes.",
    .remedy = "Decide every change in plan() and apply it in publish().",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
