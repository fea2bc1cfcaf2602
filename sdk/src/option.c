/* The option tree: lookup and deep copies (dpone/option.h). A copied node is one block: the struct, its
 * children's pointers, its key and its text. */
#include <dpone/option.h>

#include <string.h>

#include "memory.h"

const struct dpone_option *dpone_option_get(const struct dpone_option *map, const char *key) {
    if (map == NULL || map->kind != DPONE_OPTION_MAP)
        return NULL;
    for (size_t i = 0; i < map->child_count; i++)
        if (dpone_string_equal(map->children[i]->key, dpone_string_of(key)))
            return map->children[i];
    return NULL;
}

void dpone_option_free(struct dpone_option *option) {
    if (option == NULL)
        return;
    for (size_t i = 0; i < option->child_count; i++)
        dpone_option_free((struct dpone_option *)option->children[i]);
    dpone_memory_free(option);
}

/* Copies `text` to `*room`, steps over it, and returns the view of the copy. */
static struct dpone_string option_copy_text(char **room, struct dpone_string text) {
    struct dpone_string copy = {*room, text.size};
    if (text.size > 0)
        memcpy(*room, text.data, text.size);
    *room += text.size;
    return copy;
}

/* The node itself, without children yet; NULL when out of memory. */
static struct dpone_option *option_copy_node(const struct dpone_option *option) {
    size_t pointers = option->child_count * sizeof(struct dpone_option *);
    struct dpone_option *copy =
        dpone_memory_allocate(sizeof(*copy) + pointers + option->key.size + option->text.size);
    if (copy == NULL)
        return NULL;
    char *room = (char *)(copy + 1) + pointers;
    memset(copy, 0, sizeof(*copy));
    copy->struct_size = (uint32_t)sizeof(*copy);
    copy->kind = option->kind;
    copy->integer = option->integer;
    copy->real = option->real;
    copy->key = option_copy_text(&room, option->key);
    copy->text = option_copy_text(&room, option->text);
    if (DPONE_HAS(option, struct dpone_option, column)) {
        copy->line = option->line;
        copy->column = option->column;
    }
    return copy;
}

int32_t dpone_option_copy(struct dpone_option **out, const struct dpone_option *option) {
    *out = NULL;
    struct dpone_option *copy = option_copy_node(option);
    if (copy == NULL)
        return DPONE_OUT_OF_MEMORY;
    struct dpone_option **children = (struct dpone_option **)(void *)(copy + 1);
    copy->children = (const struct dpone_option *const *)(void *)children;
    for (size_t i = 0; i < option->child_count; i++) {
        if (dpone_option_copy(&children[i], option->children[i]) != DPONE_OK) {
            dpone_option_free(copy);
            return DPONE_OUT_OF_MEMORY;
        }
        copy->child_count = i + 1;
    }
    *out = copy;
    return DPONE_OK;
}
