/* Words of a command line against the command table: every usage error is found and worded here. */
#include "generator/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/suggest.h"

enum { SUGGESTION_BYTES = 128 };

const char *dpone_option_value_name(const struct dpone_option *option) {
    return option->choices != NULL ? option->choices : option->placeholder;
}

const struct dpone_command_group *dpone_command_group_find(const char *name) {
    for (const struct dpone_command_group *group = dpone_command_groups; group->name != NULL; group++) {
        if (strcmp(group->name, name) == 0) {
            return group;
        }
    }
    return NULL;
}

/* What a command is called within its group, NULL when it is of another one. */
static const char *name_in_group(const struct dpone_command *command,
                                 const struct dpone_command_group *group) {
    size_t size = strlen(group->name);
    int within = strncmp(command->name, group->name, size) == 0 && command->name[size] == ' ';
    return within ? command->name + size + 1 : NULL;
}

int dpone_command_in_group(const struct dpone_command *command, const struct dpone_command_group *group) {
    return name_in_group(command, group) != NULL;
}

static const struct dpone_command *find_in_group(const struct dpone_command_group *group, const char *word,
                                                 struct dpone_error *error) {
    struct dpone_suggestion suggestion = {.word = dpone_string_of(word)};
    char text[SUGGESTION_BYTES];
    for (const struct dpone_command *command = dpone_commands; command->name != NULL; command++) {
        const char *name = name_in_group(command, group);
        if (name == NULL) {
            continue;
        }
        if (strcmp(name, word) == 0) {
            return command;
        }
        dpone_suggestion_consider(&suggestion, dpone_string_of(name));
    }
    (void)dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                          "there is no command '%s %s'%s (dpone %s --help lists them)", group->name, word,
                          dpone_suggestion_text(&suggestion, text, sizeof(text)), group->name);
    return NULL;
}

static const struct dpone_command *find_alone(const char *word, struct dpone_error *error) {
    struct dpone_suggestion suggestion = {.word = dpone_string_of(word)};
    char text[SUGGESTION_BYTES];
    for (const struct dpone_command *command = dpone_commands; command->name != NULL; command++) {
        if (strcmp(command->name, word) == 0) {
            return command;
        }
        if (strchr(command->name, ' ') == NULL) {
            dpone_suggestion_consider(&suggestion, dpone_string_of(command->name));
        }
    }
    for (const struct dpone_command_group *group = dpone_command_groups; group->name != NULL; group++) {
        dpone_suggestion_consider(&suggestion, dpone_string_of(group->name));
    }
    (void)dpone_error_set(
        error, DPONE_INVALID_ARGUMENT, "there is no %s '%s'%s (dpone --help lists the commands)",
        word[0] == '-' ? "option" : "command", word, dpone_suggestion_text(&suggestion, text, sizeof(text)));
    return NULL;
}

const struct dpone_command *dpone_command_find(size_t *out_words, int argc, char *const *argv,
                                               struct dpone_error *error) {
    *out_words = 1;
    const struct dpone_command_group *group = dpone_command_group_find(argv[1]);
    if (group == NULL) {
        return find_alone(argv[1], error);
    }
    if (argc < 3) {
        (void)dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                              "'%s' needs a command (dpone %s --help lists them)", group->name, group->name);
        return NULL;
    }
    *out_words = 2;
    return find_in_group(group, argv[2], error);
}

int dpone_command_wants_help(int argc, char *const *argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return 1;
        }
    }
    return 0;
}

/* The part of a word that names an option: all before the first `=`. */
static struct dpone_string option_name(const char *word) {
    return (struct dpone_string){word, strcspn(word, "=")};
}

static const struct dpone_option *find_option(const struct dpone_command *command, struct dpone_string name) {
    for (const struct dpone_option *option = command->options; option->name != NULL; option++) {
        if (dpone_string_equal(dpone_string_of(option->name), name)) {
            return option;
        }
    }
    return NULL;
}

static int32_t unknown_option(const struct dpone_command *command, struct dpone_string name,
                              struct dpone_error *error) {
    struct dpone_suggestion suggestion = {.word = name};
    char text[SUGGESTION_BYTES];
    for (const struct dpone_option *option = command->options; option->name != NULL; option++) {
        dpone_suggestion_consider(&suggestion, dpone_string_of(option->name));
    }
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                           "there is no option %.*s%s (dpone %s --help lists them)", (int)name.size,
                           name.data, dpone_suggestion_text(&suggestion, text, sizeof(text)), command->name);
}

static int32_t check_choice(const struct dpone_option *option, const char *value, struct dpone_error *error) {
    struct dpone_suggestion suggestion = {.word = dpone_string_of(value)};
    char text[SUGGESTION_BYTES];
    for (const char *choice = option->choices; *choice != '\0';) {
        struct dpone_string word = {choice, strcspn(choice, "|")};
        if (dpone_string_equal(word, suggestion.word)) {
            return DPONE_OK;
        }
        dpone_suggestion_consider(&suggestion, word);
        choice += word.size + (choice[word.size] == '|');
    }
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "option %s does not know '%s'%s%s takes %s",
                           option->name, value, dpone_suggestion_text(&suggestion, text, sizeof(text)),
                           suggestion.best.size > 0 ? " It" : "; it", option->choices);
}

static int32_t check_integer(const struct dpone_option *option, const char *value,
                             struct dpone_error *error) {
    errno = 0;
    (void)strtoll(value, NULL, 10);
    if (errno != 0 || *value == '\0' || value[strspn(value, "0123456789")] != '\0') {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "option %s needs a whole number from 0, not '%s'", option->name, value);
    }
    return DPONE_OK;
}

static int32_t accept_value(struct dpone_arguments *arguments, const struct dpone_option *option,
                            const char *value, struct dpone_error *error) {
    int32_t status = DPONE_OK;
    if (!(option->traits & DPONE_REPEATABLE) && dpone_arguments_count(arguments, option->name) > 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "option %s is given twice; give it once",
                               option->name);
    }
    if (value != NULL && option->choices != NULL) {
        status = check_choice(option, value, error);
    } else if (value != NULL && (option->traits & DPONE_INTEGER)) {
        status = check_integer(option, value, error);
    }
    if (status != DPONE_OK) {
        return status;
    }
    status = dpone_arguments_add(arguments, option->name, value);
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "out of memory");
}

/* One option at argv[0], its value behind `=` or in argv[1]; `*out_used` is how many words it took. */
static int32_t parse_option(int *out_used, struct dpone_arguments *arguments,
                            const struct dpone_command *command, int argc, char *const *argv,
                            struct dpone_error *error) {
    const char *word = argv[0];
    struct dpone_string name = option_name(word);
    const struct dpone_option *option = find_option(command, name);
    *out_used = 1;
    if (option == NULL) {
        return unknown_option(command, name, error);
    }
    const char *value_name = dpone_option_value_name(option);
    if (value_name == NULL) {
        if (word[name.size] == '=') {
            return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "option %s takes no value", option->name);
        }
        return accept_value(arguments, option, NULL, error);
    }
    if (word[name.size] == '=') {
        return accept_value(arguments, option, word + name.size + 1, error);
    }
    if (argc < 2 || find_option(command, option_name(argv[1])) != NULL) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "option %s needs a value: %s %s", option->name,
                               option->name, value_name);
    }
    *out_used = 2;
    return accept_value(arguments, option, argv[1], error);
}

static int32_t parse_operand(struct dpone_arguments *arguments, const struct dpone_command *command,
                             const char *word, struct dpone_error *error) {
    const struct dpone_operand *operand = &command->operand;
    size_t before = dpone_arguments_operand_count(arguments);
    if (operand->name == NULL || (before > 0 && !(operand->traits & DPONE_REPEATABLE))) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "unexpected argument '%s' (dpone %s --help shows what goes)", word,
                               command->name);
    }
    int32_t status = dpone_arguments_add_operand(arguments, word);
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "out of memory");
}

static int32_t parse_words(struct dpone_arguments *arguments, const struct dpone_command *command, int argc,
                           char *const *argv, struct dpone_error *error) {
    int options_ended = 0;
    for (int i = 0; i < argc;) {
        int used = 1;
        int32_t status = DPONE_OK;
        if (!options_ended && strcmp(argv[i], "--") == 0) {
            options_ended = 1;
        } else if (!options_ended && argv[i][0] == '-' && argv[i][1] != '\0') {
            status = parse_option(&used, arguments, command, argc - i, argv + i, error);
        } else {
            status = parse_operand(arguments, command, argv[i], error);
        }
        if (status != DPONE_OK) {
            return status;
        }
        i += used;
    }
    return DPONE_OK;
}

/* What was left out: an error when it is required, else its default. */
static int32_t complete(struct dpone_arguments *arguments, const struct dpone_command *command,
                        struct dpone_error *error) {
    if ((command->operand.traits & DPONE_REQUIRED) && dpone_arguments_operand_count(arguments) == 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s is missing: %s", command->operand.name,
                               command->operand.help);
    }
    for (const struct dpone_option *option = command->options; option->name != NULL; option++) {
        if (dpone_arguments_count(arguments, option->name) > 0) {
            continue;
        }
        if (option->traits & DPONE_REQUIRED) {
            return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "option %s %s is required: %s",
                                   option->name, dpone_option_value_name(option), option->help);
        }
        if (option->fallback != NULL &&
            dpone_arguments_add(arguments, option->name, option->fallback) != DPONE_OK) {
            return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory");
        }
    }
    return DPONE_OK;
}

int32_t dpone_command_parse(struct dpone_arguments **out, const struct dpone_command *command, int argc,
                            char *const *argv, struct dpone_error *error) {
    struct dpone_arguments *arguments = dpone_arguments_new(command->name);
    *out = NULL;
    if (arguments == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory");
    }
    int32_t status = parse_words(arguments, command, argc, argv, error);
    if (status == DPONE_OK) {
        status = complete(arguments, command, error);
    }
    if (status != DPONE_OK) {
        dpone_arguments_free(arguments);
        return status;
    }
    *out = arguments;
    return DPONE_OK;
}
