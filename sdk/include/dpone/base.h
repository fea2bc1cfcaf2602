/* What every other header of the connector ABI stands on: linkage, views of bytes, owned bytes.
 *
 * Rules of the whole ABI (docs/decisions/0001-connector-abi.md):
 *  - Every struct starts with `uint32_t struct_size`, set by whoever allocates it to sizeof(its own type); a
 * reader touches no member that lies beyond it. Members are only ever appended. Growable structs are nested
 * by pointer. Structs that others embed are frozen: the views and the buffer below, struct dpone_table,
 * struct dpone_wait_fd and Arrow's own.
 *  - Enumerations travel as int32_t, sizes of memory as size_t, counts of rows as int64_t.
 *  - Strings and bytes are pointer + length; strings are UTF-8, not NUL-terminated. An empty view may have
 * data NULL.
 *  - Memory is freed by the release function of whoever made it. */
#ifndef DPONE_BASE_H
#define DPONE_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define DPONE_BEGIN_DECLS extern "C" {
#define DPONE_END_DECLS }
#else
#define DPONE_BEGIN_DECLS
#define DPONE_END_DECLS
#endif

/* A function of libdpone: exported by the shared library, invisible in a plug-in that links the static one.
 */
#if defined(DPONE_BUILDING_SHARED)
#define DPONE_API __attribute__((visibility("default")))
#else
#define DPONE_API
#endif

/* The one symbol of a plug-in. */
#define DPONE_EXPORT __attribute__((visibility("default")))

#if defined(__GNUC__)
#define DPONE_PRINTF(format_index, first_argument)                                                           \
    __attribute__((format(printf, format_index, first_argument)))
#else
#define DPONE_PRINTF(format_index, first_argument)
#endif

DPONE_BEGIN_DECLS

/* A borrowed string: UTF-8, `size` bytes, no terminator promised. Valid as long as its lender says. */
struct dpone_string {
    const char *data;
    size_t size;
};

/* Borrowed bytes, any value. */
struct dpone_bytes {
    const uint8_t *data;
    size_t size;
};

/* Owned bytes: checkpoints, tokens, receipts, partitions, state values. They are immutable, may be read on
 * any thread, and outlive the object that made them. The holder calls release exactly once through
 * dpone_buffer_clear(), on any thread; a NULL release marks an empty (or released) buffer. */
struct dpone_buffer {
    uint32_t struct_size;
    const uint8_t *data;
    size_t size;
    void *private_data;
    void (*release)(struct dpone_buffer *buffer);
};

/* 1 when `member` of the struct lies within the struct_size that its maker gave it. */
#define DPONE_HAS(pointer, type, member)                                                                     \
    ((pointer)->struct_size >= offsetof(type, member) + sizeof(((const type *)0)->member))

/* Borrowed view of a C string; NULL gives an empty view. */
DPONE_API struct dpone_string dpone_string_of(const char *text);

/* 1 when both hold the same bytes, else 0. */
DPONE_API int dpone_string_equal(struct dpone_string left, struct dpone_string right);

/* Copies what fits of a filled struct to a caller's: both begin with their struct_size, the caller's stays as
 * it is. How a connector fills a handle or a table that a host with other headers may have allocated. */
DPONE_API void dpone_struct_fill(void *out, const void *filled);

/* An empty buffer, ready to be filled by a callee. */
#define DPONE_BUFFER_INIT                                                                                    \
    { (uint32_t)sizeof(struct dpone_buffer), NULL, 0, NULL, NULL }

/* Copies `size` bytes from `data` into `out` (which must be empty). DPONE_OK or DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_buffer_copy(struct dpone_buffer *out, const void *data, size_t size);

/* Releases and empties; harmless on an empty buffer. */
DPONE_API void dpone_buffer_clear(struct dpone_buffer *buffer);

/* The bytes of a buffer as a view, valid until it is cleared. */
DPONE_API struct dpone_bytes dpone_buffer_view(const struct dpone_buffer *buffer);

DPONE_END_DECLS

#endif
