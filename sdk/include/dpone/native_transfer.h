/* Native transfer: moving data in a system's own bulk format, past Arrow. Optional, declared by name in the
 * package manifest
 * ("stream_export" and so on). Names beginning with object_ are reserved. */
#ifndef DPONE_NATIVE_TRANSFER_H
#define DPONE_NATIVE_TRANSFER_H

#include <dpone/error.h>
#include <dpone/sink.h>
#include <dpone/source.h>

DPONE_BEGIN_DECLS

/* SHA-256 of the bytes transferred. */
#define DPONE_TRANSFER_CHECKSUM_BYTES 32

enum dpone_transfer_format {
    DPONE_FORMAT_TABSEPARATED = 0, /* one row a line, tab between values, \N for NULL, \t \n \\ escaped */
    DPONE_FORMAT_JSONL = 1         /* one JSON object a line */
};

/* Lent for the call. */
struct dpone_transfer_request {
    uint32_t struct_size;
    int32_t format;        /* enum dpone_transfer_format */
    int64_t maximum_bytes; /* more is DPONE_RESOURCE_EXHAUSTED, and nothing is left behind; 0: no bound */
    struct dpone_string idempotency_key;
    const struct dpone_read_request *read; /* exports: what to read */
    const struct dpone_load_request *load; /* staging loads: where to */
    struct dpone_string path; /* file_*: absolute path of the file to write (must not exist) or to read */
};

/* A transfer under way; bytes flow in the direction of its slot. The caller allocates it zeroed but for
 * struct_size. */
struct dpone_transfer {
    uint32_t struct_size;
    void *private_data;

    /* Exports: fills at most `capacity` bytes; `*size` 0 with DPONE_OK is the end. NULL for loads. */
    int32_t (*read)(struct dpone_transfer *transfer, void *buffer, size_t capacity, size_t *size,
                    struct dpone_error *error);

    /* Loads: takes all `size` bytes. NULL for exports. */
    int32_t (*write)(struct dpone_transfer *transfer, const void *data, size_t size,
                     struct dpone_error *error);

    /* Ends the transfer. Exports: fills checksum (32 bytes) and rows. Loads: compares with `checksum` first
     * and answers DPONE_DATA_CORRUPT without keeping anything when it differs; then `load` is filled, staged,
     * ready for open_staged and publish. */
    int32_t (*finish)(struct dpone_transfer *transfer, uint8_t *checksum, int64_t *rows,
                      struct dpone_load *load, struct dpone_error *error);

    /* Stops and removes every trace: files, staging. Harmless twice. */
    int32_t (*abort)(struct dpone_transfer *transfer, struct dpone_error *error);

    /* Frees the handle; an unfinished transfer is aborted. Sets close to NULL. */
    void (*close)(struct dpone_transfer *transfer);
};

/* Slots, each NULL unless declared. The file_ ones read or write request->path themselves; finish() reports
 * as above. */
struct dpone_native_transfer_functions {
    uint32_t struct_size;
    int32_t (*stream_export)(struct dpone_instance *instance, const struct dpone_transfer_request *request,
                             struct dpone_transfer *out, struct dpone_error *error);
    int32_t (*file_export)(struct dpone_instance *instance, const struct dpone_transfer_request *request,
                           struct dpone_transfer *out, struct dpone_error *error);
    int32_t (*stream_staging_load)(struct dpone_instance *instance,
                                   const struct dpone_transfer_request *request, struct dpone_transfer *out,
                                   struct dpone_error *error);
    int32_t (*file_staging_load)(struct dpone_instance *instance,
                                 const struct dpone_transfer_request *request, struct dpone_transfer *out,
                                 struct dpone_error *error);
};

DPONE_END_DECLS

#endif
