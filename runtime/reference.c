/* The reference connector: its table, its options, its instances. */
#include "runtime/reference.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/reference_instance.h"

static const struct dpone_option_rule option_rules[] = {
    {.name = "path",
     .field = DPONE_FIELD_STRING,
     .required = 1,
     .offset = offsetof(struct dpone_reference_config, path),
     .minimum = 1,
     .maximum = 4096},
    {.name = "table",
     .field = DPONE_FIELD_STRING,
     .offset = offsetof(struct dpone_reference_config, table),
     .minimum = 1,
     .maximum = 512},
    {.name = "lease_ms",
     .field = DPONE_FIELD_INTEGER,
     .offset = offsetof(struct dpone_reference_config, lease_ms),
     .minimum = 1,
     .maximum = INT64_C(86400000) * 365,
     .default_text = "600000"},
    {.name = "batch_rows",
     .field = DPONE_FIELD_INTEGER,
     .offset = offsetof(struct dpone_reference_config, batch_rows),
     .minimum = 1,
     .maximum = 1000000,
     .default_text = "4096"},
    {.name = NULL},
};

static int32_t reference_open(struct dpone_instance **out, const struct dpone_host *host,
                              const struct dpone_option *options, struct dpone_error *error) {
    *out = NULL;
    struct dpone_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for an instance");
    }
    int32_t status = dpone_options_bind(&instance->config, option_rules, options, error);
    if (status != DPONE_OK) {
        free(instance);
        return status;
    }
    instance->host = host;
    *out = instance;
    return DPONE_OK;
}

static int32_t reference_check_connection(struct dpone_instance *instance, struct dpone_error *error) {
    struct dpone_store *store = NULL;
    int32_t status = dpone_reference_reader_store(instance, &store, error);
    dpone_store_close(store);
    return status;
}

static void reference_cancel(struct dpone_instance *instance) {
    atomic_store(&instance->cancelled, 1);
}

static void reference_close(struct dpone_instance *instance) {
    if (instance != NULL) {
        dpone_store_close(instance->store);
        dpone_options_clear(&instance->config, option_rules);
        free(instance);
    }
}

int32_t dpone_reference_store(struct dpone_instance *instance, struct dpone_store **out,
                              struct dpone_error *error) {
    *out = NULL;
    if (instance->store == NULL) {
        int32_t status = dpone_store_open(&instance->store, instance->config.path, DPONE_STORE_WRITE,
                                          instance->host, &instance->cancelled, error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    *out = instance->store;
    return dpone_store_check(instance->store, error);
}

int32_t dpone_reference_reader_store(struct dpone_instance *instance, struct dpone_store **out,
                                     struct dpone_error *error) {
    return dpone_store_open(out, instance->config.path, DPONE_STORE_READ, instance->host,
                            &instance->cancelled, error);
}

const char *dpone_reference_rowid(const struct dpone_columns *columns) {
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int hidden = 0;
        for (size_t c = 0; c < columns->count; c++) {
            hidden |= sqlite3_stricmp(columns->items[c].name, names[i]) == 0;
        }
        if (!hidden) {
            return names[i];
        }
    }
    return NULL;
}

int32_t dpone_reference_json(json_t **out, struct dpone_bytes bytes, const char *what,
                             struct dpone_error *error) {
    *out = json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, NULL);
    return *out != NULL ? DPONE_OK
                        : dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                          "these bytes are not a %s of the reference connector", what);
}

int32_t dpone_reference_json_buffer(struct dpone_buffer *out, json_t *json, struct dpone_error *error) {
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    int32_t status = text == NULL ? DPONE_OUT_OF_MEMORY : dpone_buffer_copy(out, text, strlen(text));
    free(text);
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "no memory for a token");
}

const struct dpone_connector *dpone_reference_connector(void) {
    static const struct dpone_connector connector = {
        .struct_size = (uint32_t)sizeof connector,
        .abi_version = DPONE_ABI_VERSION,
        .name = {"reference", 9},
        .version = {DPONE_VERSION, sizeof DPONE_VERSION - 1},
        .connector_type = {"database", 8},
        .open = reference_open,
        .check_connection = reference_check_connection,
        .cancel = reference_cancel,
        .close = reference_close,
        .source = &dpone_reference_source,
        .sink = &dpone_reference_sink,
        .state = &dpone_reference_state,
    };
    return &connector;
}
