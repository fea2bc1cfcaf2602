/* Spike: a sink over Redis. Staging is a stream of its own, publication moves one pointer to it in a MULTI
 * that WATCH guards, a lease is a key that expires. */
#include "spike.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dpone_instance {
    struct spike_instance base;
    redisContext *context; /* NULL until it is needed */
};

struct redis_load {
    struct spike_load base;
    struct dpone_instance *instance;
};

/* Keys: dpone:{target}:current (hash: version, schema), :stages (set), :publication:<pipeline> (hash),
 * :keys:<pipeline> (hash of key to digest), :lease:<stage> and :<stage> (the stream). */
#define KEY_BYTES 384

static int32_t redis_lost(struct dpone_instance *instance, struct dpone_error *error) {
    int32_t status = dpone_error_set(error, DPONE_UNAVAILABLE, "%s: %s", instance->base.address,
                                     instance->context == NULL ? "no connection" : instance->context->errstr);
    if (instance->context != NULL)
        redisFree(instance->context);
    instance->context = NULL;
    return status;
}

static int32_t redis_connect(struct dpone_instance *instance, struct dpone_error *error) {
    const struct timeval limit = {10, 0};
    if (instance->context != NULL)
        return DPONE_OK;
    instance->context = redisConnectUnixWithTimeout(instance->base.address, limit);
    if (instance->context == NULL || instance->context->err != 0)
        return redis_lost(instance, error);
    redisSetTimeout(instance->context, limit);
    return DPONE_OK;
}

/* By the first word of an error reply. */
static int32_t redis_refused(const redisReply *reply, struct dpone_error *error) {
    static const struct {
        const char *word;
        int32_t status;
    } rows[] = {{"NOAUTH", DPONE_UNAUTHENTICATED},      {"WRONGPASS", DPONE_UNAUTHENTICATED},
                {"NOPERM", DPONE_PERMISSION_DENIED},    {"OOM", DPONE_RESOURCE_EXHAUSTED},
                {"LOADING", DPONE_UNAVAILABLE},         {"MASTERDOWN", DPONE_UNAVAILABLE},
                {"EXECABORT", DPONE_RESOURCE_EXHAUSTED}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strncmp(reply->str, rows[i].word, strlen(rows[i].word)) == 0)
            return dpone_error_set(error, rows[i].status, "Redis: %s", reply->str);
    return dpone_error_set(error, DPONE_INTERNAL, "Redis: %s", reply->str);
}

/* Takes a reply over: DPONE_OK and `*out` (may be NULL to drop it), or the failure. */
static int32_t redis_take(struct dpone_instance *instance, redisReply *reply, redisReply **out,
                          struct dpone_error *error) {
    int32_t status = DPONE_OK;
    if (reply == NULL)
        return redis_lost(instance, error);
    if (reply->type == REDIS_REPLY_ERROR)
        status = redis_refused(reply, error);
    if (status == DPONE_OK && out != NULL)
        *out = reply;
    else
        freeReplyObject(reply);
    return status;
}

static int32_t redis_ask(struct dpone_instance *instance, redisReply **out, struct dpone_error *error,
                         const char *format, ...) {
    va_list arguments;
    int32_t status = redis_connect(instance, error);
    if (status != DPONE_OK)
        return status;
    va_start(arguments, format);
    redisReply *reply = redisvCommand(instance->context, format, arguments);
    va_end(arguments);
    return redis_take(instance, reply, out, error);
}

static const char *redis_key(char out[KEY_BYTES], const char *target, const char *kind, const char *name) {
    (void)snprintf(out, KEY_BYTES, "dpone:{%s}:%s%s", target, kind, name);
    return out;
}

static int32_t redis_open(struct dpone_instance **out, const struct dpone_host *host,
                          const struct dpone_option *options, struct dpone_error *error) {
    struct dpone_instance *instance = calloc(1, sizeof(*instance));
    if (instance == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for an instance");
    int32_t status = spike_instance_open(&instance->base, host, options, error);
    if (status != DPONE_OK)
        free(instance);
    else
        *out = instance;
    return status;
}

static int32_t redis_check(struct dpone_instance *instance, struct dpone_error *error) {
    return redis_ask(instance, NULL, error, "PING");
}

static void redis_cancel(struct dpone_instance *instance) {
    (void)instance; /* every command of a spike is short */
}

static void redis_close(struct dpone_instance *instance) {
    if (instance == NULL)
        return;
    if (instance->context != NULL)
        redisFree(instance->context);
    spike_instance_close(&instance->base);
    free(instance);
}

/* The text of the current version's columns; `*out` has no string when there is no target. */
static int32_t redis_current(struct dpone_instance *instance, const char *target, const char *field,
                             redisReply **out, struct dpone_error *error) {
    char key[KEY_BYTES];
    return redis_ask(instance, out, error, "HGET %s %s", redis_key(key, target, "current", ""), field);
}

static int32_t redis_describe(struct dpone_instance *instance, const struct dpone_table *target,
                              struct dpone_description *out, struct dpone_error *error) {
    char name[SPIKE_NAME_BYTES];
    redisReply *reply = NULL;
    (void)snprintf(name, sizeof(name), "%.*s", (int)target->name.size, target->name.data);
    int32_t status = redis_current(instance, name, "schema", &reply, error);
    if (status != DPONE_OK)
        return status;
    if (reply->type != REDIS_REPLY_STRING)
        status = dpone_error_set(error, DPONE_NOT_FOUND, "stream \"%s\" does not exist", name);
    else
        status = spike_parse_schema((struct dpone_string){reply->str, reply->len}, &out->schema, error);
    freeReplyObject(reply);
    return status == DPONE_OK ? spike_describe_schema(&out->schema, &out->version, error) : status;
}

static int32_t redis_touch_lease(struct redis_load *load, struct dpone_error *error) {
    char key[KEY_BYTES];
    return redis_ask(load->instance, NULL, error, "SET %s 1 PX %lld",
                     redis_key(key, load->base.target, "lease:", load->base.stage),
                     (long long)load->base.lease_ms);
}

/* XADD <stage> * column value ...: the words of one entry. NULL is a field that is not there. */
struct redis_entry {
    const char *words[3 + 2 * 32 + 2];
    size_t sizes[3 + 2 * 32 + 2];
    char texts[32][DPONE_VALUE_TEXT_BYTES];
    size_t count;
};

static void redis_add_word(struct redis_entry *entry, const char *word, size_t size) {
    entry->words[entry->count] = word;
    entry->sizes[entry->count++] = size;
}

static void redis_add_value(struct redis_entry *entry, const struct dpone_column_view *column, int64_t row,
                            int64_t index) {
    if (dpone_view_is_null(column, row))
        return;
    redis_add_word(entry, column->column.name, strlen(column->column.name));
    if (column->column.type == DPONE_TYPE_UTF8) {
        struct dpone_string text = dpone_view_utf8(column, row);
        redis_add_word(entry, text.data, text.size);
    } else {
        const void *value = (const int64_t *)column->values + row; /* int64 and float64 are both 8 bytes */
        redis_add_word(entry, entry->texts[index],
                       dpone_value_text_write(entry->texts[index], &column->column, value));
    }
}

static int32_t redis_add_row(struct redis_load *load, const char *stream, int64_t row,
                             struct dpone_error *error) {
    const struct dpone_batch_view *view = load->base.view;
    struct redis_entry entry;
    entry.count = 0;
    redis_add_word(&entry, "XADD", 4);
    redis_add_word(&entry, stream, strlen(stream));
    redis_add_word(&entry, "*", 1);
    redis_add_word(&entry, "", 0); /* an entry needs a field, and a row may be all NULL */
    redis_add_word(&entry, "", 0);
    for (int64_t i = 0; i < view->column_count; i++)
        redis_add_value(&entry, &view->columns[i], row, i);
    int32_t status = redis_connect(load->instance, error);
    if (status != DPONE_OK)
        return status;
    redisReply *reply = redisCommandArgv(load->instance->context, (int)entry.count, entry.words, entry.sizes);
    return redis_take(load->instance, reply, NULL, error);
}

static int32_t redis_write(struct dpone_load *handle, const struct ArrowArray *batch,
                           struct dpone_error *error) {
    struct redis_load *load = handle->private_data;
    char stream[KEY_BYTES];
    redis_key(stream, load->base.target, load->base.stage, "");
    int32_t status = spike_load_expect_open(&load->base, error);
    if (status == DPONE_OK)
        status = dpone_batch_view_set(load->base.view, batch, error);
    for (int64_t row = 0; status == DPONE_OK && row < load->base.view->rows; row++)
        status = redis_add_row(load, stream, row, error);
    return status == DPONE_OK ? redis_touch_lease(load, error) : status;
}

static int32_t redis_stage(struct dpone_load *handle, struct dpone_buffer *receipt,
                           struct dpone_error *error) {
    struct redis_load *load = handle->private_data;
    (void)receipt;
    int32_t status = spike_load_expect_open(&load->base, error);
    load->base.sealed = 1;
    return status;
}

static int32_t redis_fill_entry(const struct ArrowSchema *schema, const redisReply *entry,
                                struct dpone_batch_builder *builder, struct dpone_error *error) {
    const redisReply *fields = entry->element[1];
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        struct dpone_string name = {fields->element[i]->str, fields->element[i]->len};
        int64_t column = name.size == 0 ? -1 : dpone_schema_find(schema, name);
        if (column >= 0)
            dpone_batch_append_text(builder, column, fields->element[i + 1]->str,
                                    fields->element[i + 1]->len);
    }
    return dpone_batch_end_row(builder, error);
}

static int32_t redis_fill(void *context, struct dpone_batch_builder *builder, struct dpone_error *error) {
    struct redis_load *load = context;
    redisReply *reply = NULL;
    char stream[KEY_BYTES];
    int32_t status = redis_ask(load->instance, &reply, error, "XRANGE %s - +",
                               redis_key(stream, load->base.target, load->base.stage, ""));
    for (size_t i = 0; status == DPONE_OK && i < reply->elements; i++)
        status = redis_fill_entry(&load->base.schema, reply->element[i], builder, error);
    freeReplyObject(reply);
    return status;
}

static int32_t redis_open_staged(struct dpone_load *handle, struct ArrowArrayStream *out,
                                 struct dpone_error *error) {
    struct redis_load *load = handle->private_data;
    int32_t status = spike_load_expect_sealed(&load->base, error);
    return status == DPONE_OK ? spike_stream_open(out, &load->base.schema, redis_fill, load, error) : status;
}

static int32_t redis_drop_stage(struct dpone_instance *instance, const char *target, const char *stage,
                                struct dpone_error *error) {
    char keys[3][KEY_BYTES];
    int32_t status = redis_ask(instance, NULL, error, "DEL %s %s", redis_key(keys[0], target, stage, ""),
                               redis_key(keys[1], target, "lease:", stage));
    if (status == DPONE_OK)
        status =
            redis_ask(instance, NULL, error, "SREM %s %s", redis_key(keys[2], target, "stages", ""), stage);
    return status;
}

/* `*seen`: 1 when the key was published with this digest; DPONE_CONFLICT when with another. */
static int32_t redis_look_up(struct redis_load *load, struct dpone_bytes digest, int *seen,
                             struct dpone_error *error) {
    char key[KEY_BYTES];
    redisReply *reply = NULL;
    int32_t status =
        redis_ask(load->instance, &reply, error, "HGET %s %s",
                  redis_key(key, load->base.target, "keys:", load->base.pipeline), load->base.key);
    if (status != DPONE_OK)
        return status;
    *seen = reply->type == REDIS_REPLY_STRING;
    if (*seen && (reply->len != digest.size || memcmp(reply->str, digest.data, digest.size) != 0))
        status =
            dpone_error_set(error, DPONE_CONFLICT, "key %s was published with other content", load->base.key);
    freeReplyObject(reply);
    return status;
}

/* The target's columns are those of the load, or there is no target; its version to be replaced. */
static int32_t redis_check_target(struct redis_load *load, const struct dpone_buffer *schema,
                                  char version[SPIKE_STAGE_BYTES], struct dpone_error *error) {
    redisReply *columns = NULL;
    redisReply *current = NULL;
    int32_t status = redis_current(load->instance, load->base.target, "schema", &columns, error);
    if (status == DPONE_OK && columns->type == REDIS_REPLY_STRING &&
        (columns->len != schema->size || memcmp(columns->str, schema->data, schema->size) != 0))
        status = dpone_error_set(error, DPONE_CONFLICT,
                                 "the columns of stream \"%s\" are not those of the load", load->base.target);
    if (status == DPONE_OK)
        status = redis_current(load->instance, load->base.target, "version", &current, error);
    if (status == DPONE_OK)
        (void)snprintf(version, SPIKE_STAGE_BYTES, "%s",
                       current->type == REDIS_REPLY_STRING ? current->str : "");
    freeReplyObject(columns);
    freeReplyObject(current);
    return status;
}

/* Queues the switch; nothing of it is visible before EXEC. */
static int32_t redis_queue(struct redis_load *load, const struct dpone_publish_request *request,
                           const struct dpone_buffer *schema, const char *old, struct dpone_error *error) {
    struct dpone_instance *in = load->instance;
    const struct spike_load *base = &load->base;
    char key[KEY_BYTES];
    int32_t status = redis_ask(in, NULL, error, "MULTI");
    if (status == DPONE_OK)
        status =
            redis_ask(in, NULL, error, "HSET %s version %s schema %b",
                      redis_key(key, base->target, "current", ""), base->stage, schema->data, schema->size);
    if (status == DPONE_OK)
        status = redis_ask(in, NULL, error, "HSET %s key %s digest %b position %b rows %lld",
                           redis_key(key, base->target, "publication:", base->pipeline), base->key,
                           request->content_digest.data, request->content_digest.size, request->position.data,
                           request->position.size, (long long)request->rows);
    if (status == DPONE_OK)
        status =
            redis_ask(in, NULL, error, "HSET %s %s %b", redis_key(key, base->target, "keys:", base->pipeline),
                      base->key, request->content_digest.data, request->content_digest.size);
    if (status == DPONE_OK)
        status =
            redis_ask(in, NULL, error, "SREM %s %s", redis_key(key, base->target, "stages", ""), base->stage);
    if (status == DPONE_OK)
        status = redis_ask(in, NULL, error, "DEL %s", redis_key(key, base->target, "lease:", base->stage));
    if (status == DPONE_OK && old[0] != '\0')
        status = redis_ask(in, NULL, error, "UNLINK %s", redis_key(key, base->target, old, ""));
    return status;
}

/* The one step: applied, refused because a watched key moved, or no answer. */
static int32_t redis_exec(struct redis_load *load, struct dpone_error *error) {
    redisReply *reply = NULL;
    int32_t status = redis_ask(load->instance, &reply, error, "EXEC");
    if (status == DPONE_UNAVAILABLE)
        return dpone_error_set(error, DPONE_OUTCOME_UNKNOWN,
                               "the connection was lost during EXEC: ask last_published()");
    if (status == DPONE_OK && reply->type == REDIS_REPLY_NIL)
        status = dpone_error_set(error, DPONE_CONFLICT, "another publication came first");
    freeReplyObject(reply);
    return status;
}

static int32_t redis_switch(struct redis_load *load, const struct dpone_publish_request *request,
                            const struct dpone_buffer *schema, struct dpone_error *error) {
    char keys[2][KEY_BYTES];
    char old[SPIKE_STAGE_BYTES] = "";
    int seen = 0;
    int32_t status = redis_ask(load->instance, NULL, error, "WATCH %s %s",
                               redis_key(keys[0], load->base.target, "current", ""),
                               redis_key(keys[1], load->base.target, "keys:", load->base.pipeline));
    if (status == DPONE_OK)
        status = redis_look_up(load, request->content_digest, &seen, error);
    if (status == DPONE_OK && seen)
        return redis_drop_stage(load->instance, load->base.target, load->base.stage, error);
    if (status == DPONE_OK)
        status = redis_check_target(load, schema, old, error);
    if (status == DPONE_OK)
        status = redis_queue(load, request, schema, old, error);
    return status == DPONE_OK ? redis_exec(load, error) : status;
}

static int32_t redis_publish(struct dpone_load *handle, const struct dpone_publish_request *request,
                             struct dpone_error *error) {
    struct redis_load *load = handle->private_data;
    struct dpone_buffer schema = DPONE_BUFFER_INIT;
    int32_t status = spike_load_expect_sealed(&load->base, error);
    if (status == DPONE_OK)
        status = spike_describe_schema(&load->base.schema, &schema, error);
    if (status == DPONE_OK)
        status = redis_switch(load, request, &schema, error);
    if (status != DPONE_OK && load->instance->context != NULL) {
        redis_ask(load->instance, NULL, NULL, "DISCARD"); /* refused when nothing was queued yet */
        redis_ask(load->instance, NULL, NULL, "UNWATCH");
    }
    dpone_buffer_clear(&schema);
    load->base.ended = status == DPONE_OK;
    return status;
}

static int32_t redis_abort(struct dpone_load *handle, struct dpone_error *error) {
    struct redis_load *load = handle->private_data;
    if (load->base.ended)
        return DPONE_OK;
    int32_t status = redis_drop_stage(load->instance, load->base.target, load->base.stage, error);
    load->base.ended = status == DPONE_OK;
    return status;
}

static void redis_close_load(struct dpone_load *handle) {
    struct redis_load *load = handle->private_data;
    spike_load_clear(&load->base);
    free(load);
    handle->close = NULL;
}

static int32_t redis_begin(struct dpone_instance *instance, const struct dpone_load_request *request,
                           struct dpone_load *out, struct dpone_error *error) {
    char key[KEY_BYTES];
    struct redis_load *load = calloc(1, sizeof(*load));
    if (load == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a load");
    load->instance = instance;
    int32_t status = spike_load_init(&load->base, &instance->base, request, error);
    if (status == DPONE_OK && load->base.view->column_count > 32)
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a spike holds at most 32 columns");
    if (status == DPONE_OK)
        status = redis_touch_lease(load, error);
    if (status == DPONE_OK)
        status = redis_ask(instance, NULL, error, "SADD %s %s",
                           redis_key(key, load->base.target, "stages", ""), load->base.stage);
    if (status != DPONE_OK) {
        spike_load_clear(&load->base);
        free(load);
        return status;
    }
    const struct dpone_load filled = {.struct_size = sizeof(filled),
                                      .private_data = load,
                                      .write = redis_write,
                                      .stage = redis_stage,
                                      .open_staged = redis_open_staged,
                                      .publish = redis_publish,
                                      .abort = redis_abort,
                                      .close = redis_close_load};
    dpone_struct_fill(out, &filled);
    return DPONE_OK;
}

static int32_t redis_last_published(struct dpone_instance *instance, const struct dpone_table *target,
                                    struct dpone_string pipeline, struct dpone_publication *out,
                                    struct dpone_error *error) {
    char key[KEY_BYTES];
    struct dpone_bytes parts[3];
    redisReply *reply = NULL;
    (void)snprintf(key, sizeof(key), "dpone:{%.*s}:publication:%.*s", (int)target->name.size,
                   target->name.data, (int)pipeline.size, pipeline.data);
    int32_t status = redis_ask(instance, &reply, error, "HMGET %s key digest position rows", key);
    if (status != DPONE_OK)
        return status;
    if (reply->element[0]->type != REDIS_REPLY_STRING) {
        freeReplyObject(reply);
        return dpone_error_set(error, DPONE_NOT_FOUND,
                               "nothing was published into this stream by this pipeline");
    }
    for (size_t i = 0; i < 3; i++)
        parts[i] = (struct dpone_bytes){(const uint8_t *)reply->element[i]->str, reply->element[i]->len};
    status = spike_publication(out, parts[0], parts[1], parts[2], strtoll(reply->element[3]->str, NULL, 10),
                               error);
    freeReplyObject(reply);
    return status;
}

static int32_t redis_recover(struct dpone_instance *instance, const struct dpone_table *target,
                             int64_t *removed, struct dpone_error *error) {
    char name[SPIKE_NAME_BYTES];
    char key[KEY_BYTES];
    redisReply *stages = NULL;
    (void)snprintf(name, sizeof(name), "%.*s", (int)target->name.size, target->name.data);
    int32_t status = redis_ask(instance, &stages, error, "SMEMBERS %s", redis_key(key, name, "stages", ""));
    for (size_t i = 0; status == DPONE_OK && i < stages->elements; i++) {
        redisReply *lease = NULL;
        const char *stage = stages->element[i]->str;
        status = redis_ask(instance, &lease, error, "EXISTS %s", redis_key(key, name, "lease:", stage));
        if (status == DPONE_OK && lease->integer == 0) {
            status = redis_drop_stage(instance, name, stage, error);
            if (status == DPONE_OK && removed != NULL)
                ++*removed;
        }
        freeReplyObject(lease);
    }
    freeReplyObject(stages);
    return status;
}

static const struct dpone_sink_functions sink = {.struct_size = sizeof(sink),
                                                 .staging_first = 1,
                                                 .strategies = 1u << DPONE_FULL_REFRESH,
                                                 .describe = redis_describe,
                                                 .plan = spike_plan,
                                                 .begin = redis_begin,
                                                 .last_published = redis_last_published,
                                                 .recover = redis_recover};

static const struct dpone_connector self = {.struct_size = sizeof(self),
                                            .abi_version = DPONE_ABI_VERSION,
                                            .name = {"spike_redis", 11},
                                            .version = {"1.0.0", 5},
                                            .connector_type = {"event", 5},
                                            .open = redis_open,
                                            .check_connection = redis_check,
                                            .cancel = redis_cancel,
                                            .close = redis_close,
                                            .sink = &sink};

int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *error) {
    return dpone_connector_fill(abi_version, out, &self, error);
}
