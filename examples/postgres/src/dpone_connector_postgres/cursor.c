/* Where a read stands. */
#include "cursor.h"

#include <stdio.h>

#include "pack.h"
#include "value.h"

#define CURSOR_FORMAT "postgres checkpoint 1"

int32_t postgres_cursor_write(struct dpone_buffer *out, const struct postgres_table *table,
                              const char *column, const struct postgres_place *place,
                              struct dpone_error *error) {
    struct postgres_sql pack = {0};
    postgres_pack_add(&pack, dpone_string_of(CURSOR_FORMAT));
    postgres_pack_add(&pack, dpone_string_of(table->schema));
    postgres_pack_add(&pack, dpone_string_of(table->name));
    postgres_pack_add(&pack, dpone_string_of(column));
    postgres_pack_add_integer(&pack, place->table);
    postgres_pack_add_integer(&pack, place->page);
    postgres_pack_add_integer(&pack, place->item);
    postgres_pack_add_integer(&pack, place->is_null);
    postgres_pack_add(&pack, place->cursor);
    return postgres_pack_finish(&pack, out, error);
}

static int cursor_in_range(const struct postgres_place *place) {
    return place->table >= 0 && place->table <= UINT32_MAX && place->page >= 0 && place->page <= UINT32_MAX &&
           place->item >= 0 && place->item <= UINT16_MAX;
}

int32_t postgres_cursor_read(struct postgres_place *out, struct dpone_bytes checkpoint,
                             const struct postgres_table *table, const char *column,
                             struct dpone_error *error) {
    struct dpone_bytes rest = checkpoint;
    int64_t is_null = 0;
    if (postgres_pack_next_is(&rest, CURSOR_FORMAT) && postgres_pack_next_is(&rest, table->schema) &&
        postgres_pack_next_is(&rest, table->name) && postgres_pack_next_is(&rest, column) &&
        postgres_pack_next_integer(&rest, &out->table) && postgres_pack_next_integer(&rest, &out->page) &&
        postgres_pack_next_integer(&rest, &out->item) && postgres_pack_next_integer(&rest, &is_null) &&
        postgres_pack_next(&rest, &out->cursor) && rest.size == 0 && cursor_in_range(out)) {
        out->is_null = is_null != 0;
        return DPONE_OK;
    }
    return dpone_error_set(
        error, DPONE_INVALID_ARGUMENT,
        "the checkpoint is none of table \"%s\" in the order of %s; remove the state to read from the "
        "beginning",
        table->name, column[0] == '\0' ? "its storage" : column);
}

/* Behind the place among rows with equal cursors. */
static void cursor_add_place(struct postgres_sql *sql, const struct postgres_place *place, int has_children) {
    char text[96];
    (void)snprintf(text, sizeof(text), "'(%lld,%lld)'::tid", (long long)place->page, (long long)place->item);
    if (!has_children) {
        postgres_sql_add(sql, "ctid > %s", text);
        return;
    }
    postgres_sql_add(sql, "(tableoid, ctid) > (");
    (void)snprintf(text, sizeof(text), "%lld::oid, '(%lld,%lld)'::tid)", (long long)place->table,
                   (long long)place->page, (long long)place->item);
    postgres_sql_add(sql, "%s", text);
}

int32_t postgres_cursor_add_condition(struct postgres_sql *sql, const struct postgres_place *place,
                                      const struct postgres_column *column, int has_children,
                                      struct dpone_error *error) {
    struct postgres_sql value = {0};
    int32_t status = DPONE_OK;
    if (column == NULL) {
        cursor_add_place(sql, place, has_children);
        return DPONE_OK;
    }
    if (place->is_null) { /* these come first */
        postgres_sql_add(sql, "(%I IS NOT NULL OR ", column->as.name);
    } else {
        status = postgres_value_add_literal(&value, column, place->cursor, error);
        const char *literal = value.data == NULL ? "NULL" : value.data;
        postgres_sql_add(sql, "%I >= %s AND (%I > %s OR ", column->as.name, literal, column->as.name,
                         literal);
        sql->failed |= value.failed;
        postgres_sql_clear(&value);
    }
    cursor_add_place(sql, place, has_children);
    postgres_sql_add(sql, ")");
    return status;
}
