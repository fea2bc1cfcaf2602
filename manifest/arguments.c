/* A command's options and operands as one list in the order given. A command line is short, so look-ups walk
 * it. */
#include "manifest/arguments.h"

#include <stdlib.h>
#include <string.h>

/* An operand has no option name. */
struct argument {
    const char *option;
    const char *value;
};

struct dpone_arguments {
    const char *command;
    struct argument *items;
    size_t count;
    size_t capacity;
};

struct dpone_arguments *dpone_arguments_new(const char *command) {
    struct dpone_arguments *arguments = calloc(1, sizeof(*arguments));
    if (arguments != NULL) {
        arguments->command = command;
    }
    return arguments;
}

void dpone_arguments_free(struct dpone_arguments *arguments) {
    if (arguments != NULL) {
        free(arguments->items);
        free(arguments);
    }
}

static int32_t arguments_append(struct dpone_arguments *arguments, struct argument item) {
    if (arguments->count == arguments->capacity) {
        size_t capacity = arguments->capacity == 0 ? 16 : arguments->capacity * 2;
        struct argument *items = realloc(arguments->items, capacity * sizeof(*items));
        if (items == NULL) {
            return DPONE_OUT_OF_MEMORY;
        }
        arguments->items = items;
        arguments->capacity = capacity;
    }
    arguments->items[arguments->count++] = item;
    return DPONE_OK;
}

int32_t dpone_arguments_add(struct dpone_arguments *arguments, const char *option, const char *value) {
    return arguments_append(arguments, (struct argument){option, value});
}

int32_t dpone_arguments_add_operand(struct dpone_arguments *arguments, const char *operand) {
    return arguments_append(arguments, (struct argument){NULL, operand});
}

const char *dpone_arguments_command(const struct dpone_arguments *arguments) {
    return arguments->command;
}

/* An operand is looked up by the name NULL. */
static int argument_is(const struct argument *item, const char *option) {
    if (option == NULL || item->option == NULL) {
        return option == item->option;
    }
    return strcmp(item->option, option) == 0;
}

size_t dpone_arguments_count(const struct dpone_arguments *arguments, const char *option) {
    size_t count = 0;
    for (size_t i = 0; i < arguments->count; i++) {
        count += (size_t)argument_is(&arguments->items[i], option);
    }
    return count;
}

const char *dpone_arguments_at(const struct dpone_arguments *arguments, const char *option, size_t index) {
    for (size_t i = 0; i < arguments->count; i++) {
        if (argument_is(&arguments->items[i], option) && index-- == 0) {
            return arguments->items[i].value;
        }
    }
    return NULL;
}

const char *dpone_arguments_value(const struct dpone_arguments *arguments, const char *option) {
    return dpone_arguments_at(arguments, option, 0);
}

int64_t dpone_arguments_integer(const struct dpone_arguments *arguments, const char *option,
                                int64_t otherwise) {
    const char *value = dpone_arguments_value(arguments, option);
    return value == NULL ? otherwise : (int64_t)strtoll(value, NULL, 10);
}

int dpone_arguments_flag(const struct dpone_arguments *arguments, const char *option) {
    return dpone_arguments_count(arguments, option) > 0;
}

size_t dpone_arguments_operand_count(const struct dpone_arguments *arguments) {
    return dpone_arguments_count(arguments, NULL);
}

const char *dpone_arguments_operand(const struct dpone_arguments *arguments, size_t index) {
    return dpone_arguments_at(arguments, NULL, index);
}
