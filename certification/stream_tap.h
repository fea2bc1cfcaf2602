/* A stream between a producer and a consumer that holds the producer to the letter of the Arrow C interface.
 *
 * The tap moves every struct it is handed and poisons the old place; validates schema and batches in full;
 * keeps the last batches after the consumer released them and proves that nobody wrote into them; moves a
 * child out of a batch and releases both; counts batches and releases; asks for the schema again and again;
 * asks on after the end and after an error; and, when told to, calls get_next and release on alternating
 * threads. */
#ifndef DPONE_CERTIFICATION_STREAM_TAP_H
#define DPONE_CERTIFICATION_STREAM_TAP_H

#include <dpone/arrow.h>
#include <dpone/error.h>

struct dpone_stream_tap;

struct dpone_stream_tap_settings {
    int64_t maximum_rows;      /* rows of a batch at most; 0: any */
    int64_t held_batches;      /* kept after the consumer released them; 0: 4 */
    int32_t alternate_threads; /* 1: every other call comes from another thread */
    void *context;
    /* What the producer did wrong, on the thread that uses the tap. Texts are valid during the call. */
    void (*problem)(void *context, const char *where, const char *expected, const char *observed);
};

struct dpone_stream_tap_facts {
    int64_t batches;
    int64_t rows;
    int64_t released; /* batches whose release was called, exactly once each */
    int64_t problems;
    int32_t ended; /* 1: the end was seen */
    int32_t error; /* errno value of the first error, 0: none */
};

/* Takes `stream` over (its release becomes NULL, the rest is poisoned) and makes `out`, an ordinary stream
 * for a consumer, who releases it. `settings` is copied. DPONE_OK or DPONE_OUT_OF_MEMORY; then `stream` was
 * released. */
int32_t dpone_stream_tap_open(struct dpone_stream_tap **tap, struct ArrowArrayStream *out,
                              struct ArrowArrayStream *stream,
                              const struct dpone_stream_tap_settings *settings, struct dpone_error *error);

/* Valid until the tap is closed. */
const struct dpone_stream_tap_facts *dpone_stream_tap_facts(const struct dpone_stream_tap *tap);

/* Checks and releases the batches that are still held, after the producer's stream, reader and instance may
 * be gone. The consumer has released `out` and every batch. Copies the final facts to `facts` (nullable).
 * NULL is harmless. */
void dpone_stream_tap_close(struct dpone_stream_tap *tap, struct dpone_stream_tap_facts *facts);

#endif
