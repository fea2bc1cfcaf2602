/* Secrets (dpone/secret.h): a copy of our own, terminated for C libraries and wiped before it is freed. */
#include <dpone/secret.h>

#include <string.h>

#include "memory.h"

void dpone_wipe(void *data, size_t size) {
    volatile unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        bytes[i] = 0;
}

static void secret_release(struct dpone_buffer *buffer) {
    dpone_wipe(buffer->private_data, buffer->size);
    dpone_memory_free(buffer->private_data);
}

/* Takes the host's value over into `out` with a terminator behind it. */
static int32_t secret_copy(struct dpone_secret *out, const struct dpone_buffer *value, const char *reference,
                           struct dpone_error *error) {
    char *copy = dpone_memory_copy_text((const char *)value->data, value->size);
    if (copy == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for the secret \"%s\"", reference);
    out->value.data = (const uint8_t *)copy;
    out->value.size = value->size;
    out->value.private_data = copy;
    out->value.release = secret_release;
    return DPONE_OK;
}

int32_t dpone_secret_resolve(struct dpone_secret *out, const struct dpone_host *host, const char *reference,
                             struct dpone_error *error) {
    *out = (struct dpone_secret)DPONE_SECRET_INIT;
    if (reference == NULL || reference[0] == '\0')
        return DPONE_OK;
    struct dpone_buffer value = DPONE_BUFFER_INIT;
    dpone_error_clear(error);
    int32_t status = host->secret(host->context, dpone_string_of(reference), &value, error);
    if (status == DPONE_OK)
        status = secret_copy(out, &value, reference, error);
    else if (error != NULL && error->message[0] == '\0')
        dpone_error_set(error, status, "the secret \"%s\" cannot be resolved", reference);
    dpone_buffer_clear(&value);
    return status;
}

const char *dpone_secret_text(const struct dpone_secret *secret) {
    return secret->value.data == NULL ? "" : (const char *)secret->value.data;
}

void dpone_secret_clear(struct dpone_secret *secret) {
    dpone_buffer_clear(&secret->value);
}

void dpone_secret_redact(char *text, const struct dpone_secret *secret) {
    size_t size = strlen(dpone_secret_text(secret));
    if (size == 0)
        return;
    for (char *at = strstr(text, dpone_secret_text(secret)); at != NULL;
         at = strstr(at + size, dpone_secret_text(secret)))
        memset(at, '*', size);
}
