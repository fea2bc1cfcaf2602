/* The smallest correct connector: a source of one column and no rows. Each FAULT_* macro makes one thing of
 * it wrong, in the place where an author would make that mistake. */
#define _GNU_SOURCE
#include <dpone/dpone.h>

#include "faults.h"

#include <stdlib.h>
#include <string.h>

struct config {
    char *name;
    int64_t limit;
    int32_t mode;
};

static const char *const modes[] = {"fast", "safe", NULL};

static const struct dpone_option_rule rules[] = {
    {.name = "name",
     .field = DPONE_FIELD_STRING,
#ifndef FAULT_SILENT_DEFAULT
     .required = 1,
#endif
     .offset = offsetof(struct config, name),
     .minimum = 1,
     .maximum = 20},
    {.name = "limit",
     .field = DPONE_FIELD_INTEGER,
     .offset = offsetof(struct config, limit),
     .minimum = 1,
#ifdef FAULT_NO_MAXIMUM
     .maximum = INT64_MAX,
#else
     .maximum = 100,
#endif
     .default_text = "10"},
    {.name = "mode",
     .field = DPONE_FIELD_CHOICE,
     .offset = offsetof(struct config, mode),
     .choices = modes,
     .default_text = "safe"},
    {.name = NULL},
};

/* What the rules above are applied to; each fault lets through what it should not. */
static int32_t bind_options(struct config *config, const struct dpone_option *options,
                            struct dpone_error *error) {
#ifdef FAULT_READS_TEXT_AS_NUMBER
    const struct dpone_option *limit = dpone_option_get(options, "limit");
    if (limit != NULL && limit->kind == DPONE_OPTION_STRING) {
        config->limit = atoi(limit->text.data);
        return DPONE_OK;
    }
#endif
#ifdef FAULT_IGNORES_UNKNOWN
    for (size_t i = 0; i < options->child_count; i++) {
        if (dpone_string_equal(options->children[i]->key, dpone_string_of("dpone_no_such_option"))) {
            return DPONE_OK;
        }
    }
#endif
    return dpone_options_bind(config, rules, options, error);
}

struct dpone_instance {
    struct config config;
};

static int32_t loading_open(struct dpone_instance **out, const struct dpone_host *host,
                            const struct dpone_option *options, struct dpone_error *error) {
    (void)host;
    FAULT_IN_OPEN();
    struct dpone_instance *instance = calloc(1, sizeof(*instance));
    *out = NULL;
    if (instance == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for an instance");
    }
    int32_t status = bind_options(&instance->config, options, error);
    if (status != DPONE_OK) {
#ifdef FAULT_DEREFERENCES_NULL_ERROR
        error->message[0] = 'X';
#endif
        free(instance);
        return status;
    }
    *out = instance;
    return DPONE_OK;
}

static int32_t loading_check_connection(struct dpone_instance *instance, struct dpone_error *error) {
    (void)instance;
    (void)error;
    return DPONE_OK;
}

static void loading_cancel(struct dpone_instance *instance) {
    (void)instance;
}

static void loading_close(struct dpone_instance *instance) {
    if (instance != NULL) {
        dpone_options_clear(&instance->config, rules);
    }
    free(instance);
}

static int32_t loading_schema(struct dpone_instance *instance, const struct dpone_read_request *request,
                              struct ArrowSchema *out, struct dpone_error *error) {
    static const struct dpone_column columns[] = {{"id", DPONE_TYPE_INT64, 0, 0, 0}};
    (void)instance;
    (void)request;
    return dpone_schema_make(out, columns, 1, error);
}

static int32_t loading_next(void *context, struct ArrowArray *out, struct dpone_error *error) {
    (void)context;
    (void)out;
    (void)error;
    return DPONE_OK;
}

static int32_t loading_checkpoint(void *context, struct dpone_buffer *out, struct dpone_error *error) {
    (void)context;
    (void)out;
    (void)error;
    return DPONE_OK;
}

static void loading_end(void *context) {
    (void)context;
}

static int32_t loading_read(struct dpone_instance *instance, const struct dpone_read_request *request,
                            struct dpone_reader *out, struct dpone_error *error) {
    static const struct dpone_stream_functions functions = {loading_next, loading_checkpoint, loading_end};
    struct ArrowSchema schema;
    int32_t status = loading_schema(instance, request, &schema, error);
    if (status == DPONE_OK) {
        status = dpone_reader_open(out, &schema, &functions, instance, error);
        schema.release(&schema);
    }
    return status;
}

static const struct dpone_source_functions source = {
    .struct_size = (uint32_t)sizeof(source),
    .schema = loading_schema,
    .read = loading_read,
};

#ifdef FAULT_UNDECLARED_SLOT
static int32_t loading_state_read(struct dpone_instance *instance, struct dpone_string key,
                                  struct dpone_state_value *out, struct dpone_error *error) {
    (void)instance;
    (void)key;
    (void)out;
    return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "no state");
}

static int32_t loading_state_write(struct dpone_instance *instance, struct dpone_string key,
                                   struct dpone_bytes value, struct dpone_bytes token,
                                   struct dpone_state_change *out, struct dpone_error *error) {
    (void)instance;
    (void)key;
    (void)value;
    (void)token;
    (void)out;
    return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "no state");
}

static const struct dpone_state_functions state = {
    .struct_size = (uint32_t)sizeof(state),
    .read = loading_state_read,
    .write = loading_state_write,
};
#endif

int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *error) {
    struct dpone_connector self = {
        .struct_size = (uint32_t)sizeof(self),
        .abi_version = DPONE_ABI_VERSION,
        .name = dpone_string_of("loading"),
        .version = dpone_string_of("1.0.0"),
        .connector_type = dpone_string_of("api"),
        .open = loading_open,
        .check_connection = loading_check_connection,
        .cancel = loading_cancel,
        .close = loading_close,
        .source = &source,
    };
#ifdef FAULT_UNDECLARED_SLOT
    self.state = &state;
#endif
    FAULT_IN_INIT();
#ifdef FAULT_ACCEPTS_ANY_VERSION
    abi_version = DPONE_ABI_VERSION;
#endif
#ifdef FAULT_WRITES_PAST_STRUCT
    if (abi_version == DPONE_ABI_VERSION) {
        *out = self;
        return DPONE_OK;
    }
#endif
    return dpone_connector_fill(abi_version, out, &self, error);
}
