/* A cache of parsed partials, those that do not exist included: a list, for a template has few of them. */
#include "generator/partials.h"

#include <stdlib.h>
#include <string.h>

struct partial {
    struct partial *next;
    struct dpone_template *template; /* NULL: there is no such file */
    struct dpone_text name;
};

/* `*out` stays NULL when no folder has the file. */
static int32_t read_partial(struct dpone_template **out, const struct dpone_partials *self,
                            struct dpone_string name, struct dpone_error *error) {
    static const char *const suffixes[] = {".mustache", ""};
    struct dpone_text path = {0};
    int32_t status = DPONE_NOT_FOUND;
    for (size_t i = 0; i < 2 * self->folder_count && status == DPONE_NOT_FOUND; i++) {
        path.size = 0;
        status = dpone_text_append_format(&path, "%s/%.*s%s", self->folders[i / 2], (int)name.size, name.data,
                                          suffixes[i % 2]);
        status =
            status == DPONE_OK ? dpone_template_read(out, path.data, error) : dpone_text_memory_error(error);
    }
    dpone_text_clear(&path);
    return status == DPONE_NOT_FOUND ? DPONE_OK : status;
}

int32_t dpone_partials_find(const struct dpone_template **out, void *user, struct dpone_string name,
                            struct dpone_error *error) {
    struct dpone_partials *self = user;
    *out = NULL;
    for (const struct partial *partial = self->loaded; partial != NULL; partial = partial->next) {
        if (dpone_string_equal((struct dpone_string){partial->name.data, partial->name.size}, name)) {
            *out = partial->template;
            return DPONE_OK;
        }
    }
    struct partial *partial = calloc(1, sizeof(*partial));
    if (partial == NULL || dpone_text_append(&partial->name, name.data, name.size) != DPONE_OK) {
        free(partial);
        return dpone_text_memory_error(error);
    }
    int32_t status = read_partial(&partial->template, self, name, error);
    partial->next = self->loaded;
    self->loaded = partial;
    *out = partial->template;
    return status;
}

void dpone_partials_clear(struct dpone_partials *self) {
    while (self->loaded != NULL) {
        struct partial *partial = self->loaded;
        self->loaded = partial->next;
        dpone_template_free(partial->template);
        dpone_text_clear(&partial->name);
        free(partial);
    }
}
