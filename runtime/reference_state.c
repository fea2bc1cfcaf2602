/* The reference connector as a state backend: values with a version number, changed by compare-and-set. */
#include <stdlib.h>
#include <string.h>

#include "runtime/files.h"
#include "runtime/reference_instance.h"

#define KEY_MAXIMUM_BYTES 512
#define VALUE_MAXIMUM_BYTES (16 * 1024 * 1024)

/* Lives from write() to close. */
struct change {
    struct dpone_instance *instance;
    char *key;
    uint8_t *value;
    size_t value_size;
    int64_t version; /* that the key must still have; 0: absent */
    int finished;    /* committed or rolled back */
};

static int32_t check_key(struct dpone_string key, struct dpone_error *error) {
    return key.size >= 1 && key.size <= KEY_MAXIMUM_BYTES
               ? DPONE_OK
               : dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a state key has 1 to %d bytes, not %zu",
                                 KEY_MAXIMUM_BYTES, key.size);
}

/* Fills the value from the current row, or as absent when there is none. */
static int32_t fill_value(struct dpone_state_value *out, sqlite3_stmt *statement, int row,
                          struct dpone_error *error) {
    char token[32];
    struct dpone_bytes value = {NULL, 0};
    int64_t version = 0;
    if (row) {
        value = dpone_store_bytes(statement, 0);
        version = sqlite3_column_int64(statement, 1);
    }
    (void)snprintf(token, sizeof token, "%lld", (long long)version);
    out->exists = row;
    int32_t status = dpone_buffer_copy(&out->value, value.data, value.size);
    if (status == DPONE_OK) {
        status = dpone_buffer_copy(&out->token, token, strlen(token));
    }
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "no memory for a state value");
}

static int32_t read_value(struct dpone_store *store, struct dpone_string key, struct dpone_state_value *out,
                          struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare(store, &statement, error,
                                         "SELECT value, version FROM __dpone__state WHERE key = ?1");
    if (status != DPONE_OK) {
        return status;
    }
    int row = 0;
    dpone_store_bind_string(statement, 1, key);
    status = dpone_store_step(store, statement, &row, error);
    if (status == DPONE_OK) {
        status = fill_value(out, statement, row, error);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

static int32_t state_read(struct dpone_instance *instance, struct dpone_string key,
                          struct dpone_state_value *out, struct dpone_error *error) {
    struct dpone_store *store = NULL;
    int32_t status = check_key(key, error);
    if (status == DPONE_OK) {
        status = dpone_reference_store(instance, &store, error);
    }
    return status == DPONE_OK ? read_value(store, key, out, error) : status;
}

static int32_t parse_token(int64_t *version, struct dpone_bytes token, struct dpone_error *error) {
    char text[32] = "";
    char *end = text;
    if (token.size > 0 && token.size < sizeof text) {
        memcpy(text, token.data, token.size);
        *version = strtoll(text, &end, 10);
    }
    return end != text && *end == '\0' && *version >= 0
               ? DPONE_OK
               : dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the state token is none that read() gave");
}

static int32_t current_version(struct dpone_store *store, const char *key, int64_t *out,
                               struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status =
        dpone_store_prepare(store, &statement, error, "SELECT version FROM __dpone__state WHERE key = ?1");
    if (status != DPONE_OK) {
        return status;
    }
    dpone_store_bind_string(statement, 1, dpone_string_of(key));
    return dpone_store_integer(store, statement, out, error);
}

static int32_t put_value(struct dpone_store *store, const struct change *change, struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare(store, &statement, error,
                                         "INSERT INTO __dpone__state(key, value, version) VALUES(?1, ?2, ?3)"
                                         " ON CONFLICT(key) DO UPDATE SET value = ?2, version = ?3");
    if (status != DPONE_OK) {
        return status;
    }
    dpone_store_bind_string(statement, 1, dpone_string_of(change->key));
    dpone_store_bind_bytes(statement, 2, (struct dpone_bytes){change->value, change->value_size});
    (void)sqlite3_bind_int64(statement, 3, change->version + 1);
    return dpone_store_finish(store, statement, error);
}

/* Compare, and set, in one transaction. */
static int32_t compare_and_set(struct dpone_store *store, const struct change *change,
                               struct dpone_error *error) {
    int64_t version = 0;
    int32_t status = dpone_store_begin(store, error);
    if (status != DPONE_OK) {
        return status;
    }
    status = current_version(store, change->key, &version, error);
    if (status == DPONE_OK && version != change->version) {
        status = dpone_error_set(error, DPONE_CONFLICT,
                                 "state \"%s\" was changed by somebody else: version %lld, not %lld",
                                 change->key, (long long)version, (long long)change->version);
    }
    if (status == DPONE_OK) {
        status = put_value(store, change, error);
    }
    return dpone_store_end(store, status, error);
}

static int32_t change_commit(struct dpone_state_change *handle, struct dpone_state_value *current,
                             struct dpone_error *error) {
    struct change *change = handle->private_data;
    struct dpone_store *store = NULL;
    if (change->finished) {
        return dpone_error_set(error, DPONE_INVALID_STATE, "the change of state \"%s\" was finished before",
                               change->key);
    }
    int32_t status = dpone_reference_store(change->instance, &store, error);
    if (status != DPONE_OK) {
        return status;
    }
    status = compare_and_set(store, change, error);
    change->finished = status == DPONE_OK;
    if (current != NULL && (status == DPONE_OK || status == DPONE_CONFLICT)) {
        int32_t seen =
            read_value(store, dpone_string_of(change->key), current, status == DPONE_OK ? error : NULL);
        status = status == DPONE_OK ? seen : status;
    }
    return status;
}

static int32_t change_rollback(struct dpone_state_change *handle, struct dpone_error *error) {
    (void)error;
    ((struct change *)handle->private_data)->finished = 1;
    return DPONE_OK;
}

static void change_free(struct change *change) {
    if (change != NULL) {
        free(change->key);
        free(change->value);
        free(change);
    }
}

static void change_close(struct dpone_state_change *handle) {
    change_free(handle->private_data);
    handle->private_data = NULL;
    handle->close = NULL;
}

static struct change *change_new(struct dpone_instance *instance, struct dpone_string key,
                                 struct dpone_bytes value) {
    struct change *change = calloc(1, sizeof *change);
    if (change == NULL) {
        return NULL;
    }
    change->instance = instance;
    change->key = dpone_format("%.*s", (int)key.size, key.data);
    change->value = malloc(value.size + 1);
    change->value_size = value.size;
    if (change->key == NULL || change->value == NULL) {
        change_free(change);
        return NULL;
    }
    if (value.size > 0) {
        memcpy(change->value, value.data, value.size);
    }
    return change;
}

static int32_t state_write(struct dpone_instance *instance, struct dpone_string key, struct dpone_bytes value,
                           struct dpone_bytes token, struct dpone_state_change *out,
                           struct dpone_error *error) {
    int64_t version = 0;
    int32_t status = check_key(key, error);
    if (status == DPONE_OK && value.size > VALUE_MAXIMUM_BYTES) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a state value has at most %d bytes, not %zu",
                                 VALUE_MAXIMUM_BYTES, value.size);
    }
    if (status == DPONE_OK) {
        status = parse_token(&version, token, error);
    }
    if (status != DPONE_OK) {
        return status;
    }
    struct change *change = change_new(instance, key, value);
    if (change == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a change of state");
    }
    change->version = version;
    out->private_data = change;
    out->commit = change_commit;
    out->rollback = change_rollback;
    out->close = change_close;
    return DPONE_OK;
}

const struct dpone_state_functions dpone_reference_state = {
    .struct_size = (uint32_t)sizeof dpone_reference_state,
    .read = state_read,
    .write = state_write,
};
