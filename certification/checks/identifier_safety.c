/* identifier_safety: names of tables and columns are data, whatever characters they are made of. */
#include "../check.h"

#include "../live.h"

#include <stdio.h>
#include <string.h>

#define BYSTANDER "ledger"
#define BYSTANDER_ROWS 25
#define ROWS 40
#define LONG_NAME "n23456789_123456789_123456789_123456789_123456789_123456789_123"

/* Names that mean something in some language between the connector and its system. */
static const struct {
    const char *id;
    const char *name;
} hostile[] = {
    {"double_quote", "or\"der"},
    {"single_quote", "o'clock"},
    {"backtick", "ti`ck"},
    {"bracket", "[b]racket"},
    {"backslash", "back\\slash"},
    {"reserved_word", "select"},
    {"second_statement", "'; drop table " BYSTANDER "; --"},
    {"second_statement_quoted", "x\"; DROP TABLE \"" BYSTANDER "\"; --"},
    {"second_member", "x\",\"target\":\"" BYSTANDER},
    {"address", "a b%20c?d=e&f#g+h"},
    {"template", "{table}$1%s{{name}}"},
    {"bytes_63", LONG_NAME},
    {"non_ascii", "gr\xc3\xb6\xc3\x9f\x65_\xe8\xa1\xa8"},
};

#define HOSTILE_COUNT (sizeof(hostile) / sizeof(hostile[0]))

/* What a load of a hostile name must do is what the fixture finds possible on the same system. */
static int system_holds(struct dpone_live *live, const char *target) {
    struct dpone_dataset_spec spec = dpone_live_spec(live, 0);
    struct dpone_error error = DPONE_ERROR_INIT;
    int holds = dpone_fixture_prepare_target(live->fixture, target, &spec, 0, &error) == DPONE_OK;
    return (dpone_fixture_drop_target(live->fixture, target, &error) == DPONE_OK) & holds;
}

/* ---- What a connector says of a target, in the same names ---- */

static void expect_description(struct dpone_live *live, const struct dpone_live_instance *instance,
                               const struct dpone_table *target) {
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_call_describe(live->connector, instance->instance, target, &description, &error);
    if (dpone_expect_status(live->run, "describe(target)", DPONE_OK, status, &error)) {
        for (size_t i = 0; i < live->column_count; i++) {
            const char *name = live->columns[i].column.name;
            (void)dpone_expect(live->run, dpone_schema_find(&description.schema, dpone_string_of(name)) >= 0,
                               "describe(target): columns", name, "no such column");
        }
    }
    dpone_description_clear(&description);
}

static void expect_publication(struct dpone_live *live, const struct dpone_live_instance *instance,
                               const struct dpone_table *target, const char *key) {
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_call_last_published(live->connector, instance->instance, target,
                                               dpone_string_of("certification"), &publication, &error);
    if (dpone_expect_status(live->run, "last_published(target)", DPONE_OK, status, &error)) {
        (void)dpone_expect(live->run,
                           publication.idempotency_key.size == strlen(key) &&
                               memcmp(publication.idempotency_key.data, key, strlen(key)) == 0,
                           "last_published(target): key", key, "%.*s", (int)publication.idempotency_key.size,
                           (const char *)publication.idempotency_key.data);
    }
    dpone_publication_clear(&publication);
}

static void expect_known(struct dpone_live *live, const char *name, const char *key) {
    struct dpone_live_instance instance;
    struct dpone_table target = {.name = dpone_string_of(name)};
    if (dpone_live_instance_open(&instance, live)) {
        expect_description(live, &instance, &target);
        expect_publication(live, &instance, &target, key);
        dpone_live_instance_close(&instance);
    }
}

/* ---- Loads ---- */

/* Loads into a target of that name with the columns of `live`, and looks at it and at the bystander. */
static void load_into(struct dpone_live *live, struct dpone_live *plain, const char *name) {
    const struct dpone_live_load load = {
        .target = name, .key = "identifier", .strategy = DPONE_FULL_REFRESH, .rows = ROWS};
    const char *expected = dpone_live_path(live, "expected.dump");
    const char *before = dpone_live_path(live, "before.dump");
    int holds = system_holds(live, name);
    if (!dpone_live_prepare_target(plain, BYSTANDER, 500, BYSTANDER_ROWS) ||
        !dpone_live_observe(plain, BYSTANDER, before, NULL) ||
        !dpone_live_dump_rows(live, expected, 0, ROWS)) {
        return;
    }
    if (!holds) {
        (void)dpone_live_load_expect_refused(live, &load, "a load of names that the system cannot hold",
                                             DPONE_INVALID_ARGUMENT);
    } else if (dpone_live_load_run(live, &load)) {
        if (dpone_live_expect_target(live, name, "target after publish()", expected)) {
            expect_known(live, name, load.key);
        }
    }
    (void)dpone_live_expect_target(plain, BYSTANDER, "another target, \"" BYSTANDER "\"", before);
    (void)dpone_live_drop_target(live, name);
}

/* ---- Tables ---- */

static void run_tables(struct dpone_check_run *run, struct dpone_live *live) {
    for (size_t i = 0; i < HOSTILE_COUNT; i++) {
        char id[64];
        (void)snprintf(id, sizeof(id), "table.%s", hostile[i].id);
        if (dpone_case_begin(run, id)) {
            load_into(live, live, hostile[i].name);
            dpone_case_end(run);
        }
    }
}

/* A system that tells names apart by case must be told so by the connector too. */
static int tells_case_apart(struct dpone_live *live, const char *other) {
    const char *before = dpone_live_path(live, "case-before.dump");
    const char *after = dpone_live_path(live, "case-after.dump");
    struct dpone_difference difference = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    int missing = 0; /* the other name took its place */
    return dpone_live_prepare_target(live, BYSTANDER, 500, BYSTANDER_ROWS) &&
           dpone_live_observe(live, BYSTANDER, before, NULL) &&
           dpone_live_prepare_target(live, other, 900, 5) &&
           dpone_live_observe(live, BYSTANDER, after, &missing) && dpone_live_drop_target(live, other) &&
           dpone_canonical_compare(&difference, before, after, DPONE_COMPARE_IN_ORDER, &error) == DPONE_OK &&
           difference.equal;
}

/* ---- Columns ---- */

static void case_columns(struct dpone_check_run *run, void *context) {
    struct dpone_live *plain = context;
    struct dpone_live live = *plain;
    struct dpone_dataset_column columns[HOSTILE_COUNT + 1] = {
        {{"id", DPONE_TYPE_INT64, 0, 0, 0}, DPONE_PATTERN_KEY}};
    (void)run;
    for (size_t i = 0; i < HOSTILE_COUNT; i++) {
        columns[i + 1] =
            (struct dpone_dataset_column){{hostile[i].name, DPONE_TYPE_INT64, 1, 0, 0}, DPONE_PATTERN_MIXED};
    }
    live.columns = columns;
    live.column_count = HOSTILE_COUNT + 1;
    load_into(&live, plain, "columns");
}

static void case_column_case_clash(struct dpone_check_run *run, void *context) {
    struct dpone_live *plain = context;
    struct dpone_live live = *plain;
    struct dpone_dataset_column columns[] = {{{"id", DPONE_TYPE_INT64, 0, 0, 0}, DPONE_PATTERN_KEY},
                                             {{"total", DPONE_TYPE_INT64, 1, 0, 0}, DPONE_PATTERN_MIXED},
                                             {{"Total", DPONE_TYPE_INT64, 1, 0, 0}, DPONE_PATTERN_MIXED}};
    live.columns = columns;
    live.column_count = 3;
    dpone_case_remedy(run, "Keep names as they are; refuse in begin() what the system takes for one name.");
    load_into(&live, plain, "columns");
}

/* Names of key columns travel another way than those of the schema. */
static void case_key_column(struct dpone_check_run *run, void *context) {
    struct dpone_live live = *(struct dpone_live *)context;
    struct dpone_dataset_column columns[] = {
        {{"or\"der", DPONE_TYPE_INT64, 0, 0, 0}, DPONE_PATTERN_KEY},
        {{"'; drop table " BYSTANDER "; --", DPONE_TYPE_UTF8, 1, 0, 0}, DPONE_PATTERN_MIXED}};
    const struct dpone_live_part result[] = {{.rows = 30}, {.other = 1, .first_row = 30, .rows = 40}};
    const struct dpone_live_load load = {.target = "keyed",
                                         .key = "identifier-merge",
                                         .strategy = DPONE_INCREMENTAL_MERGE,
                                         .parts = &result[1],
                                         .part_count = 1,
                                         .unique_key = {"or\"der"}};
    const char *expected = dpone_live_path(&live, "expected.dump");
    (void)run;
    live.columns = columns;
    live.column_count = 2;
    if (dpone_live_prepare_target(&live, "keyed", 0, 50) &&
        dpone_live_dump_parts(&live, expected, result, 2) && dpone_live_load_run(&live, &load)) {
        (void)dpone_live_expect_target(&live, "keyed", "target after a merge by such a column", expected);
    }
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        return;
    }
    run_tables(run, &live);
    if (tells_case_apart(&live, "LEDGER") && dpone_case_begin(run, "table.case_clash")) {
        load_into(&live, &live, "LEDGER");
        dpone_case_end(run);
    }
    dpone_case_run(run, "columns", case_columns, &live);
    dpone_case_run(run, "column_case_clash", case_column_case_clash, &live);
    if (live.connector->sink != NULL && (live.connector->sink->strategies >> DPONE_INCREMENTAL_MERGE & 1u)) {
        dpone_case_run(run, "key_column", case_key_column, &live);
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_identifier_safety = {
    .id = "identifier_safety",
    .title = "Names are data",
    .proves = "Table and column names with quotes, reserved words and foreign letters are only names.",
    .remedy = "Quote every identifier by the rules of the system.",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
