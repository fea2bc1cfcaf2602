/* A stream between a producer and a consumer that holds the producer to the letter of the Arrow C interface.
 */
#include "stream_tap.h"

#include "batch_checksum.h"

#include <dpone/schema.h>
#include <dpone/validate.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POISON 0xA5
#define HELD_DEFAULT 4

/* One batch of the producer's, lent to the consumer and held for a while after. */
struct held_batch {
    struct dpone_stream_tap *tap;
    struct ArrowArray array;
    uint64_t checksum;
    int64_t number;
    int32_t valid;    /* 1: it was validated, so its bytes may be looked at */
    int32_t returned; /* 1: the consumer released it */
    struct held_batch *next;
};

struct dpone_stream_tap {
    struct dpone_stream_tap_settings settings;
    struct dpone_stream_tap_facts facts;
    struct ArrowArrayStream stream; /* the producer's */
    struct ArrowSchema schema;      /* its first answer */
    struct held_batch *oldest;
    struct held_batch *newest;
    int64_t held;
    int64_t calls;
    char last_error[512];
};

static void report(struct dpone_stream_tap *tap, const char *where, const char *expected, const char *format,
                   ...) DPONE_PRINTF(4, 5);

static void report(struct dpone_stream_tap *tap, const char *where, const char *expected, const char *format,
                   ...) {
    char observed[1200];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(observed, sizeof(observed), format, arguments);
    va_end(arguments);
    tap->facts.problems++;
    if (tap->settings.problem != NULL) {
        tap->settings.problem(tap->settings.context, where, expected, observed);
    }
}

static void report_batch(struct dpone_stream_tap *tap, int64_t number, const char *what, const char *expected,
                         const char *observed) {
    char where[96];
    (void)snprintf(where, sizeof(where), "batch %lld%s%s", (long long)number, *what == '\0' ? "" : ", ",
                   what);
    report(tap, where, expected, "%s", observed);
}

/* ---- Threads ---- */

static void *run_call(void *context) {
    void (**call)(void *) = context;
    (*call)(context);
    return NULL;
}

/* Runs `call` here, or every other time on a thread of its own. The context's first member is the call
 * itself. */
static void dispatch(struct dpone_stream_tap *tap, void *context) {
    pthread_t thread;
    void (**call)(void *) = context;
    if (tap->settings.alternate_threads && tap->calls++ % 2 == 1 &&
        pthread_create(&thread, NULL, run_call, context) == 0) {
        (void)pthread_join(thread, NULL);
    } else {
        (*call)(context);
    }
}

struct next_call {
    void (*call)(void *context);
    struct ArrowArrayStream *stream;
    struct ArrowArray *out;
    int answer;
};

static void call_next(void *context) {
    struct next_call *call = context;
    call->answer = call->stream->get_next(call->stream, call->out);
}

struct release_call {
    void (*call)(void *context);
    struct ArrowArray *array;
};

static void call_release(void *context) {
    struct release_call *call = context;
    call->array->release(call->array);
}

struct stream_release_call {
    void (*call)(void *context);
    struct ArrowArrayStream *stream;
};

static void call_stream_release(void *context) {
    struct stream_release_call *call = context;
    call->stream->release(call->stream);
}

/* ---- Releasing ---- */

static void release_array(struct dpone_stream_tap *tap, struct ArrowArray *array, int64_t number,
                          const char *what) {
    struct release_call call = {call_release, array};
    if (array->release == NULL) {
        report_batch(tap, number, what, "a release function", "none");
        return;
    }
    dispatch(tap, &call);
    if (array->release != NULL) {
        report_batch(tap, number, what, "release() sets release to NULL", "it is still set");
    }
}

/* Every other batch loses its first column before it is released: the column must outlive its batch. */
static void release_batch(struct dpone_stream_tap *tap, struct held_batch *batch) {
    struct ArrowArray column = {0};
    uint64_t checksum = 0;
    const char *format = batch->array.n_children > 0 ? tap->schema.children[0]->format : "";
    if (batch->valid && batch->number % 2 == 0 && batch->array.n_children > 0) {
        column = *batch->array.children[0];
        batch->array.children[0]->release = NULL;
        checksum = dpone_column_checksum(format, &column);
    }
    release_array(tap, &batch->array, batch->number, "");
    tap->facts.released++;
    if (column.release == NULL) {
        return;
    }
    if (dpone_column_checksum(format, &column) != checksum) {
        report_batch(tap, batch->number, "a column that was moved out", "its bytes outlive the batch",
                     "they changed when the batch was released");
    }
    release_array(tap, &column, batch->number, "a column that was moved out");
}

static void check_unchanged(struct dpone_stream_tap *tap, const struct held_batch *batch) {
    if (batch->valid && dpone_batch_checksum(&tap->schema, &batch->array) != batch->checksum) {
        report_batch(tap, batch->number, "", "its bytes never change after get_next() returned it",
                     "they changed before it was released");
    }
}

/* Lets the oldest batch go. */
static void drop_oldest(struct dpone_stream_tap *tap) {
    struct held_batch *batch = tap->oldest;
    tap->oldest = batch->next;
    tap->newest = tap->oldest == NULL ? NULL : tap->newest;
    tap->held--;
    check_unchanged(tap, batch);
    release_batch(tap, batch);
    free(batch);
}

/* ---- The consumer's side of a batch ---- */

static void lent_release(struct ArrowArray *array) {
    struct held_batch *batch = array->private_data;
    array->release = NULL;
    batch->returned = 1;
}

static void lend(struct dpone_stream_tap *tap, struct held_batch *batch, struct ArrowArray *out) {
    batch->tap = tap;
    *out = batch->array;
    out->release = lent_release;
    out->private_data = batch;
    if (tap->newest == NULL) {
        tap->oldest = batch;
    } else {
        tap->newest->next = batch;
    }
    tap->newest = batch;
    tap->held++;
    while (tap->held > tap->settings.held_batches && tap->oldest->returned) {
        drop_oldest(tap);
    }
}

/* ---- Schema ---- */

static int ask_schema(struct dpone_stream_tap *tap, struct ArrowSchema *out) {
    memset(out, POISON, sizeof(*out));
    out->release = NULL;
    return tap->stream.get_schema(&tap->stream, out);
}

static void check_schema_again(struct dpone_stream_tap *tap) {
    struct ArrowSchema again;
    int answer = ask_schema(tap, &again);
    if (answer != 0) {
        report(tap, "get_schema()", "the schema, any number of times", "error %d after %lld batches", answer,
               (long long)tap->facts.batches);
    } else {
        if (!dpone_schema_equal(&tap->schema, &again)) {
            report(tap, "get_schema()", "the same schema every time", "another one after %lld batches",
                   (long long)tap->facts.batches);
        }
        again.release(&again);
    }
}

static int learn_schema(struct dpone_stream_tap *tap) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct ArrowSchema place;
    if (tap->schema.release != NULL) {
        return 0;
    }
    int answer = ask_schema(tap, &place);
    if (answer != 0) {
        return answer;
    }
    tap->schema = place; /* moved: the old place is poison */
    memset(&place, POISON, sizeof(place));
    if (dpone_schema_validate(&tap->schema, &error) != DPONE_OK) {
        report(tap, "get_schema()", "a schema of the ABI's types", "%s", error.message);
        if (tap->schema.release != NULL) {
            tap->schema.release(&tap->schema);
        }
        return EINVAL;
    }
    check_schema_again(tap);
    return 0;
}

/* ---- The consumer's stream ---- */

static int tap_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    struct dpone_stream_tap *tap = stream->private_data;
    struct dpone_error error = DPONE_ERROR_INIT;
    int answer = learn_schema(tap);
    if (answer != 0) {
        return answer;
    }
    return dpone_schema_copy(out, &tap->schema, &error) == DPONE_OK ? 0 : ENOMEM;
}

static int ask_next(struct dpone_stream_tap *tap, struct ArrowArray *out) {
    struct next_call call = {call_next, &tap->stream, out, 0};
    memset(out, POISON, sizeof(*out));
    out->release = NULL;
    dispatch(tap, &call);
    return call.answer;
}

/* After the end, and after an error, the answer stays the same. */
static void check_same_answer(struct dpone_stream_tap *tap, int first, const char *when) {
    struct ArrowArray again;
    int answer = ask_next(tap, &again);
    if (answer != first || again.release != NULL) {
        report(tap, "get_next()", "the same answer as before", "%s: %d, and now %d%s", when, first, answer,
               again.release != NULL ? " with a batch" : "");
    }
    if (answer == 0 && again.release != NULL) {
        again.release(&again);
    }
}

static int take_error(struct dpone_stream_tap *tap, int answer, const struct ArrowArray *array) {
    if (array->release != NULL) {
        report(tap, "get_next()", "a released array when it fails", "release is set");
    }
    const char *message = tap->stream.get_last_error(&tap->stream);
    if (message == NULL || *message == '\0') {
        report(tap, "get_last_error()", "a message after an error", "none");
    }
    (void)snprintf(tap->last_error, sizeof(tap->last_error), "%s", message == NULL ? "" : message);
    if (tap->facts.error == 0) {
        tap->facts.error = answer;
        check_same_answer(tap, answer, "after an error");
    }
    return answer;
}

static int take_end(struct dpone_stream_tap *tap, struct ArrowArray *out) {
    out->release = NULL;
    if (!tap->facts.ended) {
        tap->facts.ended = 1;
        check_same_answer(tap, 0, "after the end");
        check_schema_again(tap);
    }
    return 0;
}

static void check_batch(struct dpone_stream_tap *tap, struct held_batch *batch) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char expected[64];
    if (dpone_batch_validate(&tap->schema, &batch->array, &error) != DPONE_OK) {
        report_batch(tap, batch->number, "", "a correct batch of the stream's schema", error.message);
        return;
    }
    batch->valid = 1;
    batch->checksum = dpone_batch_checksum(&tap->schema, &batch->array);
    (void)snprintf(expected, sizeof(expected), "1 to %lld rows", (long long)tap->settings.maximum_rows);
    if (batch->array.length < 1 ||
        (tap->settings.maximum_rows > 0 && batch->array.length > tap->settings.maximum_rows)) {
        char observed[32];
        (void)snprintf(observed, sizeof(observed), "%lld rows", (long long)batch->array.length);
        report_batch(tap, batch->number, "", tap->settings.maximum_rows > 0 ? expected : "1 row or more",
                     observed);
    }
}

static int take_batch(struct dpone_stream_tap *tap, struct ArrowArray *place, struct ArrowArray *out) {
    struct held_batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL) {
        place->release(place);
        return ENOMEM;
    }
    batch->array = *place; /* moved: the old place is poison */
    memset(place, POISON, sizeof(*place));
    batch->number = tap->facts.batches++;
    check_batch(tap, batch);
    tap->facts.rows += batch->valid ? batch->array.length : 0;
    if (tap->facts.batches % 3 == 0) {
        check_schema_again(tap);
    }
    if (!batch->valid) { /* nobody may look into it */
        release_batch(tap, batch);
        free(batch);
        (void)snprintf(tap->last_error, sizeof(tap->last_error), "the batch is not valid");
        return EINVAL;
    }
    lend(tap, batch, out);
    return 0;
}

static int tap_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct dpone_stream_tap *tap = stream->private_data;
    struct ArrowArray place;
    out->release = NULL;
    int answer = learn_schema(tap);
    if (answer != 0) {
        return answer;
    }
    answer = ask_next(tap, &place);
    if (answer != 0) {
        return take_error(tap, answer, &place);
    }
    return place.release == NULL ? take_end(tap, out) : take_batch(tap, &place, out);
}

static const char *tap_get_last_error(struct ArrowArrayStream *stream) {
    struct dpone_stream_tap *tap = stream->private_data;
    return tap->last_error;
}

static void tap_release(struct ArrowArrayStream *stream) {
    struct dpone_stream_tap *tap = stream->private_data;
    struct stream_release_call call = {call_stream_release, &tap->stream};
    stream->release = NULL;
    dispatch(tap, &call);
    if (tap->stream.release != NULL) {
        report(tap, "the stream", "release() sets release to NULL", "it is still set");
        tap->stream.release = NULL;
    }
}

/* ---- Opening and closing ---- */

int32_t dpone_stream_tap_open(struct dpone_stream_tap **out_tap, struct ArrowArrayStream *out,
                              struct ArrowArrayStream *stream,
                              const struct dpone_stream_tap_settings *settings, struct dpone_error *error) {
    struct dpone_stream_tap *tap = calloc(1, sizeof(*tap));
    *out_tap = tap;
    out->release = NULL;
    if (tap == NULL) {
        stream->release(stream);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to watch a stream");
    }
    tap->settings = *settings;
    tap->settings.held_batches = settings->held_batches > 0 ? settings->held_batches : HELD_DEFAULT;
    tap->stream = *stream; /* moved */
    memset(stream, POISON, sizeof(*stream));
    stream->release = NULL;
    *out = (struct ArrowArrayStream){.get_schema = tap_get_schema,
                                     .get_next = tap_get_next,
                                     .get_last_error = tap_get_last_error,
                                     .release = tap_release,
                                     .private_data = tap};
    return DPONE_OK;
}

const struct dpone_stream_tap_facts *dpone_stream_tap_facts(const struct dpone_stream_tap *tap) {
    return &tap->facts;
}

void dpone_stream_tap_close(struct dpone_stream_tap *tap, struct dpone_stream_tap_facts *facts) {
    if (tap == NULL) {
        return;
    }
    while (tap->oldest != NULL) {
        drop_oldest(tap);
    }
    if (tap->schema.release != NULL) {
        tap->schema.release(&tap->schema);
    }
    if (facts != NULL) {
        *facts = tap->facts;
    }
    free(tap);
}
