/* schema_inference: the schema a source shows is the one its system has, every time. */
#include "../check.h"

#include "../live.h"
#include "runtime/files.h"

#include <dpone/validate.h>

#include <stdio.h>
#include <string.h>

#define STREAM "events"
#define ROWS 400

/* The schema of the stream; the caller releases it. */
static int get_schema(struct dpone_live *live, const struct dpone_live_instance *instance, const char *where,
                      struct ArrowSchema *out) {
    struct dpone_read_request request = dpone_live_read_request(STREAM, 0);
    struct dpone_error error = DPONE_ERROR_INIT;
    *out = (struct ArrowSchema){0};
    int32_t status = dpone_call_schema(live->connector, instance->instance, &request, out, &error);
    return dpone_expect_status(live->run, where, DPONE_OK, status, &error);
}

/* A stream of no batch, so that a schema can be written as a dump. */
static int32_t write_columns(const char *path, const struct ArrowSchema *schema, struct dpone_error *error) {
    struct dpone_canonical_text text = {0};
    struct dpone_column columns[256];
    size_t count = 0;
    int32_t status = DPONE_OK;
    for (int64_t i = 0; status == DPONE_OK && i < schema->n_children && count < 256; i++) {
        status = dpone_schema_column(schema, i, &columns[count++], error);
    }
    if (status == DPONE_OK) {
        dpone_canonical_add_columns(&text, columns, count);
        status = dpone_file_write(path, text.data, text.size, error);
    }
    dpone_canonical_text_clear(&text);
    return status;
}

static void case_golden(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct ArrowSchema schema;
    struct dpone_error error = DPONE_ERROR_INIT;
    const char *golden = dpone_live_path(live, "golden.dump");
    const char *observed = dpone_live_path(live, "schema.dump");
    dpone_case_remedy(
        run,
        "Infer types over the whole documented sample: a column whose first values are null, digits with "
        "leading zeros, and whole numbers before fractions all need later rows; or read types from the "
        "system.");
    if (dpone_fixture_dump_stream(live->fixture, STREAM, 0, 0, golden, &error) != DPONE_OK) {
        dpone_check_environment(run, "the golden schema", &error);
        return;
    }
    if (!dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (get_schema(live, &instance, "schema(request)", &schema)) {
        if (dpone_expect_status(run, "schema", DPONE_OK, dpone_schema_validate(&schema, &error), &error) &&
            dpone_expect_status(run, "schema", DPONE_OK, write_columns(observed, &schema, &error), &error)) {
            (void)dpone_expect_dump(run, "schema of stream " STREAM, golden, observed,
                                    DPONE_COMPARE_IN_ORDER);
        }
        schema.release(&schema);
    }
    dpone_live_instance_close(&instance);
}

static void expect_same(struct dpone_check_run *run, const char *where, const struct ArrowSchema *first,
                        const struct ArrowSchema *second) {
    (void)dpone_expect(run, dpone_schema_equal(first, second), where, "the same columns in the same order",
                       "a schema that differs from the first answer");
}

static void case_stable(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct ArrowSchema first = {0};
    struct ArrowSchema second = {0};
    struct ArrowSchema third = {0};
    struct dpone_reader reader = {0};
    struct dpone_read_request request = dpone_live_read_request(STREAM, 50);
    dpone_case_remedy(
        run, "Answer the same columns in the same order in schema() and in the stream's get_schema().");
    if (!dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (get_schema(live, &instance, "first schema(request)", &first) &&
        get_schema(live, &instance, "second schema(request)", &second) &&
        dpone_live_read(&instance, &request, &reader)) {
        expect_same(run, "second schema(request)", &first, &second);
        if (dpone_expect_integer(run, "stream.get_schema()", 0,
                                 reader.stream.get_schema(&reader.stream, &third))) {
            expect_same(run, "stream.get_schema()", &first, &third);
        }
    }
    dpone_call_reader_close(&reader);
    struct ArrowSchema *const schemas[] = {&first, &second, &third};
    for (size_t i = 0; i < 3; i++) {
        if (schemas[i]->release != NULL) {
            schemas[i]->release(schemas[i]);
        }
    }
    dpone_live_instance_close(&instance);
}

static void case_reserved(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct ArrowSchema schema;
    dpone_case_remedy(run,
                      "Names that begin with __dpone__ belong to sinks: rename or leave out the column.");
    if (!dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (get_schema(live, &instance, "schema(request)", &schema)) {
        for (int64_t i = 0; i < schema.n_children; i++) {
            const char *name = schema.children[i]->name;
            (void)dpone_expect(run, name != NULL && strncmp(name, "__dpone__", 9) != 0, "schema(request)",
                               "no column named __dpone__*", "%s",
                               name == NULL ? "a column without a name" : name);
        }
        schema.release(&schema);
    }
    dpone_live_instance_close(&instance);
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SOURCE)) {
        return;
    }
    if (dpone_live_publish_stream(&live, STREAM, ROWS)) {
        dpone_case_run(run, "golden", case_golden, &live);
        dpone_case_run(run, "stable", case_stable, &live);
        dpone_case_run(run, "reserved", case_reserved, &live);
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_schema_inference = {
    .id = "schema_inference",
    .title = "Schema",
    .proves = "Columns, names and types are those of the system: over all rows, the same in every call, none "
              "reserved.",
    .remedy = "Derive the schema from the whole documented sample or from the system's own description.",
    .group = DPONE_GROUP_SOURCE,
    .capabilities = DPONE_CAPABILITY_SOURCE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
