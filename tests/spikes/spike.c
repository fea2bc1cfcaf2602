/* The parts of a spike sink that do not depend on its system. */
#include "spike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dpone_option_rule rules[] = {
    {"address", DPONE_FIELD_STRING, 1, offsetof(struct spike_instance, address), 1, 4096, NULL, NULL},
    {NULL, 0, 0, 0, 0, 0, NULL, NULL}};

int32_t spike_instance_open(struct spike_instance *instance, const struct dpone_host *host,
                            const struct dpone_option *options, struct dpone_error *error) {
    instance->host = host;
    return dpone_options_bind(instance, rules, options, error);
}

void spike_instance_close(struct spike_instance *instance) {
    dpone_options_clear(instance, rules);
}

static int spike_copy_name(char out[SPIKE_NAME_BYTES], struct dpone_string name) {
    if (name.size >= SPIKE_NAME_BYTES || memchr(name.data, 0, name.size) != NULL)
        return 0;
    memcpy(out, name.data, name.size);
    out[name.size] = '\0';
    return 1;
}

/* A fixed-length name of its own for every load, also for two of the same key at once. */
static void spike_name_stage(struct spike_load *load, const struct spike_instance *instance) {
    struct dpone_digest digest = {{0}};
    uint8_t random[16];
    instance->host->random(instance->host->context, random, sizeof(random));
    dpone_digest_add_row(&digest, load->target, strlen(load->target));
    dpone_digest_add_row(&digest, load->key, strlen(load->key));
    dpone_digest_add_row(&digest, random, sizeof(random));
    size_t size = (size_t)snprintf(load->stage, sizeof(load->stage), "stage_");
    for (size_t i = 0; i < sizeof(digest.bytes); i++)
        size += (size_t)snprintf(load->stage + size, sizeof(load->stage) - size, "%02x", digest.bytes[i]);
}

static int32_t spike_check_types(const struct ArrowSchema *schema, struct dpone_error *error) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct dpone_column column;
        int32_t status = dpone_schema_column(schema, i, &column, error);
        if (status != DPONE_OK)
            return status;
        if (column.type != DPONE_TYPE_INT64 && column.type != DPONE_TYPE_FLOAT64 &&
            column.type != DPONE_TYPE_UTF8)
            return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                                   "column \"%s\": a spike holds int64, float64 and utf8 only", column.name);
    }
    return DPONE_OK;
}

int32_t spike_load_init(struct spike_load *load, const struct spike_instance *instance,
                        const struct dpone_load_request *request, struct dpone_error *error) {
    memset(load, 0, sizeof(*load));
    if (!spike_copy_name(load->target, request->target.name) ||
        !spike_copy_name(load->pipeline, request->pipeline))
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "the target or the pipeline: a name has at most %d bytes",
                               SPIKE_NAME_BYTES - 1);
    memcpy(load->key, request->idempotency_key.data, request->idempotency_key.size);
    load->lease_ms = request->lease_ms > 0 ? request->lease_ms : 60000;
    spike_name_stage(load, instance);
    int32_t status = spike_check_types(request->schema, error);
    if (status == DPONE_OK)
        status = dpone_schema_copy(&load->schema, request->schema, error);
    if (status == DPONE_OK)
        status = dpone_batch_view_new(&load->view, &load->schema, error);
    if (status != DPONE_OK)
        spike_load_clear(load);
    return status;
}

void spike_load_clear(struct spike_load *load) {
    dpone_batch_view_free(load->view);
    if (load->schema.release != NULL)
        load->schema.release(&load->schema);
    load->view = NULL;
}

int32_t spike_load_expect_open(const struct spike_load *load, struct dpone_error *error) {
    if (load->sealed || load->ended)
        return dpone_error_set(error, DPONE_INVALID_STATE, "this load is sealed: begin another one");
    return DPONE_OK;
}

int32_t spike_load_expect_sealed(const struct spike_load *load, struct dpone_error *error) {
    if (!load->sealed || load->ended)
        return dpone_error_set(error, DPONE_INVALID_STATE,
                               "this load is not staged, or has ended: call stage() first");
    return DPONE_OK;
}

int32_t spike_describe_schema(const struct ArrowSchema *schema, struct dpone_buffer *out,
                              struct dpone_error *error) {
    char text[4096];
    size_t size = 0;
    for (int64_t i = 0; i < schema->n_children && size < sizeof(text); i++) {
        struct dpone_column column;
        int32_t status = dpone_schema_column(schema, i, &column, error);
        if (status != DPONE_OK)
            return status;
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s %s%s,", column.name,
                                 dpone_type_name(column.type), column.nullable ? "?" : "");
    }
    if (size >= sizeof(text))
        return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "a spike's schema has at most 4 KiB");
    if (dpone_buffer_copy(out, text, size) != DPONE_OK)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a schema");
    return DPONE_OK;
}

/* Cuts "name type?," off the text; the name is terminated in place. */
static int spike_parse_column(char **text, struct dpone_column *column) {
    char *comma = strchr(*text, ',');
    if (comma == NULL)
        return 0;
    *comma = '\0';
    char *space = strrchr(*text, ' ');
    if (space == NULL)
        return 0;
    *space = '\0';
    memset(column, 0, sizeof(*column));
    column->name = *text;
    size_t size = strlen(space + 1);
    column->nullable = size > 0 && space[size] == '?';
    struct dpone_string type = {space + 1, size - (size_t)column->nullable};
    *text = comma + 1;
    return dpone_type_parse(type, &column->type, &column->precision, &column->scale, NULL) == DPONE_OK;
}

int32_t spike_parse_schema(struct dpone_string text, struct ArrowSchema *out, struct dpone_error *error) {
    struct dpone_column columns[32];
    char copy[4096];
    size_t count = 0;
    if (text.size >= sizeof(copy))
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "a spike's schema has at most 4 KiB");
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    char *at = copy;
    while (*at != '\0' && count < 32 && spike_parse_column(&at, &columns[count]))
        count++;
    if (*at != '\0')
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "a stored schema cannot be read");
    return dpone_schema_make(out, columns, count, error);
}

int32_t spike_plan(struct dpone_instance *instance, const struct dpone_schema_change *change,
                   struct dpone_buffer *out, struct dpone_error *error) {
    (void)instance;
    (void)out;
    if (change->current == NULL || dpone_schema_equal(change->current, change->wanted))
        return DPONE_OK;
    return dpone_error_set(error, DPONE_CONFLICT,
                           "the columns of the target differ, and a spike changes none");
}

/* A stream that has one batch. */
struct spike_stream {
    struct dpone_batch_builder *builder;
    spike_fill fill;
    void *context;
};

static int32_t spike_stream_next(void *context, struct ArrowArray *out, struct dpone_error *error) {
    struct spike_stream *stream = context;
    if (stream->fill == NULL)
        return DPONE_OK;
    int32_t status = stream->fill(stream->context, stream->builder, error);
    stream->fill = NULL;
    if (status != DPONE_OK || dpone_batch_builder_rows(stream->builder) == 0)
        return status;
    return dpone_batch_builder_finish(stream->builder, out, error);
}

static void spike_stream_close(void *context) {
    struct spike_stream *stream = context;
    dpone_batch_builder_free(stream->builder);
    free(stream);
}

int32_t spike_stream_open(struct ArrowArrayStream *out, const struct ArrowSchema *schema, spike_fill fill,
                          void *context, struct dpone_error *error) {
    static const struct dpone_stream_functions functions = {.next = spike_stream_next,
                                                            .close = spike_stream_close};
    struct spike_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a stream");
    stream->fill = fill;
    stream->context = context;
    int32_t status = dpone_batch_builder_new(&stream->builder, schema, error);
    if (status == DPONE_OK)
        status = dpone_stream_open(out, schema, &functions, stream, error);
    if (status != DPONE_OK)
        spike_stream_close(stream);
    return status;
}

int32_t spike_publication(struct dpone_publication *out, struct dpone_bytes key, struct dpone_bytes digest,
                          struct dpone_bytes position, int64_t rows, struct dpone_error *error) {
    struct dpone_publication filled = DPONE_PUBLICATION_INIT;
    filled.rows = rows;
    if (dpone_buffer_copy(&filled.idempotency_key, key.data, key.size) != DPONE_OK ||
        dpone_buffer_copy(&filled.content_digest, digest.data, digest.size) != DPONE_OK ||
        dpone_buffer_copy(&filled.position, position.data, position.size) != DPONE_OK) {
        dpone_publication_clear(&filled);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a publication");
    }
    dpone_struct_fill(out, &filled);
    return DPONE_OK;
}

void spike_text_add(struct spike_text *text, const char *data, size_t size) {
    if (text->size + size + 1 > text->capacity) {
        text->capacity = 2 * (text->size + size + 1);
        char *grown = realloc(text->data, text->capacity);
        if (grown == NULL)
            abort();
        text->data = grown;
    }
    memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void spike_text_add_bytea(struct spike_text *text, struct dpone_bytes bytes) {
    spike_text_add(text, "\\x", 2);
    for (size_t i = 0; i < bytes.size; i++) {
        char pair[3];
        (void)snprintf(pair, sizeof(pair), "%02x", bytes.data[i]);
        spike_text_add(text, pair, 2);
    }
}
