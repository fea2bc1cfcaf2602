/* Batches made on demand as an ArrowArrayStream or a struct dpone_reader.
 *
 * Both sides of a reader point to one stream_state, freed with the last of them: the stream may be moved away
 * and released after the reader was closed, or long before. Calls are serialised by contract, so nothing is
 * atomic. */
#include <dpone/stream.h>

#include <errno.h>
#include <string.h>

#include "memory.h"

struct stream_state {
    int references; /* the stream, and the reader when there is one */
    const struct dpone_stream_functions *functions;
    void *context; /* NULL once closed */
    struct ArrowSchema schema;
    int ended;
    struct dpone_error error; /* why the stream failed, DPONE_OK while it did not */
};

static void stream_close_context(struct stream_state *state) {
    if (state->context != NULL)
        state->functions->close(state->context);
    state->context = NULL;
}

static void stream_drop(struct stream_state *state) {
    if (--state->references > 0)
        return;
    stream_close_context(state);
    state->schema.release(&state->schema);
    dpone_memory_free(state);
}

static int stream_errno(int32_t status) {
    static const struct {
        int32_t status;
        int number;
    } rows[] = {{DPONE_INVALID_ARGUMENT, EINVAL},  {DPONE_CANCELLED, ECANCELED},
                {DPONE_OUT_OF_MEMORY, ENOMEM},     {DPONE_TIMEOUT, ETIMEDOUT},
                {DPONE_NOT_IMPLEMENTED, ENOSYS},   {DPONE_NOT_FOUND, ENOENT},
                {DPONE_PERMISSION_DENIED, EACCES}, {DPONE_UNAUTHENTICATED, EACCES}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status)
            return rows[i].number;
    }
    return EIO;
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    struct stream_state *state = stream->private_data;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_schema_copy(out, &state->schema, &error);
    if (status == DPONE_OK)
        return 0;
    state->error = error;
    return stream_errno(status);
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct stream_state *state = stream->private_data;
    memset(out, 0, sizeof(*out));
    if (state->error.status == DPONE_OK && !state->ended) {
        int32_t status = state->functions->next(state->context, out, &state->error);
        state->ended = status == DPONE_OK && out->release == NULL;
        state->error.status = status;
        if (status != DPONE_OK && out->release != NULL)
            out->release(out);
    }
    return state->error.status == DPONE_OK ? 0 : stream_errno(state->error.status);
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream) {
    const struct stream_state *state = stream->private_data;
    return state->error.status == DPONE_OK ? NULL : state->error.message;
}

static void stream_release(struct ArrowArrayStream *stream) {
    stream_drop(stream->private_data);
    memset(stream, 0, sizeof(*stream));
}

int32_t dpone_stream_open(struct ArrowArrayStream *out, const struct ArrowSchema *schema,
                          const struct dpone_stream_functions *functions, void *context,
                          struct dpone_error *error) {
    memset(out, 0, sizeof(*out));
    struct stream_state *state = dpone_memory_allocate_zeroed(1, sizeof(*state));
    if (state == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a stream");
    int32_t status = dpone_schema_copy(&state->schema, schema, error);
    if (status != DPONE_OK) {
        dpone_memory_free(state);
        return status;
    }
    state->references = 1;
    state->functions = functions;
    state->context = context;
    state->error = (struct dpone_error)DPONE_ERROR_INIT;
    *out = (struct ArrowArrayStream){stream_get_schema, stream_get_next, stream_get_last_error,
                                     stream_release, state};
    return DPONE_OK;
}

static int32_t reader_checkpoint(struct dpone_reader *reader, struct dpone_buffer *out,
                                 struct dpone_error *error) {
    struct stream_state *state = reader->private_data;
    return state->functions->checkpoint(state->context, out, error);
}

static int32_t reader_last_error(struct dpone_reader *reader, struct dpone_error *error) {
    const struct stream_state *state = reader->private_data;
    if (state->error.status == DPONE_OK)
        return DPONE_OK;
    return dpone_error_set_retry(error, state->error.status, state->error.retry_after_ms, "%s",
                                 state->error.message);
}

static void reader_close(struct dpone_reader *reader) {
    struct stream_state *state = reader->private_data;
    if (reader->stream.release != NULL)
        reader->stream.release(&reader->stream);
    stream_close_context(state);
    if (state->error.status == DPONE_OK)
        dpone_error_set(&state->error, DPONE_CANCELLED, "the reader of this stream was closed");
    stream_drop(state);
    reader->private_data = NULL;
    reader->close = NULL;
}

int32_t dpone_reader_open(struct dpone_reader *out, const struct ArrowSchema *schema,
                          const struct dpone_stream_functions *functions, void *context,
                          struct dpone_error *error) {
    int32_t status = dpone_stream_open(&out->stream, schema, functions, context, error);
    if (status != DPONE_OK)
        return status;
    struct stream_state *state = out->stream.private_data;
    state->references = 2;
    out->private_data = state;
    out->checkpoint = reader_checkpoint;
    out->last_error = reader_last_error;
    out->close = reader_close;
    return DPONE_OK;
}
