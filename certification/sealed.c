/* JSON files that notice when they were edited. */
#include "sealed.h"

#include "path.h"

#include <stdlib.h>
#include <string.h>

#define SEALED_BYTES_MAXIMUM ((size_t)256 << 20)

static int32_t no_memory(struct dpone_error *error, const char *path) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "%s: no memory for its content", path);
}

int32_t dpone_sealed_digest(char out[DPONE_SHA256_TEXT_BYTES], const json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (text == NULL) {
        return DPONE_OUT_OF_MEMORY;
    }
    int32_t status = dpone_sha256_bytes(out, (struct dpone_bytes){(const uint8_t *)text, strlen(text)});
    free(text);
    return status;
}

/* The bytes of the file: canonical, ended by a line break. */
static char *file_text(const json_t *object, size_t *size) {
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_SORT_KEYS);
    if (text == NULL) {
        return NULL;
    }
    *size = strlen(text) + 1;
    char *longer = realloc(text, *size + 1);
    if (longer == NULL) {
        free(text);
        return NULL;
    }
    longer[*size - 1] = '\n';
    longer[*size] = '\0';
    return longer;
}

int32_t dpone_sealed_write(const char *path, json_t *object, struct dpone_error *error) {
    char digest[DPONE_SHA256_TEXT_BYTES];
    size_t size = 0;
    (void)json_object_del(object, "digest");
    if (dpone_sealed_digest(digest, object) != DPONE_OK ||
        json_object_set_new(object, "digest", json_string(digest)) != 0) {
        return no_memory(error, path);
    }
    char *text = file_text(object, &size);
    if (text == NULL) {
        return no_memory(error, path);
    }
    int32_t status = dpone_file_write(path, text, size, error);
    free(text);
    return status;
}

static int32_t check_seal(json_t *object, const char *text, size_t size, const char *path,
                          struct dpone_error *error) {
    char digest[DPONE_SHA256_TEXT_BYTES];
    size_t expected_size = 0;
    char *expected = file_text(object, &expected_size);
    json_t *written = json_incref(json_object_get(object, "digest"));
    int32_t status = DPONE_OK;
    (void)json_object_del(object, "digest");
    if (expected == NULL || dpone_sealed_digest(digest, object) != DPONE_OK) {
        status = no_memory(error, path);
    } else if (!json_is_string(written) || strcmp(digest, json_string_value(written)) != 0) {
        status = dpone_error_set(error, DPONE_DATA_CORRUPT,
                                 "%s: was edited: its content has the digest %s, it says %s; certify again",
                                 path, digest, json_is_string(written) ? json_string_value(written) : "none");
    } else if (expected_size != size || memcmp(expected, text, size) != 0) {
        status = dpone_error_set(error, DPONE_DATA_CORRUPT,
                                 "%s: was edited: it is not in the form dpone writes; certify again", path);
    }
    if (written != NULL) {
        (void)json_object_set_new(object, "digest", written);
    }
    free(expected);
    return status;
}

int32_t dpone_sealed_read(json_t **out, const char *path, struct dpone_error *error) {
    char *text = NULL;
    size_t size = 0;
    json_error_t problem;
    *out = NULL;
    int32_t status = dpone_path_read(&text, &size, path, SEALED_BYTES_MAXIMUM, error);
    if (status != DPONE_OK) {
        return status;
    }
    json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object(object)) {
        status = dpone_error_set(error, DPONE_DATA_CORRUPT, "%s:%d:%d: was edited: %s; certify again", path,
                                 object == NULL ? problem.line : 1, object == NULL ? problem.column : 1,
                                 object == NULL ? problem.text : "no JSON object");
    } else {
        status = check_seal(object, text, size, path, error);
    }
    free(text);
    if (status != DPONE_OK) {
        json_decref(object);
        return status;
    }
    *out = object;
    return DPONE_OK;
}

const char *dpone_json_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}
