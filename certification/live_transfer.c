/* Reading and loading through the connector, as expectations. */
#include "live.h"

#include "live_rows.h"

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

/* begin() with what the request says; `error` filled. */
static int32_t begin(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                     const struct ArrowSchema *schema, struct dpone_load *out, struct dpone_error *error) {
    struct dpone_string names[4];
    const struct dpone_string *keys[4];
    struct dpone_load_request load = {.struct_size = sizeof(load),
                                      .strategy = request->strategy,
                                      .target = {.name = dpone_string_of(request->target)},
                                      .pipeline = dpone_string_of(PIPELINE),
                                      .idempotency_key = dpone_string_of(request->key),
                                      .schema = schema,
                                      .unique_key = keys,
                                      .window = request->window,
                                      .plan = request->plan};
    for (size_t i = 0; i < 4 && request->unique_key[i] != NULL; i++) {
        names[i] = dpone_string_of(request->unique_key[i]);
        keys[load.unique_key_count++] = &names[i];
    }
    *out = (struct dpone_load){.struct_size = sizeof(*out)};
    return dpone_call_begin(instance->live->connector, instance->instance, &load, out, error);
}

/* The rows of a load, and the same as a stream. */
struct load_rows {
    struct dpone_live_rows rows;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
};

static void close_rows(struct load_rows *rows) {
    if (rows->schema.release != NULL) {
        rows->schema.release(&rows->schema);
    }
    if (rows->stream.release != NULL) {
        rows->stream.release(&rows->stream);
    }
    dpone_live_rows_close(&rows->rows);
}

static int open_rows(struct load_rows *out, struct dpone_live *live, const struct dpone_live_load *request) {
    struct dpone_live_part whole = {.first_row = request->first_row, .rows = request->rows};
    struct dpone_error error = DPONE_ERROR_INIT;
    *out = (struct load_rows){.stream = {0}};
    if (!dpone_live_rows_open(&out->rows, live, request->parts == NULL ? &whole : request->parts,
                              request->parts == NULL ? 1 : request->part_count)) {
        return 0;
    }
    int32_t status = dpone_canonical_stream_rows(&out->stream, &out->rows.rows,
                                                 request->batch_rows > 0 ? request->batch_rows : 100, &error);
    if (status == DPONE_OK && out->stream.get_schema(&out->stream, &out->schema) != 0) {
        status = dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory for a schema");
    }
    if (status != DPONE_OK) {
        close_rows(out);
        dpone_check_environment(live->run, "the rows to load", &error);
    }
    return status == DPONE_OK;
}

int dpone_live_load_write(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                          struct dpone_load *out) {
    struct load_rows rows;
    struct dpone_error error = DPONE_ERROR_INIT;
    *out = (struct dpone_load){.struct_size = sizeof(*out)};
    if (!open_rows(&rows, instance->live, request)) {
        return 0;
    }
    int holds = expect_ok(instance->live, "begin(load)", begin(instance, request, &rows.schema, out, &error),
                          &error) &&
                write_batches(instance, request, &rows.stream, out);
    if (!holds) {
        dpone_call_load_close(out);
    }
    close_rows(&rows);
    return holds;
}

int dpone_live_load_stage(const struct dpone_live_instance *instance, struct dpone_load *load) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_buffer receipt = DPONE_BUFFER_INIT;
    int holds = expect_ok(instance->live, "stage()", dpone_call_load_stage(load, &receipt, &error), &error);
    dpone_buffer_clear(&receipt);
    return holds;
}

/* Rows and digest of a load, as the runtime would count them while it writes. */
static int64_t count_rows(struct dpone_live *live, const struct dpone_live_load *request,
                          struct dpone_digest *digest) {
    struct load_rows rows;
    struct dpone_error error = DPONE_ERROR_INIT;
    int64_t count = 0;
    FILE *nowhere = fopen("/dev/null", "w");
    *digest = (struct dpone_digest){{0}};
    if (nowhere != NULL && open_rows(&rows, live, request)) {
        (void)dpone_canonical_dump_stream(nowhere, &rows.stream, &count, digest, &error);
        close_rows(&rows);
    }
    if (nowhere != NULL) {
        (void)fclose(nowhere);
    }
    return count;
}

struct dpone_publish_request dpone_live_publish_request(struct dpone_live *live,
                                                        const struct dpone_live_load *request,
                                                        struct dpone_digest *digest) {
    return (struct dpone_publish_request){.struct_size = sizeof(struct dpone_publish_request),
                                          .rows = count_rows(live, request, digest),
                                          .content_digest = {digest->bytes, sizeof(digest->bytes)},
                                          .position = {(const uint8_t *)request->key, strlen(request->key)}};
}

int32_t dpone_live_load_try_publish(const struct dpone_live_instance *instance,
                                    const struct dpone_live_load *request, struct dpone_load *load,
                                    struct dpone_error *error) {
    struct dpone_digest digest;
    struct dpone_publish_request publish = dpone_live_publish_request(instance->live, request, &digest);
    return dpone_call_load_publish(load, &publish, error);
}

int dpone_live_load_publish(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                            struct dpone_load *load) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_live_load_try_publish(instance, request, load, &error);
    return expect_ok(instance->live, "publish(request)", status, &error);
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

/* begin, write and stage until a call fails; what it answered. */
static int32_t load_until_staged(const struct dpone_live_instance *instance,
                                 const struct dpone_live_load *request, struct load_rows *rows,
                                 struct dpone_load *load, struct dpone_error *error) {
    int32_t status = begin(instance, request, &rows->schema, load, error);
    struct ArrowArray array = {0};
    while (status == DPONE_OK && rows->stream.get_next(&rows->stream, &array) == 0 && array.release != NULL) {
        status = dpone_call_load_write(load, &array, error);
        array.release(&array);
    }
    return status == DPONE_OK ? dpone_call_load_stage(load, NULL, error) : status;
}

int32_t dpone_live_load_try_stage(const struct dpone_live_instance *instance,
                                  const struct dpone_live_load *request, struct dpone_load *out,
                                  struct dpone_error *error) {
    struct load_rows rows;
    *out = (struct dpone_load){.struct_size = sizeof(*out)};
    if (!open_rows(&rows, instance->live, request)) {
        return dpone_error_set(error, DPONE_INTERNAL, "no rows to load");
    }
    int32_t status = load_until_staged(instance, request, &rows, out, error);
    close_rows(&rows);
    return status;
}

void dpone_live_load_give_up(struct dpone_load *load) {
    if (load->private_data != NULL) {
        (void)dpone_call_load_abort(load, NULL);
        dpone_call_load_close(load);
    }
}

int dpone_live_load_expect_refused(struct dpone_live *live, const struct dpone_live_load *request,
                                   const char *where, int32_t status) {
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int32_t answer = dpone_live_load_try_stage(&instance, request, &load, &error);
    if (answer == DPONE_OK) {
        answer = dpone_live_load_try_publish(&instance, request, &load, &error);
    }
    dpone_live_load_give_up(&load);
    dpone_live_instance_close(&instance);
    return dpone_expect_status(live->run, where, status, answer, &error);
}
