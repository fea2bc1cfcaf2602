/* Batches made on demand, dressed as what the ABI hands out: an ArrowArrayStream, or a whole struct
 * dpone_reader.
 *
 * A connector writes next(), for a source also checkpoint(); what source.h promises beyond that (the end and
 * an error stick, a stream may be moved, abandoned, or outlive its reader) is kept here. */
#ifndef DPONE_STREAM_H
#define DPONE_STREAM_H

#include <dpone/schema.h>
#include <dpone/source.h>

DPONE_BEGIN_DECLS

/* A static table, so without struct_size. */
struct dpone_stream_functions {
    /* Fills `out`, which is zeroed, with a batch of 1 row or more, or leaves it alone at the end. `error` is
     * never NULL. Not called again after the end or a failure. */
    int32_t (*next)(void *context, struct ArrowArray *out, struct dpone_error *error);

    /* As dpone_reader.checkpoint; NULL for a stream that is no reader's. */
    int32_t (*checkpoint)(void *context, struct dpone_buffer *out, struct dpone_error *error);

    /* Frees `context`; called once. */
    void (*close)(void *context);
};

/* Makes a stream of batches of `schema`, which is copied. On success the stream owns `context` and closes it
 * when released; on failure `out` is zeroed and `context` is still the caller's. DPONE_OK or
 * DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_stream_open(struct ArrowArrayStream *out, const struct ArrowSchema *schema,
                                    const struct dpone_stream_functions *functions, void *context,
                                    struct dpone_error *error);

/* The same as a reader: its slots and its stream; `context` is closed with the reader. `out` has its
 * struct_size. */
DPONE_API int32_t dpone_reader_open(struct dpone_reader *out, const struct ArrowSchema *schema,
                                    const struct dpone_stream_functions *functions, void *context,
                                    struct dpone_error *error);

DPONE_END_DECLS

#endif
