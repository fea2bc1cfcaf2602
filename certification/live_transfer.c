/* Reading and loading through the connector, as expectations. */
#include "live.h"

#include "recorder.h"

#include <stdio.h>
#include <string.h>

#define PIPELINE "certification"

static int expect_ok(struct dpone_live *live, const char *where, int32_t status,
                     const struct dpone_error *error) {
    return dpone_expect_status(live->run, where, DPONE_OK, status, error);
}

/* ---- Reading ---- */

struct dpone_read_request dpone_live_read_request(const char *stream, int64_t batch_rows) {
    struct dpone_read_request request = {.struct_size = sizeof(request),
                                         .mode = DPONE_READ_FULL,
                                         .stream = {.name = dpone_string_of(stream)},
                                         .batch_rows = batch_rows};
    return request;
}

int dpone_live_read(const struct dpone_live_instance *instance, const struct dpone_read_request *request,
                    struct dpone_reader *out) {
    struct dpone_error error = DPONE_ERROR_INIT;
    *out = (struct dpone_reader){.struct_size = sizeof(*out)};
    int32_t status = dpone_call_read(instance->live->connector, instance->instance, request, out, &error);
    return expect_ok(instance->live, "read(request)", status, &error);
}

int dpone_live_dump_reader(struct dpone_live *live, struct dpone_reader *reader, const char *where,
                           const char *path, int64_t *rows) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_error reason = DPONE_ERROR_INIT;
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        (void)dpone_error_set(&error, DPONE_IO, "cannot write %s", path);
        dpone_check_environment(live->run, "a dump", &error);
        return 0;
    }
    int32_t status = dpone_canonical_dump_stream(file, &reader->stream, rows, NULL, &error);
    if (fclose(file) != 0 && status == DPONE_OK) {
        status = dpone_error_set(&error, DPONE_IO, "cannot write %s", path);
    }
    if (status != DPONE_OK && reader->last_error != NULL && reader->last_error(reader, &reason) != DPONE_OK) {
        return expect_ok(live, where, reason.status, &reason);
    }
    return expect_ok(live, where, status, &error);
}

/* ---- Loading ---- */

static int write_batches(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                         struct ArrowArrayStream *stream, struct dpone_load *load) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int holds = request->after_batch == NULL || request->after_batch(request->context, -1);
    for (int64_t batch = 0; holds; batch++) {
        struct ArrowArray array = {0};
        if (stream->get_next(stream, &array) != 0 || array.release == NULL) {
            break;
        }
        char where[64];
        (void)snprintf(where, sizeof(where), "write(batch %lld)", (long long)batch);
        holds = expect_ok(instance->live, where, dpone_call_load_write(load, &array, &error), &error);
        array.release(&array);
        if (holds && request->after_batch != NULL) {
            holds = request->after_batch(request->context, batch);
        }
    }
    return holds;
}

static int begin(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                 const struct ArrowSchema *schema, struct dpone_load *out) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_load_request load = {.struct_size = sizeof(load),
                                      .strategy = request->strategy,
                                      .target = {.name = dpone_string_of(request->target)},
                                      .pipeline = dpone_string_of(PIPELINE),
                                      .idempotency_key = dpone_string_of(request->key),
                                      .schema = schema};
    *out = (struct dpone_load){.struct_size = sizeof(*out)};
    return expect_ok(instance->live, "begin(load)",
                     dpone_call_begin(instance->live->connector, instance->instance, &load, out, &error),
                     &error);
}

/* The rows of a load as a stream; `dataset` must outlive it. */
static int open_rows(struct dpone_live *live, const struct dpone_live_load *request,
                     struct dpone_dataset **dataset, struct dpone_fixture_rows *rows,
                     struct ArrowArrayStream *out) {
    struct dpone_dataset_spec spec = dpone_live_spec(live, request->first_row);
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_dataset_new(dataset, &spec, &error);
    if (status == DPONE_OK) {
        *rows = dpone_dataset_rows(*dataset, request->rows);
        status = dpone_canonical_stream_rows(out, rows, request->batch_rows > 0 ? request->batch_rows : 100,
                                             &error);
    }
    if (status != DPONE_OK) {
        dpone_check_environment(live->run, "the rows to load", &error);
    }
    return status == DPONE_OK;
}

int dpone_live_load_write(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                          struct dpone_load *out) {
    struct dpone_dataset *dataset = NULL;
    struct dpone_fixture_rows rows;
    struct ArrowArrayStream stream = {0};
    struct ArrowSchema schema = {0};
    *out = (struct dpone_load){.struct_size = sizeof(*out)};
    int holds = open_rows(instance->live, request, &dataset, &rows, &stream) &&
                stream.get_schema(&stream, &schema) == 0 && begin(instance, request, &schema, out) &&
                write_batches(instance, request, &stream, out);
    if (!holds) {
        dpone_call_load_close(out);
    }
    if (schema.release != NULL) {
        schema.release(&schema);
    }
    if (stream.release != NULL) {
        stream.release(&stream);
    }
    dpone_dataset_free(dataset);
    return holds;
}

int dpone_live_load_stage(const struct dpone_live_instance *instance, struct dpone_load *load) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_buffer receipt = DPONE_BUFFER_INIT;
    int holds = expect_ok(instance->live, "stage()", dpone_call_load_stage(load, &receipt, &error), &error);
    dpone_buffer_clear(&receipt);
    return holds;
}

/* The digest of the rows of a load, as the runtime would compute it from what it wrote. */
static struct dpone_digest digest_of(struct dpone_live *live, const struct dpone_live_load *request) {
    struct dpone_digest digest = {{0}};
    struct dpone_dataset *dataset = NULL;
    struct dpone_fixture_rows rows;
    struct ArrowArrayStream stream = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    FILE *nowhere = fopen("/dev/null", "w");
    if (nowhere != NULL && open_rows(live, request, &dataset, &rows, &stream)) {
        (void)dpone_canonical_dump_stream(nowhere, &stream, NULL, &digest, &error);
        stream.release(&stream);
    }
    dpone_dataset_free(dataset);
    if (nowhere != NULL) {
        (void)fclose(nowhere);
    }
    return digest;
}

int dpone_live_load_publish(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                            struct dpone_load *load) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_digest digest = digest_of(instance->live, request);
    struct dpone_publish_request publish = {
        .struct_size = sizeof(publish),
        .rows = request->rows,
        .content_digest = {digest.bytes, sizeof(digest.bytes)},
        .position = {(const uint8_t *)request->key, strlen(request->key)}};
    return expect_ok(instance->live, "publish(request)", dpone_call_load_publish(load, &publish, &error),
                     &error);
}

int dpone_live_load_run(struct dpone_live *live, const struct dpone_live_load *request) {
    struct dpone_live_instance instance;
    struct dpone_load load;
    if (!dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int holds = dpone_live_load_write(&instance, request, &load);
    if (holds) {
        holds = dpone_live_load_stage(&instance, &load) && dpone_live_load_publish(&instance, request, &load);
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
    return holds;
}
