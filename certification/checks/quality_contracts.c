/* quality_contracts: gates judge what is really staged. Planted bad rows are counted exactly; a gate of
 * severity error stops the publication, a warning does not. */
#include "../check.h"

#include "../live_pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 640
#define OLD_FIRST 20000
#define OLD_ROWS 15

/* Rows that a gate finds bad, counted in the dump of what the load brings. */
typedef int64_t (*count_bad)(const json_t *rows, size_t column);

static int64_t count_nulls(const json_t *rows, size_t column) {
    int64_t count = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        count += json_is_null(json_array_get(json_array_get(rows, i), column));
    }
    return count;
}

static int64_t count_repeated(const json_t *rows, size_t column) {
    json_t *seen = json_object();
    int64_t count = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *value = json_string_value(json_array_get(json_array_get(rows, i), column));
        count += value != NULL && json_object_get(seen, value) != NULL;
        if (value != NULL) {
            (void)json_object_set_new(seen, value, json_true());
        }
    }
    json_decref(seen);
    return count;
}

static int64_t count_unaccepted(const json_t *rows, size_t column) {
    int64_t count = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *value = json_string_value(json_array_get(json_array_get(rows, i), column));
        count += value != NULL && strcmp(value, "east") != 0 && strcmp(value, "west") != 0;
    }
    return count;
}

/* Gates that the data set breaks, and how often; without a function they judge the load as a whole. */
static const struct planted {
    const char *id;
    const char *gate;
    const char *column;
    const char *type; /* that the column must have on this side; NULL: any */
    count_bad count;
} planted[] = {
    {"not_null", "{\"type\": \"not_null\", \"column\": \"late_value\"}", "late_value", NULL, count_nulls},
    {"unique", "{\"type\": \"unique\", \"column\": \"region\"}", "region", NULL, count_repeated},
    {"accepted_values",
     "{\"type\": \"accepted_values\", \"column\": \"region\", \"values\": [\"east\", \"west\"]}", "region",
     NULL, count_unaccepted},
    {"freshness", "{\"type\": \"freshness\", \"column\": \"updated_at\", \"max_age\": \"1h\"}", "updated_at",
     "timestamp_us", NULL},
    {"min_rows", "{\"type\": \"min_rows\", \"threshold\": 641}", "id", NULL, NULL},
};

#define PLANTED_COUNT (sizeof(planted) / sizeof(planted[0]))

/* Gates that it keeps. */
static const char kept_gates[] =
    "[{\"type\": \"not_null\", \"columns\": [\"id\", \"region\"]}, {\"type\": \"unique\", \"column\": "
    "\"id\"},"
    " {\"type\": \"row_count_reconciliation\", \"tolerance\": {\"mode\": \"absolute\", \"value\": 0}},"
    " {\"type\": \"min_rows\", \"threshold\": 640}]";

/* One side of the connector, with what a pipeline over it brings. */
struct side {
    struct dpone_live *live;
    int32_t side;
    const char *name;
    const char *table;
    char before[4096];   /* of the target, when the connector is the sink */
    char expected[4096]; /* what the load brings */
    json_t *columns;
    json_t *rows;
};

/* ---- What the load brings ---- */

static int read_dump(struct side *side) {
    FILE *file = fopen(side->expected, "r");
    char *line = NULL;
    size_t capacity = 0;
    side->rows = json_array();
    while (file != NULL && getline(&line, &capacity, file) > 0) {
        json_t *json = json_loads(line, 0, NULL);
        if (json_is_object(json)) {
            side->columns = json_incref(json_object_get(json, "columns"));
            json_decref(json);
        } else {
            (void)json_array_append_new(side->rows, json);
        }
    }
    free(line);
    if (file != NULL) {
        (void)fclose(file);
    }
    return dpone_expect_integer(side->live->run, "rows of the data set", ROWS,
                                (int64_t)json_array_size(side->rows));
}

static int prepare(struct side *side) {
    struct dpone_live *live = side->live;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(side->before, sizeof(side->before), "%s/%s-before.dump", live->run->directory, side->name);
    (void)snprintf(side->expected, sizeof(side->expected), "%s/%s-expected.dump", live->run->directory,
                   side->name);
    if (side->side == DPONE_LIVE_SINK) {
        return dpone_live_fill_reference(live, side->table, ROWS) &&
               dpone_live_dump_rows(live, side->expected, 0, ROWS) && read_dump(side);
    }
    if (!dpone_live_publish_stream(live, side->table, ROWS)) {
        return 0;
    }
    if (dpone_fixture_dump_stream(live->fixture, side->table, 0, ROWS, side->expected, &error) != DPONE_OK) {
        dpone_check_environment(live->run, "the expected rows", &error);
        return 0;
    }
    return read_dump(side);
}

/* The place of the gate's column, or -1 when the side has none of that type. */
static int64_t column_of(const struct side *side, const struct planted *gate) {
    for (size_t i = 0; i < json_array_size(side->columns); i++) {
        const json_t *column = json_array_get(side->columns, i);
        const char *type = json_string_value(json_object_get(column, "type"));
        if (strcmp(json_string_value(json_object_get(column, "name")), gate->column) == 0) {
            return gate->type == NULL || strcmp(type, gate->type) == 0 ? (int64_t)i : -1;
        }
    }
    return -1;
}

/* ---- A pipeline with gates ---- */

/* Runs it; takes `gates` over. */
static int run_gates(struct dpone_live_outcome *out, const struct side *side, json_t *gates) {
    json_t *sections = json_pack("{s:{s:o}}", "quality", "gates", gates);
    const struct dpone_live_pipeline pipeline = {
        .side = side->side, .table = side->table, .sections = sections};
    int ran = side->side == DPONE_LIVE_SOURCE ||
              (dpone_live_prepare_target(side->live, side->table, OLD_FIRST, OLD_ROWS) &&
               dpone_live_observe(side->live, side->table, side->before, NULL));
    ran = ran && dpone_live_pipeline_run(out, side->live, &pipeline);
    json_decref(sections);
    return ran && dpone_expect(side->live->run, out->record != NULL, "run.json", "a JSON document",
                               "no file, or no JSON");
}

static json_t *gate_of(const struct planted *gate, const char *severity) {
    json_t *json = json_loads(gate->gate, 0, NULL);
    (void)json_object_set_new(json, "severity", json_string(severity));
    (void)json_object_set_new(json, "id", json_string(gate->id));
    return json;
}

/* The verdict on the gate, in run.json. */
static void expect_verdict(const struct side *side, const struct dpone_live_outcome *outcome,
                           const struct planted *gate) {
    const json_t *list = json_object_get(outcome->record, "gates");
    const json_t *verdict = NULL;
    char where[96];
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(list, i), "id"));
        verdict = id != NULL && strcmp(id, gate->id) == 0 ? json_array_get(list, i) : verdict;
    }
    (void)snprintf(where, sizeof(where), "run.json: gate %s", gate->id);
    (void)dpone_expect(side->live->run, json_is_false(json_object_get(verdict, "passed")), where,
                       "it did not pass", verdict == NULL ? "there is none" : "it passed");
    if (gate->count != NULL) {
        (void)snprintf(where, sizeof(where), "run.json: gate %s, failed_rows", gate->id);
        (void)dpone_expect_integer(side->live->run, where,
                                   gate->count(side->rows, (size_t)column_of(side, gate)),
                                   json_integer_value(json_object_get(verdict, "failed_rows")));
    }
}

static void expect_published(const struct side *side, const struct dpone_live_outcome *outcome) {
    struct dpone_live *live = side->live;
    const char *arrived = dpone_live_path(live, "arrived.dump");
    if (!dpone_expect_status(live->run, "pipeline", DPONE_OK, outcome->status, &outcome->error)) {
        return;
    }
    if (side->side == DPONE_LIVE_SINK) {
        (void)dpone_live_expect_target(live, side->table, "target after the pipeline", side->expected);
    } else if (dpone_live_dump_reference(live, side->table, arrived, NULL, NULL)) {
        (void)dpone_expect_dump(live->run, "rows that arrived", side->expected, arrived,
                                DPONE_COMPARE_AS_MULTISET);
    }
}

static void expect_stopped(const struct side *side, const struct dpone_live_outcome *outcome) {
    struct dpone_live *live = side->live;
    const json_t *publication = json_object_get(outcome->record, "publication");
    const json_t *rows = json_object_get(outcome->record, "rows");
    (void)dpone_expect_status(live->run, "pipeline that a gate must stop", DPONE_DATA_CORRUPT,
                              outcome->status, &outcome->error);
    (void)dpone_expect(live->run, json_is_false(json_object_get(publication, "published")),
                       "run.json: publication.published", "false", "true, or none");
    (void)dpone_expect_integer(live->run, "run.json: rows.rejected", ROWS,
                               json_integer_value(json_object_get(rows, "rejected")));
    if (side->side == DPONE_LIVE_SINK) {
        (void)dpone_live_expect_target(live, side->table, "target after a gate stopped the load",
                                       side->before);
        (void)dpone_live_expect_no_staging(live, "after a gate stopped the load");
    }
}

/* ---- Cases ---- */

static void stop_at(const struct side *side, const struct planted *gate) {
    struct dpone_live_outcome outcome = {0};
    json_t *gates = json_pack("[o]", gate_of(gate, "error"));
    dpone_case_remedy(side->live->run,
                      "Keep the load invisible until publish(), and let open_staged() stream all of it.");
    if (run_gates(&outcome, side, gates)) {
        expect_verdict(side, &outcome, gate);
        expect_stopped(side, &outcome);
    }
    dpone_live_outcome_clear(&outcome);
}

static void warn_only(const struct side *side) {
    struct dpone_live_outcome outcome = {0};
    json_t *gates = json_array();
    for (size_t i = 0; i < PLANTED_COUNT; i++) {
        if (column_of(side, &planted[i]) >= 0) {
            (void)json_array_append_new(gates, gate_of(&planted[i], "warning"));
        }
    }
    dpone_case_remedy(side->live->run,
                      "Let open_staged() stream what is really staged, any number of times.");
    if (run_gates(&outcome, side, gates)) {
        for (size_t i = 0; i < PLANTED_COUNT; i++) {
            if (column_of(side, &planted[i]) >= 0) {
                expect_verdict(side, &outcome, &planted[i]);
            }
        }
        expect_published(side, &outcome);
    }
    dpone_live_outcome_clear(&outcome);
}

static void let_pass(const struct side *side) {
    struct dpone_live_outcome outcome = {0};
    if (run_gates(&outcome, side, json_loads(kept_gates, 0, NULL))) {
        expect_published(side, &outcome);
    }
    dpone_live_outcome_clear(&outcome);
}

static int begin_case(const struct side *side, const char *suffix) {
    char id[64];
    (void)snprintf(id, sizeof(id), "%s.%s", side->name, suffix);
    return dpone_case_begin(side->live->run, id);
}

static void run_side(struct side *side) {
    struct dpone_check_run *run = side->live->run;
    if (!prepare(side)) {
        return;
    }
    for (size_t i = 0; i < PLANTED_COUNT; i++) {
        if (column_of(side, &planted[i]) >= 0 && begin_case(side, planted[i].id)) {
            stop_at(side, &planted[i]);
            dpone_case_end(run);
        }
    }
    if (begin_case(side, "warnings")) {
        warn_only(side);
        dpone_case_end(run);
    }
    if (begin_case(side, "kept_gates")) {
        let_pass(side);
        dpone_case_end(run);
    }
}

static void run_check(struct dpone_check_run *run) {
    static const struct {
        int32_t side;
        const char *name;
        const char *table;
    } sides[] = {{DPONE_LIVE_SOURCE, "source", "inspections"}, {DPONE_LIVE_SINK, "sink", "findings"}};
    for (size_t i = 0; i < 2; i++) {
        struct dpone_live live;
        struct side side = {
            .live = &live, .side = sides[i].side, .name = sides[i].name, .table = sides[i].table};
        if (!dpone_live_open(&live, run, side.side)) {
            return;
        }
        if (side.side == DPONE_LIVE_SOURCE ? live.connector->source != NULL : live.connector->sink != NULL) {
            run_side(&side);
        }
        json_decref(side.columns);
        json_decref(side.rows);
        dpone_live_close(&live);
    }
}

const struct dpone_check dpone_check_quality_contracts = {
    .id = "quality_contracts",
    .title = "Quality gates",
    .proves = "Gates count what is staged exactly and stop the publication at severity error.",
    .remedy = "Let open_staged() stream what is really staged.",
    .group = DPONE_GROUP_EVIDENCE,
    .capabilities = DPONE_CAPABILITY_SOURCE | DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
