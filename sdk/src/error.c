/* The error record (dpone/error.h). Messages are made of what may be a system's own text, so everything that
 * would break the promise "one line of UTF-8" is mended here, once. */
#include <dpone/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <dpone/validate.h>

static const char *const status_names[] = {
    [DPONE_OK] = "OK",
    [DPONE_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
    [DPONE_NOT_FOUND] = "NOT_FOUND",
    [DPONE_NOT_IMPLEMENTED] = "NOT_IMPLEMENTED",
    [DPONE_UNAUTHENTICATED] = "UNAUTHENTICATED",
    [DPONE_PERMISSION_DENIED] = "PERMISSION_DENIED",
    [DPONE_CONFLICT] = "CONFLICT",
    [DPONE_THROTTLED] = "THROTTLED",
    [DPONE_UNAVAILABLE] = "UNAVAILABLE",
    [DPONE_TIMEOUT] = "TIMEOUT",
    [DPONE_CANCELLED] = "CANCELLED",
    [DPONE_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
    [DPONE_OUT_OF_MEMORY] = "OUT_OF_MEMORY",
    [DPONE_IO] = "IO",
    [DPONE_DATA_CORRUPT] = "DATA_CORRUPT",
    [DPONE_UNSUPPORTED_TYPE] = "UNSUPPORTED_TYPE",
    [DPONE_OUTCOME_UNKNOWN] = "OUTCOME_UNKNOWN",
    [DPONE_INVALID_STATE] = "INVALID_STATE",
    [DPONE_INTERNAL] = "INTERNAL",
};

const char *dpone_status_name(int32_t status) {
    size_t count = sizeof(status_names) / sizeof(status_names[0]);
    return status >= 0 && (size_t)status < count ? status_names[status] : "UNKNOWN";
}

/* Bytes of `message` that lie within the struct_size its owner gave. */
static size_t error_capacity(const struct dpone_error *error) {
    size_t start = offsetof(struct dpone_error, message);
    if (error == NULL || error->struct_size <= start)
        return 0;
    size_t room = error->struct_size - start;
    return room < DPONE_ERROR_MESSAGE_BYTES ? room : DPONE_ERROR_MESSAGE_BYTES;
}

/* The length of `text` without the beginning of a character whose end was cut off. */
static size_t error_cut_length(const char *text, size_t size) {
    size_t start = size;
    while (start > 0 && size - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
        return size;
    start--;
    unsigned char lead = (unsigned char)text[start];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    return size - start < wanted ? start : size;
}

/* Spaces for control characters, question marks for bytes that are not UTF-8. */
static void error_sanitize(char *text, size_t size) {
    unsigned char *bytes = (unsigned char *)text;
    for (size_t valid = dpone_utf8_valid_prefix(text, size); valid < size;
         valid += dpone_utf8_valid_prefix(text + valid, size - valid))
        bytes[valid] = '?';
    for (size_t i = 0; i < size; i++) {
        int c1_control = bytes[i] == 0xC2 && bytes[i + 1] < 0xA0;
        if (bytes[i] < 0x20 || bytes[i] == 0x7F || c1_control)
            bytes[i] = ' ';
        if (c1_control)
            bytes[i + 1] = ' ';
    }
}

/* Stores `text`, which was formatted into a buffer of DPONE_ERROR_MESSAGE_BYTES and wanted `length` bytes. */
static void error_store_message(struct dpone_error *error, char *text, int length) {
    size_t capacity = error_capacity(error);
    if (capacity == 0)
        return;
    size_t size = length < 0 ? 0 : (size_t)length;
    if (size >= capacity)
        size = error_cut_length(text, capacity - 1);
    error_sanitize(text, size);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    memcpy(error->message, text, size);
    error->message[size] = '\0';
}

static void error_store_status(struct dpone_error *error, int32_t status, int64_t retry_after_ms) {
    if (error_capacity(error) == 0)
        return;
    error->status = status;
    error->retryable =
        status == DPONE_THROTTLED || status == DPONE_UNAVAILABLE || status == DPONE_TIMEOUT ? 1 : 0;
    error->reserved = 0;
    error->retry_after_ms = retry_after_ms;
}

int32_t dpone_error_set(struct dpone_error *error, int32_t status, const char *format, ...) {
    char text[DPONE_ERROR_MESSAGE_BYTES + 1];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    error_store_status(error, status, -1);
    error_store_message(error, text, length);
    return status;
}

int32_t dpone_error_set_retry(struct dpone_error *error, int32_t status, int64_t retry_after_ms,
                              const char *format, ...) {
    char text[DPONE_ERROR_MESSAGE_BYTES + 1];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    error_store_status(error, status, retry_after_ms);
    error_store_message(error, text, length);
    return status;
}

void dpone_error_prepend(struct dpone_error *error, const char *format, ...) {
    if (error_capacity(error) == 0)
        return;
    char context[DPONE_ERROR_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(context, sizeof(context), format, arguments);
    va_end(arguments);
    char text[DPONE_ERROR_MESSAGE_BYTES + 1];
    int total = snprintf(text, sizeof(text), "%s: %s", length < 0 ? "" : context, error->message);
    error_store_message(error, text, total);
}

void dpone_error_clear(struct dpone_error *error) {
    if (error_capacity(error) == 0)
        return;
    error_store_status(error, DPONE_OK, -1);
    error->message[0] = '\0';
}
