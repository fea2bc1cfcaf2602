/* The state backend: values with a version number, changed by compare-and-set. */
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

#define STATE_KEY_MAXIMUM_BYTES 512
#define STATE_VALUE_MAXIMUM_BYTES (16 * 1024 * 1024)

/* The version of a key is its token, as digits; 0: it was never written. */
static const struct dpone_column state_version = {.name = "version", .type = DPONE_TYPE_INT64};

/* A change between write() and close. */
struct state_change {
    struct dpone_instance *instance;
    char *key;
    size_t key_size;
    struct dpone_buffer value;
    int64_t version; /* that the key must still have */
    int finished;    /* committed or rolled back */
};

static int32_t state_check_key(struct dpone_string key, struct dpone_error *error) {
    return key.size >= 1 && key.size <= STATE_KEY_MAXIMUM_BYTES
               ? DPONE_OK
               : dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a state key has 1 to %d bytes, not %zu",
                                 STATE_KEY_MAXIMUM_BYTES, key.size);
}

/* ---- Reading ---- */

static int32_t state_fill(struct dpone_state_value *out, const PGresult *result, struct dpone_error *error) {
    char token[DPONE_VALUE_TEXT_BYTES];
    int exists = result != NULL && PQntuples(result) > 0;
    int64_t version = exists ? postgres_result_integer(result, 0, 1) : 0;
    size_t size = dpone_value_text_write(token, &state_version, &version);
    out->exists = exists;
    int32_t status = exists ? postgres_result_copy(&out->value, result, 0, 0, error) : DPONE_OK;
    if (status == DPONE_OK && dpone_buffer_copy(&out->token, token, size) != DPONE_OK) {
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a token");
    }
    return status;
}

static int32_t state_ask(struct postgres_session *session, const char *format, struct postgres_query *query,
                         PGresult **out, struct dpone_error *error) {
    return postgres_ledger_ask(session, session->instance->config.schema, POSTGRES_STATE, format, query, out,
                               error);
}

static int32_t state_load(struct postgres_session *session, struct dpone_string key,
                          struct dpone_state_value *out, struct dpone_error *error) {
    struct postgres_query query = {0};
    PGresult *result = NULL;
    postgres_query_add_text(&query, key);
    int32_t status =
        state_ask(session, "SELECT value, version FROM %T WHERE key = $1", &query, &result, error);
    if (status == DPONE_OK || status == DPONE_NOT_FOUND) { /* no table: nothing was ever written */
        status = state_fill(out, result, error);
    }
    PQclear(result);
    return status;
}

static int32_t state_read(struct dpone_instance *instance, struct dpone_string key,
                          struct dpone_state_value *out, struct dpone_error *error) {
    struct postgres_session *session = NULL;
    int32_t status = state_check_key(key, error);
    if (status == DPONE_OK) {
        status = postgres_session_of(&session, instance, error);
    }
    return status == DPONE_OK ? state_load(session, key, out, error) : status;
}

/* ---- Changing ---- */

static struct dpone_string state_key(const struct state_change *change) {
    return (struct dpone_string){change->key, change->key_size};
}

/* Compares and sets in one statement, which is a transaction; `*set` is 0 when the version is another. */
static int32_t state_set(struct postgres_session *session, const struct state_change *change, int *set,
                         struct dpone_error *error) {
    struct postgres_query query = {0};
    PGresult *result = NULL;
    postgres_query_add_text(&query, state_key(change));
    postgres_query_add_bytes(&query, dpone_buffer_view(&change->value));
    postgres_query_add_integer(&query, change->version);
    int32_t status =
        state_ask(session,
                  change->version == 0
                      ? "INSERT INTO %T (key, value, version) VALUES ($1, $2, $3 + 1) ON CONFLICT DO NOTHING"
                      : "UPDATE %T SET value = $2, version = $3 + 1 WHERE key = $1 AND version = $3",
                  &query, &result, error);
    *set = status == DPONE_OK && postgres_result_changed(result) == 1;
    PQclear(result);
    return status != DPONE_OK && PQstatus(session->connection) != CONNECTION_OK
               ? dpone_error_set(error, DPONE_OUTCOME_UNKNOWN,
                                 "the connection was lost while state was written; read it to see what it is")
               : status;
}

/* What was sent is waited for, come what may; then tells what is there. */
static int32_t state_replace(struct postgres_session *session, struct state_change *change,
                             struct dpone_state_value *current, struct dpone_error *error) {
    int set = 0;
    session->unstoppable = 1;
    int32_t status = state_set(session, change, &set, error);
    session->unstoppable = 0;
    if (status != DPONE_OK) {
        return status;
    }
    change->finished = set;
    status = current == NULL ? DPONE_OK : state_load(session, state_key(change), current, error);
    return status != DPONE_OK || set
               ? status
               : dpone_error_set(error, DPONE_CONFLICT,
                                 "state \"%s\" was changed meanwhile: its version is no longer %lld",
                                 change->key, (long long)change->version);
}

static int32_t state_commit(struct dpone_state_change *out, struct dpone_state_value *current,
                            struct dpone_error *error) {
    struct state_change *change = out->private_data;
    struct postgres_session *session = NULL;
    if (change->finished) {
        return dpone_error_set(error, DPONE_INVALID_STATE, "the change of state \"%s\" is over", change->key);
    }
    int32_t status = postgres_session_of(&session, change->instance, error);
    if (status == DPONE_OK) {
        status = postgres_ledger_make(session, change->instance->config.schema, error);
    }
    return status == DPONE_OK ? state_replace(session, change, current, error) : status;
}

static int32_t state_rollback(struct dpone_state_change *out, struct dpone_error *error) {
    struct state_change *change = out->private_data;
    (void)error;
    change->finished = 1;
    return DPONE_OK;
}

static void state_free(struct state_change *change) {
    dpone_buffer_clear(&change->value);
    free(change->key);
    free(change);
}

static void state_close(struct dpone_state_change *out) {
    state_free(out->private_data);
    out->private_data = NULL;
    out->close = NULL;
}

/* A copy of key and value; NULL when memory is short. */
static struct state_change *state_change_new(struct dpone_string key, struct dpone_bytes value) {
    struct state_change *change = calloc(1, sizeof(*change));
    if (change == NULL) {
        return NULL;
    }
    change->value = (struct dpone_buffer)DPONE_BUFFER_INIT;
    change->key = malloc(key.size + 1);
    if (change->key == NULL || dpone_buffer_copy(&change->value, value.data, value.size) != DPONE_OK) {
        state_free(change);
        return NULL;
    }
    memcpy(change->key, key.data, key.size);
    change->key[key.size] = '\0';
    change->key_size = key.size;
    return change;
}

static int32_t state_write(struct dpone_instance *instance, struct dpone_string key, struct dpone_bytes value,
                           struct dpone_bytes token, struct dpone_state_change *out,
                           struct dpone_error *error) {
    int64_t version = 0;
    const struct dpone_string digits = {(const char *)token.data, token.size};
    int32_t status = state_check_key(key, error);
    if (status != DPONE_OK) {
        return status;
    }
    if (value.size > STATE_VALUE_MAXIMUM_BYTES) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a state value has at most %d bytes, not %zu",
                               STATE_VALUE_MAXIMUM_BYTES, value.size);
    }
    if (dpone_value_text_read(&version, &state_version, digits, NULL) != DPONE_OK || version < 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the state token is none that read() gave");
    }
    struct state_change *change = state_change_new(key, value);
    if (change == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a change of state");
    }
    change->instance = instance;
    change->version = version;
    const struct dpone_state_change filled = {.struct_size = sizeof(filled),
                                              .private_data = change,
                                              .commit = state_commit,
                                              .rollback = state_rollback,
                                              .close = state_close};
    dpone_struct_fill(out, &filled);
    return DPONE_OK;
}

const struct dpone_state_functions postgres_state_functions = {
    .struct_size = sizeof(struct dpone_state_functions),
    .read = state_read,
    .write = state_write,
};
