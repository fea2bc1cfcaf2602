/* Keeping the secrets of an author's own system out of evidence. */
#include "redaction.h"

#include "path.h"

#include <dpone/secret.h>

#include <stdlib.h>
#include <string.h>

#define SECRETS_MAXIMUM 64
#define SECRET_BYTES_MAXIMUM ((size_t)65536)
/* A shorter text is no secret worth the name, and would blot out half of every message. */
#define SECRET_BYTES_MINIMUM 4

struct secrets {
    struct dpone_secret items[SECRETS_MAXIMUM];
    size_t count;
};

/* Takes `text` over. */
static void add_secret(struct secrets *secrets, char *text) {
    if (text != NULL) {
        text[strcspn(text, "\r\n")] = '\0';
        if (strlen(text) >= SECRET_BYTES_MINIMUM && secrets->count < SECRETS_MAXIMUM &&
            dpone_buffer_copy(&secrets->items[secrets->count].value, text, strlen(text) + 1) == DPONE_OK) {
            secrets->items[secrets->count++].value.size--; /* the NUL stands behind the value */
        }
        dpone_wipe(text, strlen(text));
    }
    free(text);
}

static void resolve(struct secrets *secrets, struct dpone_string reference) {
    char *text = reference.size == 0 ? NULL : strndup(reference.data, reference.size);
    char *value = NULL;
    size_t size = 0;
    if (text != NULL && strncmp(text, "env:", 4) == 0 && getenv(text + 4) != NULL) {
        value = strdup(getenv(text + 4));
    } else if (text != NULL && strncmp(text, "file:", 5) == 0) {
        (void)dpone_path_read(&value, &size, text + 5, SECRET_BYTES_MAXIMUM, NULL);
    }
    add_secret(secrets, value);
    free(text);
}

static void collect(struct secrets *secrets, const struct dpone_node *node, int depth) {
    if (dpone_node_kind(node) == DPONE_NODE_MAPPING && dpone_node_get(node, "secret") != NULL) {
        resolve(secrets, dpone_node_text(dpone_node_get(node, "secret")));
    }
    for (size_t i = 0; depth < 32 && i < dpone_node_count(node); i++) {
        collect(secrets, dpone_node_at(node, i), depth + 1);
    }
}

static json_t *redact(const json_t *value, const struct secrets *secrets);

static json_t *redact_string(const json_t *value, const struct secrets *secrets) {
    char *text = strdup(json_string_value(value));
    for (size_t i = 0; text != NULL && i < secrets->count; i++) {
        dpone_secret_redact(text, &secrets->items[i]);
    }
    json_t *copy = text == NULL ? NULL : json_string(text);
    free(text);
    return copy;
}

static json_t *redact_array(const json_t *value, const struct secrets *secrets) {
    json_t *copy = json_array();
    size_t index;
    json_t *item;
    json_array_foreach(value, index, item) {
        (void)json_array_append_new(copy, redact(item, secrets));
    }
    return copy;
}

static json_t *redact_object(const json_t *value, const struct secrets *secrets) {
    json_t *copy = json_object();
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)value, key, item) {
        (void)json_object_set_new(copy, key, redact(item, secrets));
    }
    return copy;
}

static json_t *redact(const json_t *value, const struct secrets *secrets) {
    switch (json_typeof(value)) {
    case JSON_STRING:
        return redact_string(value, secrets);
    case JSON_ARRAY:
        return redact_array(value, secrets);
    case JSON_OBJECT:
        return redact_object(value, secrets);
    default:
        return json_copy((json_t *)(uintptr_t)value);
    }
}

json_t *dpone_redact_json(const json_t *value, const struct dpone_contract *contract) {
    struct secrets *secrets = calloc(1, sizeof(*secrets));
    if (secrets == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < SECRETS_MAXIMUM; i++) {
        secrets->items[i] = (struct dpone_secret)DPONE_SECRET_INIT;
    }
    if (contract != NULL) {
        collect(secrets, contract->connector_options, 0);
    }
    json_t *copy = redact(value, secrets);
    for (size_t i = 0; i < secrets->count; i++) {
        dpone_secret_clear(&secrets->items[i]);
    }
    free(secrets);
    return copy;
}
