/* The slots of a connector, one by one. */
#include "abi_slots.h"

#include "../detached.h"
#include "../subject.h"
#include "../trap.h"

#include <dpone/call.h>
#include <dpone/schema.h>

#include <stdio.h>
#include <string.h>

/* ---- Which slots are filled ---- */

#define EXPECT_SLOT(run, table, type, member)                                                                \
    dpone_expect(run, DPONE_HAS(table, struct type, member) && (table)->member != NULL, #type "." #member,   \
                 "filled", "it is NULL, or beyond struct_size")

static void expect_size(struct dpone_check_run *run, const char *where, uint32_t size) {
    dpone_expect(run, size >= sizeof(uint32_t) && size <= 4096, where, "the size of the struct", "%u", size);
}

static void expect_source(struct dpone_check_run *run, const struct dpone_source_functions *source) {
    expect_size(run, "dpone_source_functions.struct_size", source->struct_size);
    EXPECT_SLOT(run, source, dpone_source_functions, schema);
    EXPECT_SLOT(run, source, dpone_source_functions, read);
}

static void expect_sink(struct dpone_check_run *run, const struct dpone_sink_functions *sink) {
    expect_size(run, "dpone_sink_functions.struct_size", sink->struct_size);
    EXPECT_SLOT(run, sink, dpone_sink_functions, describe);
    EXPECT_SLOT(run, sink, dpone_sink_functions, plan);
    EXPECT_SLOT(run, sink, dpone_sink_functions, begin);
    EXPECT_SLOT(run, sink, dpone_sink_functions, last_published);
    EXPECT_SLOT(run, sink, dpone_sink_functions, recover);
}

static void expect_state(struct dpone_check_run *run, const struct dpone_state_functions *state) {
    expect_size(run, "dpone_state_functions.struct_size", state->struct_size);
    EXPECT_SLOT(run, state, dpone_state_functions, read);
    EXPECT_SLOT(run, state, dpone_state_functions, write);
}

static void expect_native(struct dpone_check_run *run, const struct dpone_native_transfer_functions *native) {
    const struct dpone_package *package = run->subject->package;
    const void *const filled[] = {(const void *)(uintptr_t)native->stream_export,
                                  (const void *)(uintptr_t)native->file_export,
                                  (const void *)(uintptr_t)native->stream_staging_load,
                                  (const void *)(uintptr_t)native->file_staging_load};
    expect_size(run, "dpone_native_transfer_functions.struct_size", native->struct_size);
    for (size_t i = 0; dpone_native_transfer_names[i] != NULL; i++) {
        int declared = dpone_names_hold(&package->native_capabilities, dpone_native_transfer_names[i]);
        dpone_expect(run, (filled[i] != NULL) == declared, dpone_native_transfer_names[i],
                     declared ? "filled, as it is declared" : "NULL, as it is not declared", "%s",
                     filled[i] != NULL ? "it is filled" : "it is NULL");
    }
}

void dpone_abi_expect_tables(struct dpone_check_run *run, const struct dpone_connector *connector) {
    dpone_expect_integer(run, "connector.abi_version", DPONE_ABI_VERSION, connector->abi_version);
    EXPECT_SLOT(run, connector, dpone_connector, open);
    EXPECT_SLOT(run, connector, dpone_connector, check_connection);
    EXPECT_SLOT(run, connector, dpone_connector, cancel);
    EXPECT_SLOT(run, connector, dpone_connector, close);
    if (connector->source != NULL) {
        expect_source(run, connector->source);
    }
    if (connector->sink != NULL) {
        expect_sink(run, connector->sink);
    }
    if (connector->state != NULL) {
        expect_state(run, connector->state);
    }
    if (connector->native_transfer != NULL) {
        expect_native(run, connector->native_transfer);
    }
}

/* ---- Calls without an error record ---- */

/* What the calls below share. */
struct slot_calls {
    struct dpone_check_run *run;
    const struct dpone_connector *connector;
    const struct dpone_host *host;
    const struct dpone_option *options;
    struct dpone_instance *instance;
    struct ArrowSchema schema;
};

static const struct dpone_table slot_table = {{NULL, 0}, {"dpone_nothing", 13}};

static void call_open_unknown(void *context) {
    struct slot_calls *calls = context;
    struct dpone_instance *instance = NULL;
    const struct dpone_option option = {.struct_size = (uint32_t)sizeof(option),
                                        .kind = DPONE_OPTION_INTEGER,
                                        .key = dpone_string_of("__dpone_no_such_option")};
    const struct dpone_option *const children[] = {&option};
    const struct dpone_option map = {.struct_size = (uint32_t)sizeof(map),
                                     .kind = DPONE_OPTION_MAP,
                                     .child_count = 1,
                                     .children = children};
    if (calls->connector->open(&instance, calls->host, &map, NULL) == DPONE_OK) {
        calls->connector->close(instance);
    }
}

static void call_open(void *context) {
    struct slot_calls *calls = context;
    if (calls->connector->open(&calls->instance, calls->host, calls->options, NULL) != DPONE_OK) {
        calls->instance = NULL;
    }
}

static void call_check_connection(void *context) {
    struct slot_calls *calls = context;
    (void)calls->connector->check_connection(calls->instance, NULL);
}

static struct dpone_read_request slot_read_request(void) {
    return (struct dpone_read_request){.struct_size = (uint32_t)sizeof(struct dpone_read_request),
                                       .mode = DPONE_READ_FULL,
                                       .stream = slot_table};
}

static void call_schema(void *context) {
    struct slot_calls *calls = context;
    struct dpone_read_request request = slot_read_request();
    struct ArrowSchema schema = {0};
    if (calls->connector->source->schema(calls->instance, &request, &schema, NULL) == DPONE_OK) {
        schema.release(&schema);
    }
}

static void call_read(void *context) {
    struct slot_calls *calls = context;
    struct dpone_read_request request = slot_read_request();
    struct dpone_reader reader = {.struct_size = (uint32_t)sizeof(reader)};
    struct ArrowArray batch = {0};
    if (calls->connector->source->read(calls->instance, &request, &reader, NULL) != DPONE_OK) {
        return;
    }
    if (reader.stream.get_next(&reader.stream, &batch) == 0 && batch.release != NULL) {
        batch.release(&batch);
    }
    struct dpone_buffer checkpoint = DPONE_BUFFER_INIT;
    (void)reader.checkpoint(&reader, &checkpoint, NULL);
    dpone_buffer_clear(&checkpoint);
    (void)reader.last_error(&reader, NULL);
    reader.stream.release(&reader.stream);
    reader.close(&reader);
}

static void call_partitions(void *context) {
    struct slot_calls *calls = context;
    struct dpone_read_request request = slot_read_request();
    struct dpone_partitions partitions = {.struct_size = (uint32_t)sizeof(partitions)};
    if (calls->connector->source->partitions(calls->instance, &request, 2, &partitions, NULL) == DPONE_OK &&
        partitions.release != NULL) {
        partitions.release(&partitions);
    }
}

static void call_describe(void *context) {
    struct slot_calls *calls = context;
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    if (calls->connector->sink->describe(calls->instance, &slot_table, &description, NULL) == DPONE_OK) {
        dpone_description_clear(&description);
    }
}

static void call_plan(void *context) {
    struct slot_calls *calls = context;
    struct dpone_schema_change change = {
        .struct_size = (uint32_t)sizeof(change), .target = slot_table, .wanted = &calls->schema};
    struct dpone_buffer plan = DPONE_BUFFER_INIT;
    (void)calls->connector->sink->plan(calls->instance, &change, &plan, NULL);
    dpone_buffer_clear(&plan);
}

static void call_begin(void *context) {
    struct slot_calls *calls = context;
    struct dpone_load load = {.struct_size = (uint32_t)sizeof(load)};
    struct dpone_load_request request = {.struct_size = (uint32_t)sizeof(request),
                                         .strategy = DPONE_FULL_REFRESH,
                                         .target = slot_table,
                                         .pipeline = dpone_string_of("dpone_abi"),
                                         .idempotency_key = dpone_string_of("dpone_abi"),
                                         .schema = &calls->schema};
    if (calls->connector->sink->begin(calls->instance, &request, &load, NULL) == DPONE_OK) {
        (void)load.stage(&load, NULL, NULL);
        (void)load.abort(&load, NULL);
        load.close(&load);
    }
}

static void call_last_published(void *context) {
    struct slot_calls *calls = context;
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    if (calls->connector->sink->last_published(calls->instance, &slot_table, dpone_string_of("dpone_abi"),
                                               &publication, NULL) == DPONE_OK) {
        dpone_publication_clear(&publication);
    }
}

static void call_recover(void *context) {
    struct slot_calls *calls = context;
    (void)calls->connector->sink->recover(calls->instance, &slot_table, NULL, NULL);
}

static void call_state_read(void *context) {
    struct slot_calls *calls = context;
    struct dpone_state_value value = DPONE_STATE_VALUE_INIT;
    if (calls->connector->state->read(calls->instance, dpone_string_of("dpone_abi"), &value, NULL) ==
        DPONE_OK) {
        dpone_state_value_clear(&value);
    }
}

static void call_state_write(void *context) {
    struct slot_calls *calls = context;
    struct dpone_state_change change = {.struct_size = (uint32_t)sizeof(change)};
    const struct dpone_bytes nothing = {NULL, 0};
    if (calls->connector->state->write(calls->instance, dpone_string_of("dpone_abi"), nothing, nothing,
                                       &change, NULL) == DPONE_OK) {
        (void)change.rollback(&change, NULL);
        change.close(&change);
    }
}

/* A call and whether the connector has its slot. */
struct slot_call {
    const char *name;
    void (*call)(void *context);
    int present;
};

static int expect_returns(struct slot_calls *calls, const struct slot_call *call) {
    struct dpone_trap trap;
    char where[96];
    int returned = dpone_trap_run(&trap, call->call, calls);
    (void)snprintf(where, sizeof(where), "%s, error NULL", call->name);
    return dpone_expect(calls->run, returned, where, "a status",
                        "it touched memory at %p that is not its own (signal %d)", (void *)trap.address,
                        (int)trap.signal);
}

static void call_slots(struct slot_calls *calls) {
    const struct dpone_connector *connector = calls->connector;
    const struct dpone_source_functions *source = connector->source;
    const struct slot_call all[] = {
        {"connector.check_connection", call_check_connection, connector->check_connection != NULL},
        {"source.schema", call_schema, source != NULL},
        {"source.read", call_read, source != NULL},
        {"source.partitions", call_partitions,
         source != NULL && DPONE_HAS(source, struct dpone_source_functions, partitions) &&
             source->partitions != NULL},
        {"sink.describe", call_describe, connector->sink != NULL},
        {"sink.plan", call_plan, connector->sink != NULL},
        {"sink.begin", call_begin, connector->sink != NULL},
        {"sink.last_published", call_last_published, connector->sink != NULL},
        {"sink.recover", call_recover, connector->sink != NULL},
        {"state.read", call_state_read, connector->state != NULL},
        {"state.write", call_state_write, connector->state != NULL},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].present && !expect_returns(calls, &all[i])) {
            return; /* what it held is lost: the next call would blame the wrong one */
        }
    }
    connector->close(calls->instance);
}

void dpone_abi_call_without_error(struct dpone_check_run *run, const struct dpone_connector *connector) {
    static const struct dpone_column column = {"id", DPONE_TYPE_INT64, 0, 0, 0};
    const struct slot_call unknown = {"connector.open with an unknown option", call_open_unknown, 1};
    const struct slot_call open = {"connector.open", call_open, 1};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_detached_host host = {0};
    struct dpone_option_tree *tree = NULL;
    struct slot_calls calls = {.run = run, .connector = connector};
    json_t *options = dpone_detached_options(run);
    if (dpone_schema_make(&calls.schema, &column, 1, &error) != DPONE_OK) {
        dpone_check_environment(run, "a schema", &error);
    } else if (dpone_detached_host_open(&host, run) && dpone_detached_tree(&tree, run, options)) {
        calls.host = dpone_system_host_get(host.host);
        calls.options = dpone_option_tree_root(tree);
        if (expect_returns(&calls, &unknown) && expect_returns(&calls, &open) && calls.instance != NULL) {
            call_slots(&calls);
        }
    }
    if (calls.schema.release != NULL) {
        calls.schema.release(&calls.schema);
    }
    dpone_option_tree_free(tree);
    dpone_detached_host_close(&host);
    json_decref(options);
}
