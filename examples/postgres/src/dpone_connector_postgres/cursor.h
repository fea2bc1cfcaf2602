/* Where a read stands: the place of the last row, and the value of the cursor column when there is one. */
#ifndef DPONE_CONNECTOR_POSTGRES_CURSOR_H
#define DPONE_CONNECTOR_POSTGRES_CURSOR_H

#include "rows.h"

/* Writes a checkpoint of a read of `table` in the order of `column` ("": in which rows are stored). */
int32_t postgres_cursor_write(struct dpone_buffer *out, const struct postgres_table *table,
                              const char *column, const struct postgres_place *place,
                              struct dpone_error *error);

/* Reads it; texts are borrowed from the checkpoint. DPONE_INVALID_ARGUMENT when it is damaged, or of another
 * table or column. */
int32_t postgres_cursor_read(struct postgres_place *out, struct dpone_bytes checkpoint,
                             const struct postgres_table *table, const char *column,
                             struct dpone_error *error);

/* Adds the condition that rows behind the place fulfil. `column` is NULL without a cursor. */
int32_t postgres_cursor_add_condition(struct postgres_sql *sql, const struct postgres_place *place,
                                      const struct postgres_column *column, int has_children,
                                      struct dpone_error *error);

#endif
