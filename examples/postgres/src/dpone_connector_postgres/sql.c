/* SQL under construction. */
#include "sql.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The old memory is wiped, since a connection string grows here too. */
static int sql_reserve(struct postgres_sql *sql, size_t size) {
    size_t wanted = sql->size + size + 1;
    if (sql->failed || wanted <= sql->capacity) {
        return !sql->failed;
    }
    size_t capacity = wanted < 256 ? 256 : 2 * wanted;
    char *grown = malloc(capacity);
    if (grown == NULL) {
        sql->failed = 1;
        return 0;
    }
    if (sql->size > 0) {
        memcpy(grown, sql->data, sql->size);
    }
    size_t used = sql->size;
    postgres_sql_wipe(sql);
    *sql = (struct postgres_sql){.data = grown, .size = used, .capacity = capacity};
    return 1;
}

void postgres_sql_add_bytes(struct postgres_sql *sql, const void *data, size_t size) {
    if (size > 0 && sql_reserve(sql, size)) {
        memcpy(sql->data + sql->size, data, size);
        sql->size += size;
        sql->data[sql->size] = '\0';
    }
}

/* Doubles every quote within. Literals hold no escapes: standard_conforming_strings is on. */
static void sql_add_quoted(struct postgres_sql *sql, const char *text, char quote) {
    postgres_sql_add_bytes(sql, &quote, 1);
    for (const char *at = text; *at != '\0'; at++) {
        postgres_sql_add_bytes(sql, at, 1);
        if (*at == quote) {
            postgres_sql_add_bytes(sql, at, 1);
        }
    }
    postgres_sql_add_bytes(sql, &quote, 1);
}

static void sql_add_argument(struct postgres_sql *sql, char what, va_list *arguments) {
    const struct postgres_table *table = NULL;
    const char *text = NULL;
    char character = '\0';
    switch (what) {
    case 'c':
        character = (char)va_arg(*arguments, int);
        postgres_sql_add_bytes(sql, &character, 1);
        break;
    case 'T':
        table = va_arg(*arguments, const struct postgres_table *);
        sql_add_quoted(sql, table->schema, '"');
        postgres_sql_add_bytes(sql, ".", 1);
        sql_add_quoted(sql, table->name, '"');
        break;
    default:
        text = va_arg(*arguments, const char *);
        if (what == 's') {
            postgres_sql_add_bytes(sql, text, strlen(text));
        } else {
            sql_add_quoted(sql, text, what == 'I' ? '"' : '\'');
        }
        break;
    }
}

void postgres_sql_add(struct postgres_sql *sql, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    for (const char *at = format; *at != '\0';) {
        size_t plain = strcspn(at, "%");
        postgres_sql_add_bytes(sql, at, plain);
        at += plain;
        if (*at == '%') {
            sql_add_argument(sql, at[1], &arguments);
            at += 2;
        }
    }
    va_end(arguments);
}

void postgres_sql_clear(struct postgres_sql *sql) {
    free(sql->data);
    *sql = (struct postgres_sql){0};
}

void postgres_sql_wipe(struct postgres_sql *sql) {
    if (sql->data != NULL) {
        dpone_wipe(sql->data, sql->capacity);
    }
    postgres_sql_clear(sql);
}
