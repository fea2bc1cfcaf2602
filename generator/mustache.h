/* Mustache templates: the mandatory modules of the Mustache specification 1.4.3, no lambdas, inheritance or
 * dynamic names.
 *
 * A template is text with tags: {{name}}, {{{name}}} and {{&name}} interpolate (the last two without
 * escaping),
 * {{#name}}...{{/name}} repeats or includes, {{^name}}...{{/name}} is its opposite, {{>name}} inserts a
 * partial,
 * {{!...}} is a comment, {{=<% %>=}} changes the delimiters. docs/reference/templates.md explains them to
 * authors.
 *
 * Choices where the specification leaves one: absent, null, false and an empty list are false, all else is
 * true; interpolating a list or mapping is an error; the indentation of a standalone partial goes before
 * every line of it that is not empty. */
#ifndef DPONE_GENERATOR_MUSTACHE_H
#define DPONE_GENERATOR_MUSTACHE_H

#include <stddef.h>
#include <stdint.h>

#include <dpone/error.h>

#include "generator/text.h"
#include "manifest/tree.h"

/* Limits, so that no template can run away. */
enum {
    DPONE_TEMPLATE_MAX_BYTES = 16 * 1024 * 1024,
    DPONE_TEMPLATE_MAX_OUTPUT_BYTES = 64 * 1024 * 1024,
    DPONE_TEMPLATE_MAX_SECTION_DEPTH = 128, /* within one template */
    DPONE_TEMPLATE_MAX_PARTIAL_DEPTH = 128, /* partials within partials */
    DPONE_TEMPLATE_MAX_DEPTH = 1024,        /* sections within each other, through all partials */
    DPONE_TEMPLATE_MAX_STEPS = 20 * 1000 * 1000
};

/* A parsed template. It never changes: any number of threads may render it. */
struct dpone_template;

enum dpone_template_escape { DPONE_TEMPLATE_ESCAPE_NONE, DPONE_TEMPLATE_ESCAPE_HTML };

/* Parses a copy of `text`; `name` is how messages call it. INVALID_ARGUMENT with `name:line:column: ...` when
 * a tag is wrong, RESOURCE_EXHAUSTED beyond a limit, OUT_OF_MEMORY. The caller frees *out. */
int32_t dpone_template_parse(struct dpone_template **out, const char *name, struct dpone_string text,
                             struct dpone_error *error);

/* The same for a file; also NOT_FOUND, PERMISSION_DENIED, IO. */
int32_t dpone_template_read(struct dpone_template **out, const char *path, struct dpone_error *error);

/* NULL is harmless. */
void dpone_template_free(struct dpone_template *self);

/* How to render. All of it is borrowed for the call. */
struct dpone_template_context {
    /* The context stack to start with, outermost first; a name is looked for in the last one first. */
    const struct dpone_node *const *data;
    size_t data_count;
    enum dpone_template_escape escape;
    /* 1: a name or partial that does not exist is an error; 0: it renders as nothing, as the specification
     * says. */
    int strict;
    /* Gives the partial called `name`, which stays the callee's, or NULL when there is none. NULL: there are
     * no partials. */
    int32_t (*partial)(const struct dpone_template **out, void *user, struct dpone_string name,
                       struct dpone_error *error);
    void *user;
};

/* Adds the rendered text to `out`. INVALID_ARGUMENT with `name:line:column: ...`, RESOURCE_EXHAUSTED,
 * OUT_OF_MEMORY, or what `partial` answered. */
int32_t dpone_template_render(struct dpone_text *out, const struct dpone_template *self,
                              const struct dpone_template_context *context, struct dpone_error *error);

/* 1 when a section called `name` would be shown, 0 when not, -1 when there is no such name: for conditions
 * outside of templates. */
int dpone_template_truth(const struct dpone_template_context *context, struct dpone_string name);

#endif
