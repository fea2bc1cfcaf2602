/* Opaque bytes of this connector: checkpoints, partitions and plans are lists of texts, "5:hello,2:42,". */
#ifndef DPONE_CONNECTOR_POSTGRES_PACK_H
#define DPONE_CONNECTOR_POSTGRES_PACK_H

#include <dpone/dpone.h>

#include "sql.h"

/* Adds one text, any bytes. */
void postgres_pack_add(struct postgres_sql *pack, struct dpone_string text);
void postgres_pack_add_integer(struct postgres_sql *pack, int64_t integer);

/* Clears `pack` and copies its bytes into an empty buffer. DPONE_OUT_OF_MEMORY also when an addition failed.
 */
int32_t postgres_pack_finish(struct postgres_sql *pack, struct dpone_buffer *out, struct dpone_error *error);

/* Takes the first text off `rest`; 0 when there is none. `*out` points into the bytes. */
int postgres_pack_next(struct dpone_bytes *rest, struct dpone_string *out);
int postgres_pack_next_integer(struct dpone_bytes *rest, int64_t *out);

/* Takes the first text off, and is 1 when it is this one. */
int postgres_pack_next_is(struct dpone_bytes *rest, const char *expected);

#endif
