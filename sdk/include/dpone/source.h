/* The source side of a connector: schema, reading with checkpoints, partitions. */
#ifndef DPONE_SOURCE_H
#define DPONE_SOURCE_H

#include <dpone/arrow.h>
#include <dpone/error.h>

DPONE_BEGIN_DECLS

struct dpone_instance; /* the connector's own; made by dpone_connector.open() */

/* A table, resource, topic or file set by name. Frozen. `schema` is the namespace, empty where the system has
 * none. */
struct dpone_table {
    struct dpone_string schema;
    struct dpone_string name;
};

enum dpone_read_mode {
    DPONE_READ_FULL = 0, /* everything there is; `after` is ignored for what is read but still validated */
    DPONE_READ_INCREMENTAL = 1 /* what came after the checkpoint `after`; empty: everything */
};

/* Lent by the caller for the duration of the call; a reader copies what it keeps. */
struct dpone_read_request {
    uint32_t struct_size;
    int32_t mode; /* enum dpone_read_mode */
    struct dpone_table
        stream; /* `source.table` of the manifest; an empty name means the one the options name */
    struct dpone_string
        cursor_column; /* column that grows with every change; empty: the connector's own notion */
    struct dpone_bytes
        after; /* a checkpoint of this source, from any earlier process; empty: the beginning */
    struct dpone_bytes partition; /* one of partitions(); empty: the whole stream */
    int64_t batch_rows;           /* rows of a batch at most; 0: the connector's choice */
    int64_t batch_bytes;          /* bytes of a batch to aim for; 0: the connector's choice */
};

/* One read under way. The caller allocates it zeroed but for struct_size; read() fills it.
 *
 * Batches: `stream` is a complete ArrowArrayStream and may be moved away (copy the struct, set the original's
 * release to NULL); batches stay valid after the stream, the reader and the instance are gone, and may be
 * released on any thread. get_schema() answers the same schema as schema(request), any number of times.
 * get_next() blocks until a batch, the end or an error:
 *   - a batch: returns 0; 1 row or more, at most batch_rows;
 *   - the end: returns 0 and a released array (release NULL);
 *   - an error: returns an errno value (never 0), leaves the array released; get_last_error() is its message,
 * last_error() its status. After an error or the end every further call answers the same. Abandoning: release
 * the stream at any point; nothing that was read is lost for the next read from the last checkpoint.
 *
 * All slots take `reader` and are serialised with the calls on its instance. */
struct dpone_reader {
    uint32_t struct_size;
    struct ArrowArrayStream stream;
    void *private_data;

    /* A checkpoint that covers exactly the batches get_next() has delivered so far: reading on from it yields
     * the next row, no gap, no duplicate. `out` must be empty. Before the first batch it equals the position
     * the read started from; of an empty start it may be empty. Usable after the end, an error, and moving or
     * releasing the stream. DPONE_OK, DPONE_OUT_OF_MEMORY. */
    int32_t (*checkpoint)(struct dpone_reader *reader, struct dpone_buffer *out, struct dpone_error *error);

    /* The status behind the last failure of the stream with its details, DPONE_OK when nothing failed. */
    int32_t (*last_error)(struct dpone_reader *reader, struct dpone_error *error);

    /* Ends the read and frees everything but batches, checkpoints and a stream that was moved away (which
     * then answers ECANCELED). Sets close to NULL. */
    void (*close)(struct dpone_reader *reader);
};

/* The answer of partitions(): an array of owned byte strings. */
struct dpone_partitions {
    uint32_t struct_size;
    int32_t shared_snapshot; /* 1: all partitions read one and the same state of the system */
    size_t count;
    struct dpone_buffer *const *items; /* opaque bytes, each readable by another process on another machine */
    void *private_data;
    void (*release)(struct dpone_partitions *partitions); /* frees the items too; NULL when empty */
};

/* Slots a source fills. `schema` and `read` are required; `partitions` is NULL when not offered. */
struct dpone_source_functions {
    uint32_t struct_size;

    /* Columns of what read(request) would deliver, as a "+s" schema that the caller releases. Same answer in
     * every call while the system's schema is the same; inferred types come from the whole documented sample,
     * not from the first row. DPONE_INVALID_ARGUMENT (request), DPONE_NOT_FOUND (no such stream), connection
     * failures. */
    int32_t (*schema)(struct dpone_instance *instance, const struct dpone_read_request *request,
                      struct ArrowSchema *out, struct dpone_error *error);

    /* Starts a read. Failures that can be known now are reported now, the others by get_next(). A checkpoint
     * that this source did not make is DPONE_INVALID_ARGUMENT; one that lies beyond the newest row reads 0
     * rows and is answered back by checkpoint(). */
    int32_t (*read)(struct dpone_instance *instance, const struct dpone_read_request *request,
                    struct dpone_reader *out, struct dpone_error *error);

    /* Cuts what read(request) would deliver into about `wanted` disjoint parts (1 or more) whose union is the
     * whole. */
    int32_t (*partitions)(struct dpone_instance *instance, const struct dpone_read_request *request,
                          size_t wanted, struct dpone_partitions *out, struct dpone_error *error);
};

DPONE_END_DECLS

#endif
