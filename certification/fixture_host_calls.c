/* The calls that dpone-fixture serves: JSON in, the module's functions in typed form, JSON and dumps out. */
#include "fixture_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

struct call {
    struct dpone_host *host;
    json_t *request;
    json_t *reply;
};

static const char *text_of(const struct call *call, const char *member) {
    const char *text = json_string_value(json_object_get(call->request, member));
    return text != NULL ? text : "";
}

static int64_t number_of(const struct call *call, const char *member) {
    return json_integer_value(json_object_get(call->request, member));
}

static int32_t no_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "dpone-fixture: no memory");
}

/* ---- Start and facts ---- */

static json_t *fault_json(const struct dpone_fixture_fault *fault) {
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:I}", "id", fault->id, "description",
                     fault->description, "class", fault->fault_class, "operations", fault->operations,
                     "expected_status", fault->expected_status, "other_status", fault->other_status,
                     "retryable", fault->retryable, "effect", fault->effect, "retry_after_ms",
                     (json_int_t)fault->retry_after_ms);
}

static void describe(const struct call *call) {
    const struct dpone_fixture_module *module = call->host->module;
    const struct dpone_fixture_fault *fault = NULL;
    const struct dpone_fixture_mapping *row = NULL;
    json_t *faults = json_array();
    json_t *rows = json_array();
    for (size_t i = 0; (fault = module->fault(i)) != NULL; i++) {
        json_array_append_new(faults, fault_json(fault));
    }
    for (size_t i = 0; (row = module->mapping(call->host->instance, i)) != NULL; i++) {
        json_array_append_new(
            rows, json_pack("[i, i, i, i]", row->type, row->feature, row->source_type, row->sink_exact));
    }
    json_t *facts =
        json_pack("{s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "name", module->name, "title", module->title,
                  "system", module->system, "has_source", module->publish_stream != NULL, "has_sink",
                  module->prepare_target != NULL, "faults", faults, "mappings", rows);
    json_object_update(call->reply, facts);
    json_decref(facts);
}

static int32_t call_start(const struct call *call, struct dpone_error *error) {
    const char *options = text_of(call, "options");
    struct dpone_fixture_start start = {(uint32_t)sizeof(start), text_of(call, "directory"),
                                        dpone_string_of(options), strtoull(text_of(call, "seed"), NULL, 10)};
    if (call->host->instance != NULL) {
        return dpone_error_set(error, DPONE_INVALID_STATE, "dpone-fixture: started already");
    }
    int32_t status = call->host->module->start(&call->host->instance, &start, error);
    if (status != DPONE_OK) {
        call->host->instance = NULL;
        return status;
    }
    describe(call);
    return DPONE_OK;
}

static int32_t put_variable(void *context, const char *name, const char *value) {
    return json_object_set_new(context, name, json_string(value)) == 0 ? DPONE_OK : DPONE_OUT_OF_MEMORY;
}

static int32_t call_variables(const struct call *call, struct dpone_error *error) {
    json_t *variables = json_object();
    struct dpone_fixture_output out = {
        .struct_size = sizeof(out), .context = variables, .variable = put_variable};
    json_object_set_new(call->reply, "variables", variables);
    return call->host->module->variables(call->host->instance, &out, error);
}

/* ---- Streams ---- */

/* The type that a source shows for ordinary values of `type`; -1 when the system cannot serve them. */
static int32_t shown_type(const struct dpone_host *host, int32_t type) {
    const struct dpone_fixture_mapping *mapping = NULL;
    for (size_t i = 0; (mapping = host->module->mapping(host->instance, i)) != NULL; i++) {
        if (mapping->type == type && mapping->feature == DPONE_FIXTURE_ORDINARY) {
            return mapping->source_type;
        }
    }
    return -1;
}

/* Bits of the features that the system cannot serve. */
static uint32_t unserved_features(const struct dpone_host *host) {
    const struct dpone_fixture_mapping *mapping = NULL;
    uint32_t bits = 0;
    for (size_t i = 0; (mapping = host->module->mapping(host->instance, i)) != NULL; i++) {
        if (mapping->feature != DPONE_FIXTURE_ORDINARY && mapping->source_type < 0) {
            bits |= 1u << mapping->feature;
        }
    }
    return bits;
}

/* Keeps a data set under a name; the host owns it from here on. */
static int32_t keep_stream(struct dpone_host *host, const char *name, struct dpone_dataset *dataset,
                           struct dpone_error *error) {
    struct dpone_host_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL || (stream->name = strdup(name)) == NULL) {
        free(stream);
        dpone_dataset_free(dataset);
        return no_memory(error);
    }
    stream->dataset = dataset;
    stream->next = host->streams;
    host->streams = stream;
    return DPONE_OK;
}

static int32_t call_publish_stream(const struct call *call, struct dpone_error *error) {
    struct dpone_dataset *dataset = NULL;
    json_t *spec = json_object_get(call->request, "spec");
    json_int_t without = json_integer_value(json_object_get(spec, "without"));
    json_object_set_new(spec, "without", json_integer(without | (json_int_t)unserved_features(call->host)));
    int32_t status = dpone_dataset_from_json(&dataset, spec, error);
    if (status == DPONE_OK) {
        status = keep_stream(call->host, text_of(call, "name"), dataset, error);
    }
    if (status != DPONE_OK) {
        return status;
    }
    struct dpone_fixture_rows rows = dpone_dataset_rows(dataset, number_of(call, "rows"));
    return call->host->module->publish_stream(call->host->instance, text_of(call, "name"), &rows, error);
}

/* Rows as a correct source shows them: golden types, from row `first` on. */
struct golden {
    const struct dpone_dataset *dataset;
    const struct dpone_column *stored;
    struct dpone_column *shown;
    int64_t first;
};

/* A value as utf8: its canonical text, put into `scratch`. */
static void show_as_text(const struct dpone_column *column, char *scratch,
                         struct dpone_fixture_value *value) {
    struct dpone_canonical_text text = {0};
    dpone_canonical_add_value(&text, column, value);
    size_t size = text.size < DPONE_FIXTURE_SCRATCH_BYTES ? text.size : DPONE_FIXTURE_SCRATCH_BYTES;
    if (size > 0) {
        memcpy(scratch, text.data, size);
    }
    value->as.bytes.data = (const uint8_t *)scratch;
    value->as.bytes.size = size;
    dpone_canonical_text_clear(&text);
}

static void golden_value(const void *context, int64_t row, size_t column,
                         char scratch[DPONE_FIXTURE_SCRATCH_BYTES], struct dpone_fixture_value *out) {
    const struct golden *golden = context;
    dpone_dataset_value(golden->dataset, golden->first + row, column, scratch, out);
    if (!out->is_null && golden->shown[column].type == DPONE_TYPE_UTF8 &&
        golden->stored[column].type != DPONE_TYPE_UTF8) {
        show_as_text(&golden->stored[column], scratch, out);
    }
}

static int32_t golden_columns(const struct dpone_host *host, struct golden *golden, size_t count,
                              struct dpone_error *error) {
    golden->shown = calloc(count + 1, sizeof(*golden->shown));
    if (golden->shown == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        int32_t type = shown_type(host, golden->stored[i].type);
        if (type < 0) {
            return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                                   "fixture %s cannot serve column \"%s\" of type %s", host->module->name,
                                   golden->stored[i].name, dpone_type_name(golden->stored[i].type));
        }
        golden->shown[i] = golden->stored[i];
        if (type != golden->stored[i].type) {
            golden->shown[i].type = type;
            golden->shown[i].precision = golden->shown[i].scale = 0;
        }
    }
    return DPONE_OK;
}

static int32_t close_dump(FILE *file, const char *path, int32_t status, struct dpone_error *error) {
    if (fclose(file) != 0 && status == DPONE_OK) {
        status = dpone_error_set(error, DPONE_IO, "%s: %s", path, strerror(errno));
    }
    if (status != DPONE_OK) {
        (void)remove(path);
    }
    return status;
}

static int32_t call_dump_stream(const struct call *call, struct dpone_error *error) {
    const struct dpone_host_stream *stream = call->host->streams;
    size_t count = 0;
    while (stream != NULL && strcmp(stream->name, text_of(call, "name")) != 0) {
        stream = stream->next;
    }
    if (stream == NULL) {
        return dpone_error_set(error, DPONE_NOT_FOUND, "no stream \"%s\" was published",
                               text_of(call, "name"));
    }
    struct golden golden = {stream->dataset, dpone_dataset_columns(stream->dataset, &count), NULL,
                            number_of(call, "first_row")};
    int32_t status = golden_columns(call->host, &golden, count, error);
    if (status == DPONE_OK) {
        const char *path = text_of(call, "path");
        struct dpone_fixture_rows rows = {golden.shown, count,       NULL, number_of(call, "rows"),
                                          &golden,      golden_value};
        FILE *file = fopen(path, "wbe");
        status = file == NULL ? dpone_error_set(error, DPONE_IO, "%s: %s", path, strerror(errno))
                              : close_dump(file, path, dpone_canonical_dump_rows(file, &rows, error), error);
    }
    free(golden.shown);
    return status;
}

/* ---- Targets ---- */

typedef int32_t (*rows_function)(void *instance, const char *name, const struct dpone_fixture_rows *rows,
                                 struct dpone_error *error);

static int32_t with_rows(const struct call *call, rows_function function, struct dpone_error *error) {
    struct dpone_dataset *dataset = NULL;
    int32_t status = dpone_dataset_from_json(&dataset, json_object_get(call->request, "spec"), error);
    if (status == DPONE_OK) {
        struct dpone_fixture_rows rows = dpone_dataset_rows(dataset, number_of(call, "rows"));
        status = function(call->host->instance, text_of(call, "name"), &rows, error);
    }
    dpone_dataset_free(dataset);
    return status;
}

static int32_t call_prepare_target(const struct call *call, struct dpone_error *error) {
    return with_rows(call, call->host->module->prepare_target, error);
}

static int32_t call_insert_rows(const struct call *call, struct dpone_error *error) {
    return with_rows(call, call->host->module->insert_rows, error);
}

static int32_t call_drop_target(const struct call *call, struct dpone_error *error) {
    return call->host->module->drop_target(call->host->instance, text_of(call, "name"), error);
}

/* A column and a value out of {"column": {...}, "value": ...}; the value lives as long as the JSON and
 * `storage`. */
static int32_t read_cell(const json_t *json, struct dpone_column *column, struct dpone_fixture_value *value,
                         struct dpone_canonical_text *storage, struct dpone_error *error) {
    json_t *text = NULL;
    if (json_unpack((json_t *)json, "{s:{s:s, s:i, s:b, s:i, s:i}, s:o}", "column", "name", &column->name,
                    "type", &column->type, "nullable", &column->nullable, "precision", &column->precision,
                    "scale", &column->scale, "value", &text) != 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "dpone-fixture: a cell needs a column and a value");
    }
    memset(value, 0, sizeof(*value));
    value->is_null = json_is_null(text);
    struct dpone_string view = {json_string_value(text), json_string_length(text)};
    return value->is_null ? DPONE_OK : dpone_canonical_read_value(value, column, view, storage, error);
}

static int32_t call_delete_rows(const struct call *call, struct dpone_error *error) {
    struct dpone_canonical_text storage = {0};
    struct dpone_column column = {0};
    struct dpone_fixture_value key;
    int32_t status = read_cell(json_object_get(call->request, "key"), &column, &key, &storage, error);
    if (status == DPONE_OK) {
        status = call->host->module->delete_rows(call->host->instance, text_of(call, "name"), column.name,
                                                 &key, error);
    }
    dpone_canonical_text_clear(&storage);
    return status;
}

static int32_t call_edit_rows(const struct call *call, struct dpone_error *error) {
    struct dpone_canonical_text storage[2] = {{0}, {0}};
    struct dpone_column columns[2] = {{0}, {0}};
    struct dpone_fixture_value values[2];
    int32_t status =
        read_cell(json_object_get(call->request, "key"), &columns[0], &values[0], &storage[0], error);
    if (status == DPONE_OK) {
        status =
            read_cell(json_object_get(call->request, "cell"), &columns[1], &values[1], &storage[1], error);
    }
    if (status == DPONE_OK) {
        status = call->host->module->edit_rows(call->host->instance, text_of(call, "name"), columns[0].name,
                                               &values[0], columns[1].name, &values[1], error);
    }
    dpone_canonical_text_clear(&storage[0]);
    dpone_canonical_text_clear(&storage[1]);
    return status;
}

/* ---- Observing ---- */

struct observation {
    FILE *file;
    struct dpone_canonical_text line;
    const struct dpone_column *columns;
    size_t count;
};

static int32_t write_line(struct observation *observation) {
    size_t size = observation->line.size;
    observation->line.size = 0;
    return !observation->line.failed && fwrite(observation->line.data, 1, size, observation->file) == size
               ? DPONE_OK
               : DPONE_IO;
}

static int32_t put_columns(void *context, const struct dpone_column *columns, size_t count) {
    struct observation *observation = context;
    observation->columns = columns;
    observation->count = count;
    dpone_canonical_add_columns(&observation->line, columns, count);
    return write_line(observation);
}

static int32_t put_row(void *context, const struct dpone_fixture_value *values) {
    struct observation *observation = context;
    dpone_canonical_add_row(&observation->line, observation->columns, observation->count, values);
    return write_line(observation);
}

static int32_t call_observe_target(const struct call *call, struct dpone_error *error) {
    const char *path = text_of(call, "path");
    struct observation observation = {.file = fopen(path, "wbe")};
    struct dpone_fixture_output out = {
        .struct_size = sizeof(out), .context = &observation, .columns = put_columns, .row = put_row};
    if (observation.file == NULL) {
        return dpone_error_set(error, DPONE_IO, "%s: %s", path, strerror(errno));
    }
    int32_t status =
        call->host->module->observe_target(call->host->instance, text_of(call, "name"), &out, error);
    if (status == DPONE_IO && error->status == DPONE_OK) {
        dpone_error_set(error, DPONE_IO, "%s: cannot be written", path);
    }
    dpone_canonical_text_clear(&observation.line);
    return close_dump(observation.file, path, status, error);
}

static int32_t put_staging(void *context, const struct dpone_fixture_staging *staging) {
    return json_array_append_new(context,
                                 json_pack("{s:s, s:s, s:s, s:I, s:b}", "id", staging->id, "target",
                                           staging->target, "state", staging->state, "rows",
                                           (json_int_t)staging->rows, "expired", staging->expired)) == 0
               ? DPONE_OK
               : DPONE_OUT_OF_MEMORY;
}

static int32_t call_observe_staging(const struct call *call, struct dpone_error *error) {
    json_t *list = json_array();
    struct dpone_fixture_output out = {.struct_size = sizeof(out), .context = list, .staging = put_staging};
    json_object_set_new(call->reply, "staging", list);
    return call->host->module->observe_staging(call->host->instance, &out, error);
}

static int32_t put_publication(void *context, const struct dpone_fixture_publication *publication) {
    static const struct dpone_column binary = {"position", DPONE_TYPE_BINARY, 0, 0, 0};
    struct dpone_canonical_text position = {0};
    struct dpone_fixture_value value = {.as.bytes = publication->position};
    dpone_canonical_add_value(&position, &binary, &value);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I}", "target", publication->target, "pipeline", publication->pipeline,
        "idempotency_key", publication->idempotency_key, "content_digest", publication->content_digest,
        "position", position.data != NULL ? position.data : "", "rows", (json_int_t)publication->rows);
    dpone_canonical_text_clear(&position);
    return json_array_append_new(context, json) == 0 ? DPONE_OK : DPONE_OUT_OF_MEMORY;
}

static int32_t call_observe_publications(const struct call *call, struct dpone_error *error) {
    json_t *list = json_array();
    struct dpone_fixture_output out = {
        .struct_size = sizeof(out), .context = list, .publication = put_publication};
    json_object_set_new(call->reply, "publications", list);
    return call->host->module->observe_publications(call->host->instance, text_of(call, "name"), &out, error);
}

static int32_t put_event(void *context, const struct dpone_fixture_event *event) {
    return json_array_append_new(context,
                                 json_pack("{s:I, s:I, s:i, s:s, s:s, s:s?, s:s, s:I}", "sequence",
                                           (json_int_t)event->sequence, "at_us", (json_int_t)event->at_us,
                                           "operation", event->operation, "summary", event->summary,
                                           "outcome", event->outcome, "fault", event->fault, "detail",
                                           event->detail, "body_bytes", (json_int_t)event->body_bytes)) == 0
               ? DPONE_OK
               : DPONE_OUT_OF_MEMORY;
}

static int32_t call_events(const struct call *call, struct dpone_error *error) {
    json_t *list = json_array();
    struct dpone_fixture_output out = {.struct_size = sizeof(out), .context = list, .event = put_event};
    json_object_set_new(call->reply, "events", list);
    return call->host->module->events(call->host->instance, &out, error);
}

static int32_t call_clear_events(const struct call *call, struct dpone_error *error) {
    return call->host->module->clear_events(call->host->instance, error);
}

/* ---- Disturbing ---- */

static int32_t call_expire_leases(const struct call *call, struct dpone_error *error) {
    return call->host->module->expire_leases(call->host->instance, error);
}

static int32_t call_arm(const struct call *call, struct dpone_error *error) {
    int64_t struck = 0;
    struct dpone_fixture_arming arming = {
        (uint32_t)sizeof(arming), text_of(call, "fault"),   (int32_t)number_of(call, "operation"),
        number_of(call, "skip"),  number_of(call, "times"), number_of(call, "delay_ms")};
    int32_t status =
        call->host->module->arm(call->host->instance, *arming.fault != 0 ? &arming : NULL, &struck, error);
    json_object_set_new(call->reply, "struck", json_integer(struck));
    return status;
}

static int32_t call_quiesce(const struct call *call, struct dpone_error *error) {
    return call->host->module->quiesce(call->host->instance, number_of(call, "timeout_ms"), error);
}

/* ---- The door ---- */

#define SLOT(function) offsetof(struct dpone_fixture_module, function)

/* Every call, and where the module keeps the function that it needs. */
static const struct {
    const char *name;
    size_t slot;
    int32_t (*serve)(const struct call *call, struct dpone_error *error);
} calls[] = {
    {"start", SLOT(start), call_start},
    {"variables", SLOT(variables), call_variables},
    {"publish_stream", SLOT(publish_stream), call_publish_stream},
    {"dump_stream", SLOT(publish_stream), call_dump_stream},
    {"prepare_target", SLOT(prepare_target), call_prepare_target},
    {"drop_target", SLOT(drop_target), call_drop_target},
    {"insert_rows", SLOT(insert_rows), call_insert_rows},
    {"delete_rows", SLOT(delete_rows), call_delete_rows},
    {"edit_rows", SLOT(edit_rows), call_edit_rows},
    {"observe_target", SLOT(observe_target), call_observe_target},
    {"observe_staging", SLOT(observe_staging), call_observe_staging},
    {"observe_publications", SLOT(observe_publications), call_observe_publications},
    {"expire_leases", SLOT(expire_leases), call_expire_leases},
    {"arm", SLOT(arm), call_arm},
    {"quiesce", SLOT(quiesce), call_quiesce},
    {"events", SLOT(events), call_events},
    {"clear_events", SLOT(clear_events), call_clear_events},
};

static int offers(const struct dpone_fixture_module *module, size_t slot) {
    static const unsigned char none[sizeof(void (*)(void))];
    return memcmp((const char *)module + slot, none, sizeof(none)) != 0;
}

int32_t dpone_host_serve(struct dpone_host *host, json_t *request, json_t *reply, struct dpone_error *error) {
    struct call call = {host, request, reply};
    const char *name = text_of(&call, "call");
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        if (strcmp(calls[i].name, name) != 0) {
            continue;
        }
        if (!offers(host->module, calls[i].slot)) {
            break;
        }
        if (host->instance == NULL && calls[i].serve != call_start) {
            return dpone_error_set(error, DPONE_INVALID_STATE, "dpone-fixture: %s before start", name);
        }
        return calls[i].serve(&call, error);
    }
    return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "fixture %s does not offer %s", host->module->name,
                           name);
}

void dpone_host_stop(struct dpone_host *host) {
    if (host->instance != NULL) {
        host->module->stop(host->instance);
        host->instance = NULL;
    }
    while (host->streams != NULL) {
        struct dpone_host_stream *next = host->streams->next;
        dpone_dataset_free(host->streams->dataset);
        free(host->streams->name);
        free(host->streams);
        host->streams = next;
    }
}
