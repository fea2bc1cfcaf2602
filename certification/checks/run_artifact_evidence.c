/* run_artifact_evidence: run.json of a whole pipeline says what happened, recounted from the systems
 * themselves. */
#include "../check.h"

#include "../live_pipeline.h"
#include "../subject.h"

#include "runtime/digest.h"
#include "runtime/ulid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_TABLE "shipments"
#define WRITTEN_TABLE "deliveries"
#define ROWS 730

static const char *text_at(const json_t *record, const char *section, const char *name) {
    const json_t *value = json_object_get(section == NULL ? record : json_object_get(record, section), name);
    return json_is_string(value) ? json_string_value(value) : "(none)";
}

static int64_t number_at(const json_t *record, const char *section, const char *name) {
    const json_t *value = json_object_get(section == NULL ? record : json_object_get(record, section), name);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
}

static void hex_of_digest(char out[2 * DPONE_DIGEST_BYTES + 1], const struct dpone_digest *digest) {
    struct dpone_bytes bytes = {digest->bytes, sizeof(digest->bytes)};
    dpone_hex_write(out, bytes);
}

/* Lines of a dump but the first. */
static int64_t count_rows(const char *path) {
    int64_t lines = 0;
    int byte = 0;
    FILE *file = fopen(path, "r");
    while (file != NULL && (byte = fgetc(file)) != EOF) {
        lines += byte == '\n';
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return lines - 1;
}

/* ---- What every record must say ---- */

static void expect_identity(struct dpone_live *live, const struct dpone_live_outcome *outcome) {
    struct dpone_check_run *run = live->run;
    const json_t *record = outcome->record;
    char sha256[DPONE_SHA256_TEXT_BYTES] = "";
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)dpone_expect(run, dpone_ulid_valid(text_at(record, NULL, "run_id")), "run.json: run_id", "a ULID",
                       "%s", text_at(record, NULL, "run_id"));
    (void)dpone_expect_text(run, "run.json: load_id", text_at(record, "publication", "idempotency_key"),
                            text_at(record, NULL, "load_id"));
    (void)dpone_expect_text(run, "run.json: status", "succeeded", text_at(record, NULL, "status"));
    (void)dpone_sha256_file(sha256, outcome->manifest_path, &error);
    (void)dpone_expect_text(run, "run.json: manifest.sha256", sha256, text_at(record, "manifest", "sha256"));
    (void)dpone_expect(run,
                       strcmp(text_at(record, NULL, "started_at"), text_at(record, NULL, "ended_at")) <= 0,
                       "run.json: started_at, ended_at", "in this order", "%s, %s",
                       text_at(record, NULL, "started_at"), text_at(record, NULL, "ended_at"));
}

static void expect_connector(struct dpone_live *live, const json_t *record, const char *side) {
    const json_t *connector = json_object_get(json_object_get(record, "connectors"), side);
    const char *sha256 = json_string_value(json_object_get(connector, "plugin_sha256"));
    const char *name = json_string_value(json_object_get(connector, "name"));
    (void)dpone_expect_text(live->run, "run.json: the connector's name",
                            live->run->subject->package->connector, name == NULL ? "(none)" : name);
    (void)dpone_expect_text(live->run, "run.json: the connector's plugin_sha256",
                            live->run->subject->plugin_sha256, sha256 == NULL ? "(none)" : sha256);
}

static void expect_counts(struct dpone_live *live, const json_t *record, int64_t read, int64_t published) {
    (void)dpone_expect_integer(live->run, "run.json: rows.read, counted on the source", read,
                               number_at(record, "rows", "read"));
    (void)dpone_expect_integer(live->run, "run.json: rows.staged, counted on the target", published,
                               number_at(record, "rows", "staged"));
    (void)dpone_expect_integer(live->run, "run.json: rows.published, counted on the target", published,
                               number_at(record, "rows", "published"));
    (void)dpone_expect_integer(live->run, "run.json: rows.rejected", 0,
                               number_at(record, "rows", "rejected"));
}

/* The columns of the record are those of the dump's first line. */
static void expect_schema(struct dpone_live *live, const json_t *record, const char *dump) {
    char *line = NULL;
    size_t capacity = 0;
    FILE *file = fopen(dump, "r");
    json_t *columns = NULL;
    if (file != NULL && getline(&line, &capacity, file) > 0) {
        json_t *header = json_loads(line, 0, NULL);
        columns = json_incref(json_object_get(header, "columns"));
        json_decref(header);
    }
    const json_t *recorded = json_object_get(record, "schema");
    (void)dpone_expect_integer(live->run, "run.json: schema, columns", (int64_t)json_array_size(columns),
                               (int64_t)json_array_size(recorded));
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *expected = json_array_get(columns, i);
        const json_t *observed = json_array_get(recorded, i);
        char where[64];
        (void)snprintf(where, sizeof(where), "run.json: schema, column %zu", i);
        (void)dpone_expect(
            live->run,
            json_equal(json_object_get(expected, "name"), json_object_get(observed, "name")) &&
                json_equal(json_object_get(expected, "type"), json_object_get(observed, "type")),
            where, json_string_value(json_object_get(expected, "name")), "%s of type %s",
            text_at(observed, NULL, "name"), text_at(observed, NULL, "type"));
    }
    json_decref(columns);
    free(line);
    if (file != NULL) {
        (void)fclose(file);
    }
}

static int expect_success(struct dpone_live *live, const struct dpone_live_outcome *outcome) {
    return dpone_expect_status(live->run, "pipeline", DPONE_OK, outcome->status, &outcome->error) &&
           dpone_expect(live->run, outcome->record != NULL,
                        outcome->record_path == NULL ? "run.json" : outcome->record_path, "a JSON document",
                        "no file, or no JSON");
}

/* ---- The connector as source: its rows end in the reference connector's file ---- */

static void case_source(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_pipeline pipeline = {.side = DPONE_LIVE_SOURCE, .table = READ_TABLE};
    struct dpone_live_outcome outcome = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_digest digest = {{0}};
    char hex[2 * DPONE_DIGEST_BYTES + 1];
    const char *expected = dpone_live_path(live, "expected.dump");
    const char *arrived = dpone_live_path(live, "arrived.dump");
    int64_t rows = -1;
    dpone_case_remedy(run, "Deliver every row the system has, and a checkpoint after the last batch.");
    if (!dpone_live_publish_stream(live, READ_TABLE, ROWS)) {
        return;
    }
    if (dpone_fixture_dump_stream(live->fixture, READ_TABLE, 0, ROWS, expected, &error) != DPONE_OK) {
        dpone_check_environment(run, "the expected rows", &error);
        return;
    }
    if (dpone_live_pipeline_run(&outcome, live, &pipeline) && expect_success(live, &outcome) &&
        dpone_live_dump_reference(live, READ_TABLE, arrived, &rows, &digest)) {
        hex_of_digest(hex, &digest);
        expect_identity(live, &outcome);
        expect_connector(live, outcome.record, "source");
        expect_counts(live, outcome.record, ROWS, rows);
        expect_schema(live, outcome.record, expected);
        (void)dpone_expect_dump(run, "rows that arrived", expected, arrived, DPONE_COMPARE_AS_MULTISET);
        (void)dpone_expect_text(run, "run.json: content_digest, of the rows that arrived", hex,
                                text_at(outcome.record, NULL, "content_digest"));
        (void)dpone_expect(run, strcmp(text_at(outcome.record, "checkpoints", "after"), "(none)") != 0,
                           "run.json: checkpoints.after", "a checkpoint", "none");
    }
    dpone_live_outcome_clear(&outcome);
}

/* ---- The connector as sink: the system itself says what arrived ---- */

static void expect_publication(struct dpone_live *live, const json_t *record) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *publications = NULL;
    if (dpone_fixture_observe_publications(live->fixture, WRITTEN_TABLE, &publications, &error) != DPONE_OK) {
        dpone_check_environment(live->run, "observing publications", &error);
        return;
    }
    const json_t *last = json_array_get(publications, json_array_size(publications) - 1);
    (void)dpone_expect_integer(live->run, "publications on the system", 1,
                               (int64_t)json_array_size(publications));
    (void)dpone_expect_text(live->run, "idempotency key on the system", text_at(record, NULL, "load_id"),
                            text_at(last, NULL, "idempotency_key"));
    (void)dpone_expect_text(live->run, "content digest on the system",
                            text_at(record, NULL, "content_digest"), text_at(last, NULL, "content_digest"));
    (void)dpone_expect_text(live->run, "position on the system", text_at(record, "checkpoints", "after"),
                            text_at(last, NULL, "position"));
    json_decref(publications);
}

/* Bytes that run.json spells as text, or in hexadecimal. */
static void expect_bytes(struct dpone_live *live, const char *where, const char *expected,
                         const struct dpone_buffer *observed, int hexadecimal) {
    char *text = hexadecimal
                     ? dpone_hex_of(dpone_buffer_view(observed))
                     : strndup(observed->size == 0 ? "" : (const char *)observed->data, observed->size);
    (void)dpone_expect_text(live->run, where, expected, text == NULL ? "(no memory)" : text);
    free(text);
}

/* What last_published() answers must be what the system holds. */
static void expect_last_published(struct dpone_live *live, const json_t *record, int64_t rows) {
    struct dpone_live_instance instance;
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_table target = {.name = dpone_string_of(WRITTEN_TABLE)};
    const char *load_id = text_at(record, NULL, "load_id");
    if (!dpone_live_instance_open(&instance, live)) {
        return;
    }
    int32_t status = dpone_call_last_published(live->connector, instance.instance, &target,
                                               dpone_string_of("certification"), &publication, &error);
    if (dpone_expect_status(live->run, "last_published(target, pipeline)", DPONE_OK, status, &error)) {
        (void)dpone_expect_integer(live->run, "last_published(): rows, counted on the target", rows,
                                   publication.rows);
        expect_bytes(live, "last_published(): idempotency key", load_id, &publication.idempotency_key, 0);
        expect_bytes(live, "last_published(): content digest", text_at(record, NULL, "content_digest"),
                     &publication.content_digest, 1);
        expect_bytes(live, "last_published(): position", text_at(record, "checkpoints", "after"),
                     &publication.position, 1);
    }
    dpone_publication_clear(&publication);
    dpone_live_instance_close(&instance);
}

static void case_sink(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_pipeline pipeline = {.side = DPONE_LIVE_SINK, .table = WRITTEN_TABLE};
    struct dpone_live_outcome outcome = {0};
    const char *expected = dpone_live_path(live, "expected.dump");
    const char *observed = dpone_live_path(live, "observed.dump");
    dpone_case_remedy(run,
                      "Publish what was written, and store key, digest, position and row count with it.");
    if (!dpone_live_drop_target(live, WRITTEN_TABLE) || !dpone_live_dump_rows(live, expected, 0, ROWS) ||
        !dpone_live_fill_reference(live, WRITTEN_TABLE, ROWS)) {
        return;
    }
    if (dpone_live_pipeline_run(&outcome, live, &pipeline) && expect_success(live, &outcome) &&
        dpone_live_observe(live, WRITTEN_TABLE, observed, NULL)) {
        int64_t rows = count_rows(observed);
        expect_identity(live, &outcome);
        expect_connector(live, outcome.record, "sink");
        expect_counts(live, outcome.record, ROWS, rows);
        expect_schema(live, outcome.record, expected);
        (void)dpone_expect_dump(run, "target", expected, observed, DPONE_COMPARE_AS_MULTISET);
        expect_publication(live, outcome.record);
        expect_last_published(live, outcome.record, rows);
    }
    dpone_live_outcome_clear(&outcome);
}

static void run_check(struct dpone_check_run *run) {
    static const struct {
        const char *id;
        int32_t side;
        uint32_t capability;
        void (*function)(struct dpone_check_run *run, void *context);
    } cases[] = {{"source_recounted", DPONE_LIVE_SOURCE, DPONE_CAPABILITY_SOURCE, case_source},
                 {"sink_recounted", DPONE_LIVE_SINK, DPONE_CAPABILITY_SINK, case_sink}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !dpone_check_given_up(run); i++) {
        struct dpone_live live;
        if ((run->subject->package->capabilities & cases[i].capability) &&
            dpone_live_open(&live, run, cases[i].side)) {
            dpone_case_run(run, cases[i].id, cases[i].function, &live);
            dpone_live_close(&live);
        }
    }
}

const struct dpone_check dpone_check_run_artifact_evidence = {
    .id = "run_artifact_evidence",
    .title = "Run record",
    .proves = "run.json of a whole pipeline names its inputs and counts what the systems themselves hold.",
    .remedy = "Compare the field that differs with what the system holds: the connector delivered or kept "
              "something else.",
    .group = DPONE_GROUP_EVIDENCE,
    .capabilities = DPONE_CAPABILITY_SOURCE | DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
