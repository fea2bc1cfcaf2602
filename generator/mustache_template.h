/* The parsed form of a template, shared by the parser and the renderer and by nobody else. */
#ifndef DPONE_GENERATOR_MUSTACHE_TEMPLATE_H
#define DPONE_GENERATOR_MUSTACHE_TEMPLATE_H

#include "generator/mustache.h"

enum mustache_kind {
    MUSTACHE_TEXT,     /* `text` as it stands */
    MUSTACHE_VALUE,    /* the value called `text`, escaped */
    MUSTACHE_RAW,      /* the same, never escaped */
    MUSTACHE_SECTION,  /* the nodes up to `end` for a true value, once for each item of a list */
    MUSTACHE_INVERTED, /* the nodes up to `end` for a false one */
    MUSTACHE_PARTIAL   /* the template called `text`, each line after `indent` */
};

struct mustache_node {
    enum mustache_kind kind;
    int at_line_start; /* 1: an indentation goes before it; never for a tag that stands alone on its line */
    struct dpone_string text;   /* within the source */
    struct dpone_string indent; /* within the source; of a standalone partial */
    size_t end;                 /* index of the node behind a section */
    size_t offset;              /* of the tag in the source, for messages */
};

struct dpone_template {
    char *name;
    char *source;
    size_t source_size;
    struct mustache_node *nodes;
    size_t count;
    size_t capacity;
};

/* Fills `error` with "name:line:column: message" for a place in the source and returns `status`. */
int32_t mustache_error(const struct dpone_template *self, size_t offset, int32_t status,
                       struct dpone_error *error, const char *format, ...) DPONE_PRINTF(5, 6);

#endif
