/* dpone connectors check, discover, read, and dpone partitions: what needs a source, its options and nothing
 * else. */
#include "runtime/commands.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dpone/call.h>

#include "runtime/command_common.h"
#include "runtime/interrupt.h"
#include "runtime/option_tree.h"
#include "runtime/row_lines.h"

#define DEFAULT_LIMIT_ROWS 10
#define DEFAULT_PARTITIONS 4

/* A connector that is open. */
struct session {
    const struct dpone_arguments *arguments;
    struct dpone_loaded_plugins plugins;
    struct dpone_option_tree *options;
    struct dpone_pipeline_manifest *manifest;
    struct dpone_system_host *host;
    struct dpone_pipeline_side side;
    struct dpone_instance *instance;
    struct dpone_interrupt *interrupt;
    _Atomic(struct dpone_instance *) cancellable; /* `instance`, for the thread that waits for signals */
    atomic_int interrupted;
    struct dpone_read_request request;
};

/* An interrupt ends waits of the host and whatever call is under way; the command then cleans up as after any
 * failure. */
static void stop(void *context) {
    struct session *session = context;
    struct dpone_instance *instance = atomic_load(&session->cancellable);
    atomic_store(&session->interrupted, 1);
    dpone_system_host_cancel(session->host);
    if (instance != NULL) {
        dpone_call_cancel(session->side.connector, instance);
    }
}

static int32_t session_open_instance(struct session *session, const struct dpone_option *options,
                                     struct dpone_error *error) {
    int32_t status = dpone_runtime_host(&session->host, error);
    if (status == DPONE_OK) {
        status = dpone_interrupt_watch(&session->interrupt, stop, session, error);
    }
    if (status == DPONE_OK) {
        status = dpone_call_open(session->side.connector, &session->instance,
                                 dpone_system_host_get(session->host), options, error);
        atomic_store(&session->cancellable, session->instance);
    }
    return status;
}

/* --plugin FILE --options FILE [--table NAME]. */
static int32_t session_open(struct session *session, struct dpone_error *error) {
    const struct dpone_arguments *arguments = session->arguments;
    session->request.struct_size = (uint32_t)sizeof session->request;
    session->request.stream.name = dpone_string_of(dpone_arguments_value(arguments, "--table"));
    int32_t status = dpone_runtime_load_plugins(&session->plugins, arguments, error);
    if (status == DPONE_OK) {
        session->side.connector = dpone_plugin_connector(session->plugins.items[0].plugin);
        status =
            dpone_option_tree_read(&session->options, dpone_arguments_value(arguments, "--options"), error);
    }
    if (status == DPONE_OK) {
        status = session_open_instance(session, dpone_option_tree_root(session->options), error);
        if (status == DPONE_INVALID_ARGUMENT) {
            dpone_error_prepend(error, "%s", dpone_arguments_value(arguments, "--options"));
        }
    }
    return status;
}

/* What a connector says about a table without a name, in words of the command line. */
static int32_t explain_table(const struct session *session, int32_t status, struct dpone_error *error) {
    if (status == DPONE_INVALID_ARGUMENT && session->request.stream.name.size == 0) {
        dpone_error_prepend(error, "name a table with --table");
    }
    return status;
}

/* MANIFEST --plugin FILE...: its source. */
static int32_t session_open_manifest(struct session *session, struct dpone_error *error) {
    int32_t status = dpone_pipeline_manifest_read(&session->manifest,
                                                  dpone_arguments_operand(session->arguments, 0), error);
    if (status == DPONE_OK) {
        status = dpone_runtime_load_plugins(&session->plugins, session->arguments, error);
    }
    if (status != DPONE_OK) {
        return status;
    }
    const struct dpone_pipeline_spec *spec = dpone_pipeline_manifest_spec(session->manifest);
    session->request = (struct dpone_read_request){
        .struct_size = (uint32_t)sizeof session->request,
        .mode = DPONE_READ_FULL,
        .stream = spec->source.table,
        .cursor_column = spec->cursor_column,
        .batch_rows = spec->batch_rows,
        .batch_bytes = spec->batch_bytes,
    };
    status = dpone_runtime_choose(&session->side, &session->plugins, spec->source.type, error);
    return status == DPONE_OK ? session_open_instance(session, spec->source.options, error) : status;
}

static int32_t session_end(struct session *session, int32_t status, struct dpone_error *error) {
    if (session->interrupt != NULL) {
        dpone_interrupt_end(session->interrupt);
    }
    if (status != DPONE_OK && atomic_load(&session->interrupted)) {
        status = dpone_error_set(error, DPONE_CANCELLED, "interrupted; run it again");
    }
    int32_t exit_status =
        status == DPONE_OK ? DPONE_EXIT_HOLDS : dpone_runtime_fail(session->arguments, error);
    if (session->instance != NULL) {
        dpone_call_close(session->side.connector, session->instance);
    }
    dpone_system_host_free(session->host);
    dpone_option_tree_free(session->options);
    dpone_pipeline_manifest_free(session->manifest);
    dpone_runtime_clear_plugins(&session->plugins);
    return exit_status;
}

/* ---- check */

static void print_check(const struct session *session) {
    const struct dpone_connector *connector = session->side.connector;
    if (dpone_runtime_wants_json(session->arguments)) {
        json_t *json =
            json_pack("{s:s%,s:s%,s:b}", "connector", connector->name.data, connector->name.size, "version",
                      connector->version.data, connector->version.size, "connection", 1);
        (void)json_dumpf(json, stdout, JSON_INDENT(2));
        (void)fputc('\n', stdout);
        json_decref(json);
        return;
    }
    (void)printf("%.*s %.*s: the system answers and accepts the credentials\n", (int)connector->name.size,
                 connector->name.data, (int)connector->version.size, connector->version.data);
}

int32_t dpone_check_command(const struct dpone_arguments *arguments) {
    struct session session = {.arguments = arguments};
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = session_open(&session, &error);
    if (status == DPONE_OK) {
        status = dpone_call_check_connection(session.side.connector, session.instance, &error);
    }
    if (status == DPONE_OK) {
        print_check(&session);
    }
    return session_end(&session, status, &error);
}

/* ---- discover */

static void print_column(const struct dpone_column *column) {
    (void)printf("%s %s", column->name, dpone_type_name(column->type));
    if (column->type == DPONE_TYPE_DECIMAL128) {
        (void)printf("(%d,%d)", column->precision, column->scale);
    }
    (void)printf("%s\n", column->nullable ? "" : " not null");
}

static void print_schema(const struct session *session, const struct ArrowSchema *schema) {
    if (dpone_runtime_wants_json(session->arguments)) {
        json_t *json = json_pack("{s:o}", "columns", dpone_run_schema_json(schema));
        (void)json_dumpf(json, stdout, JSON_INDENT(2));
        (void)fputc('\n', stdout);
        json_decref(json);
        return;
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct dpone_column column;
        if (dpone_schema_column(schema, i, &column, NULL) == DPONE_OK) {
            print_column(&column);
        }
    }
}

int32_t dpone_discover_command(const struct dpone_arguments *arguments) {
    struct session session = {.arguments = arguments};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct ArrowSchema schema = {0};
    int32_t status = session_open(&session, &error);
    if (status == DPONE_OK) {
        status =
            dpone_call_schema(session.side.connector, session.instance, &session.request, &schema, &error);
        status = explain_table(&session, status, &error);
    }
    if (status == DPONE_OK) {
        print_schema(&session, &schema);
        schema.release(&schema);
    }
    return session_end(&session, status, &error);
}

/* ---- read */

static int32_t read_lines(const struct session *session, struct dpone_reader *reader, int64_t limit_rows,
                          struct dpone_error *error) {
    struct dpone_row_lines *lines = NULL;
    int32_t status = dpone_row_lines_new(&lines, &reader->stream, error);
    for (int64_t left = limit_rows; status == DPONE_OK && left > 0 && !ferror(stdout);) {
        if (atomic_load(&session->interrupted)) {
            status = DPONE_CANCELLED;
            break;
        }
        struct ArrowArray batch = {0};
        status = dpone_call_reader_next(reader, &batch, error);
        if (batch.release == NULL) {
            break;
        }
        status = dpone_row_lines_print(lines, &batch, left, stdout, error);
        left -= batch.length;
        batch.release(&batch);
    }
    dpone_row_lines_free(lines);
    return status;
}

int32_t dpone_read_command(const struct dpone_arguments *arguments) {
    struct session session = {.arguments = arguments};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_reader reader = {.struct_size = (uint32_t)sizeof reader};
    int64_t limit_rows = dpone_arguments_integer(arguments, "--limit", DEFAULT_LIMIT_ROWS);
    int32_t status = session_open(&session, &error);
    if (status == DPONE_OK) {
        status = dpone_call_read(session.side.connector, session.instance, &session.request, &reader, &error);
        status = explain_table(&session, status, &error);
    }
    if (status == DPONE_OK) {
        status = read_lines(&session, &reader, limit_rows, &error);
        dpone_call_reader_close(&reader);
    }
    return session_end(&session, status, &error);
}

/* ---- partitions */

static int32_t print_partitions(const struct dpone_partitions *partitions, struct dpone_error *error) {
    for (size_t i = 0; i < partitions->count; i++) {
        char *digits = dpone_hex_of(dpone_buffer_view(partitions->items[i]));
        if (digits == NULL) {
            return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for partitions");
        }
        (void)printf("%s\n", digits);
        free(digits);
    }
    return DPONE_OK;
}

int32_t dpone_partitions_command(const struct dpone_arguments *arguments) {
    struct session session = {.arguments = arguments};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_partitions partitions = {.struct_size = (uint32_t)sizeof partitions};
    int64_t wanted = dpone_arguments_integer(arguments, "--count", DEFAULT_PARTITIONS);
    int32_t status = session_open_manifest(&session, &error);
    if (status == DPONE_OK) {
        status = dpone_call_partitions(session.side.connector, session.instance, &session.request,
                                       (size_t)wanted, &partitions, &error);
    }
    if (status == DPONE_OK) {
        status = print_partitions(&partitions, &error);
        partitions.release(&partitions);
    }
    return session_end(&session, status, &error);
}
