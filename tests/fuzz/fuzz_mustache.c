/* Template and data from one input, separated by the first NUL: parsed and rendered with both escapes, with
 * the template as every partial of itself. Nothing may be read or written out of bounds, and everything must
 * end. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "generator/mustache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int32_t find_itself(const struct dpone_template **out, void *user, struct dpone_string name,
                           struct dpone_error *error) {
    (void)error;
    *out = name.size % 2 == 0 ? NULL : user;
    return DPONE_OK;
}

static void render(struct dpone_template *self, const struct dpone_node *root,
                   enum dpone_template_escape escape) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_text out = {0};
    struct dpone_template_context context = {.data = &root,
                                             .data_count = root != NULL,
                                             .escape = escape,
                                             .strict = escape == DPONE_TEMPLATE_ESCAPE_HTML,
                                             .partial = find_itself,
                                             .user = self};
    (void)dpone_template_render(&out, self, &context, &error);
    dpone_text_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    const uint8_t *separator = size == 0 ? NULL : memchr(data, '\0', size);
    size_t template_size = separator == NULL ? size : (size_t)(separator - data);
    struct dpone_template *self = NULL;
    struct dpone_tree *tree = NULL;
    if (dpone_template_parse(&self, "t", (struct dpone_string){text, template_size}, NULL) != DPONE_OK) {
        return 0;
    }
    if (separator != NULL) {
        (void)dpone_tree_read_memory(&tree, "data.yaml", separator + 1, size - template_size - 1, NULL, NULL);
    }
    const struct dpone_node *root = tree == NULL ? NULL : dpone_tree_root(tree);
    render(self, root, DPONE_TEMPLATE_ESCAPE_NONE);
    render(self, root, DPONE_TEMPLATE_ESCAPE_HTML);
    dpone_tree_free(tree);
    dpone_template_free(self);
    return 0;
}
