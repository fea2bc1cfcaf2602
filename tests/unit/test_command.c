/* generator/command.h: what a command line means, and the exact words for one that means nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "generator/command.h"

static const struct dpone_option options[] = {
    {.name = "--root", .placeholder = "DIR", .fallback = ".", .help = "Where"},
    {.name = "--side", .choices = "source|sink", .traits = DPONE_REPEATABLE, .help = "Which side"},
    {.name = "--seed", .placeholder = "N", .traits = DPONE_INTEGER, .help = "Seed"},
    {.name = "--plugin", .placeholder = "FILE", .traits = DPONE_REQUIRED, .help = "The plug-in"},
    {.name = "--dry-run", .help = "Only say"},
    {0},
};

static const struct dpone_command command = {.name = "group make",
                                             .description = "Makes it.",
                                             .operand = {"NAME", DPONE_REQUIRED, "What to make"},
                                             .options = options};

static const struct dpone_command command_of_many = {
    .name = "check", .operand = {"FILE", DPONE_REPEATABLE, "Files"}, .options = &options[5]};

/* Parses words ended by NULL; on failure the message is in `message`. */
static struct dpone_arguments *parse(const struct dpone_command *which, const char **words, char *message) {
    struct dpone_arguments *arguments = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    int count = 0;
    while (words[count] != NULL) {
        count++;
    }
    int32_t status = dpone_command_parse(&arguments, which, count, (char *const *)(uintptr_t)words, &error);
    assert_int_equal(status, error.status);
    (void)snprintf(message, DPONE_ERROR_MESSAGE_BYTES, "%s", error.message);
    return arguments;
}

static void command_parse__reads_every_form(void **state) {
    char message[DPONE_ERROR_MESSAGE_BYTES];
    const char *words[] = {"--side", "sink",      "demo", "--side=source", "--plugin=a=b", "--seed",
                           "7",      "--dry-run", NULL};
    struct dpone_arguments *arguments = parse(&command, words, message);
    (void)state;
    assert_non_null(arguments);
    assert_string_equal(dpone_arguments_command(arguments), "group make");
    assert_int_equal(dpone_arguments_operand_count(arguments), 1);
    assert_string_equal(dpone_arguments_operand(arguments, 0), "demo");
    assert_int_equal(dpone_arguments_count(arguments, "--side"), 2);
    assert_string_equal(dpone_arguments_at(arguments, "--side", 0), "sink");
    assert_string_equal(dpone_arguments_at(arguments, "--side", 1), "source");
    assert_null(dpone_arguments_at(arguments, "--side", 2));
    assert_string_equal(dpone_arguments_value(arguments, "--plugin"), "a=b");
    assert_string_equal(dpone_arguments_value(arguments, "--root"), ".");
    assert_int_equal(dpone_arguments_integer(arguments, "--seed", 1), 7);
    assert_int_equal(dpone_arguments_integer(arguments, "--limit", 9), 9);
    assert_true(dpone_arguments_flag(arguments, "--dry-run"));
    assert_false(dpone_arguments_flag(arguments, "--wet-run"));
    dpone_arguments_free(arguments);
}

static void command_parse__takes_all_after_two_dashes_as_operands(void **state) {
    char message[DPONE_ERROR_MESSAGE_BYTES];
    const char *words[] = {"-", "--", "--root", "--", NULL};
    struct dpone_arguments *arguments = parse(&command_of_many, words, message);
    (void)state;
    assert_non_null(arguments);
    assert_int_equal(dpone_arguments_operand_count(arguments), 3);
    assert_string_equal(dpone_arguments_operand(arguments, 0), "-");
    assert_string_equal(dpone_arguments_operand(arguments, 1), "--root");
    assert_string_equal(dpone_arguments_operand(arguments, 2), "--");
    dpone_arguments_free(arguments);
}

static void command_parse__names_the_option_that_is_wrong(void **state) {
    static const struct {
        const char *words[6];
        const char *message;
    } cases[] = {
        {{"x", "--rot", "y", NULL},
         "there is no option --rot; did you mean --root? (dpone group make --help lists them)"},
        {{"x", "--bogus=1", NULL}, "there is no option --bogus (dpone group make --help lists them)"},
        {{"x", "-p", NULL}, "there is no option -p (dpone group make --help lists them)"},
        {{"x", "--root", NULL}, "option --root needs a value: --root DIR"},
        {{"x", "--root", "--dry-run", NULL}, "option --root needs a value: --root DIR"},
        {{"x", "--root", "a", "--root", "b", NULL}, "option --root is given twice; give it once"},
        {{"x", "--dry-run=yes", NULL}, "option --dry-run takes no value"},
        {{"x", "--side", "reader", NULL}, "option --side does not know 'reader'; it takes source|sink"},
        {{"x", "--side", "sorce", NULL},
         "option --side does not know 'sorce'; did you mean source? It takes source|sink"},
        {{"x", "--side", "", NULL}, "option --side does not know ''; it takes source|sink"},
        {{"x", "--seed", "-1", NULL}, "option --seed needs a whole number from 0, not '-1'"},
        {{"x", "--seed", "9223372036854775808", NULL},
         "option --seed needs a whole number from 0, not '9223372036854775808'"},
        {{"x", "--seed", "", NULL}, "option --seed needs a whole number from 0, not ''"},
        {{"x", "y", NULL}, "unexpected argument 'y' (dpone group make --help shows what goes)"},
        {{"--plugin", "p", NULL}, "NAME is missing: What to make"},
        {{"x", NULL}, "option --plugin FILE is required: The plug-in"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char message[DPONE_ERROR_MESSAGE_BYTES];
        const char *words[6];
        memcpy(words, cases[i].words, sizeof(words));
        assert_null(parse(&command, words, message));
        assert_string_equal(message, cases[i].message);
    }
}

/* The message for a program's words, or NULL with the command's name in `*name`. */
static const char *find(const char **name, const char *first, const char *second) {
    static struct dpone_error error;
    const char *words[] = {"dpone", first, second, NULL};
    size_t used;
    error = (struct dpone_error)DPONE_ERROR_INIT;
    const struct dpone_command *found =
        dpone_command_find(&used, second == NULL ? 2 : 3, (char *const *)(uintptr_t)words, &error);
    *name = found == NULL ? NULL : found->name;
    return found == NULL ? error.message : NULL;
}

static void command_find__knows_every_command_of_the_table(void **state) {
    (void)state;
    for (const struct dpone_command *each = dpone_commands; each->name != NULL; each++) {
        char first[64];
        const char *name;
        size_t size = strcspn(each->name, " ");
        (void)snprintf(first, sizeof(first), "%.*s", (int)size, each->name);
        assert_null(find(&name, first, each->name[size] == '\0' ? NULL : each->name + size + 1));
        assert_string_equal(name, each->name);
    }
}

static void command_find__suggests_what_was_meant(void **state) {
    const char *name;
    (void)state;
    assert_string_equal(
        find(&name, "conectors", NULL),
        "there is no command 'conectors'; did you mean connectors? (dpone --help lists the commands)");
    assert_string_equal(find(&name, "--verison", NULL),
                        "there is no option '--verison' (dpone --help lists the commands)");
    assert_string_equal(find(&name, "connectors", "scafold"),
                        "there is no command 'connectors scafold'; did you mean scaffold? (dpone connectors "
                        "--help lists them)");
    assert_string_equal(find(&name, "template", NULL),
                        "'template' needs a command (dpone template --help lists them)");
}

static char *captured(void (*print)(FILE *stream, const void *what), const void *what) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    print(stream, what);
    assert_int_equal(fclose(stream), 0);
    return text;
}

static void print_command(FILE *stream, const void *what) {
    dpone_help_command(stream, what);
}

static void print_program(FILE *stream, const void *what) {
    (void)what;
    dpone_help_program(stream);
}

static void command_help__shows_all_of_a_command(void **state) {
    char *text = captured(print_command, &command);
    (void)state;
    assert_string_equal(text, "Usage: dpone group make NAME [--root DIR] [--side source|sink]... [--seed N]\n"
                              "      --plugin FILE [--dry-run]\n"
                              "\n"
                              "Makes it.\n"
                              "\n"
                              "Arguments:\n"
                              "  NAME\n"
                              "      What to make\n"
                              "\n"
                              "Options:\n"
                              "  --root DIR\n"
                              "      Where (default: .)\n"
                              "  --side source|sink\n"
                              "      Which side (may be repeated)\n"
                              "  --seed N\n"
                              "      Seed\n"
                              "  --plugin FILE\n"
                              "      The plug-in (required)\n"
                              "  --dry-run\n"
                              "      Only say\n"
                              "  --help\n"
                              "      Show this help\n");
    free(text);
}

static void command_help__lists_every_command_within_80_columns(void **state) {
    char *text = captured(print_program, NULL);
    (void)state;
    for (const struct dpone_command *each = dpone_commands; each->name != NULL; each++) {
        assert_non_null(strstr(text, each->name));
    }
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        assert_true(strlen(line) <= 80);
    }
    free(text);
}

/* The table itself: what a row needs to be shown and parsed well. */
static void command_table__is_sound(void **state) {
    (void)state;
    for (const struct dpone_command *each = dpone_commands; each->name != NULL; each++) {
        assert_non_null(each->summary);
        assert_non_null(each->description);
        assert_non_null(each->run);
        assert_true(strlen(each->summary) <= 54);
        for (const struct dpone_option *option = each->options; option->name != NULL; option++) {
            assert_memory_equal(option->name, "--", 2);
            assert_non_null(option->help);
            assert_true(option->help[strlen(option->help) - 1] != '.');
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_parse__reads_every_form),
        cmocka_unit_test(command_parse__takes_all_after_two_dashes_as_operands),
        cmocka_unit_test(command_parse__names_the_option_that_is_wrong),
        cmocka_unit_test(command_find__knows_every_command_of_the_table),
        cmocka_unit_test(command_find__suggests_what_was_meant),
        cmocka_unit_test(command_help__shows_all_of_a_command),
        cmocka_unit_test(command_help__lists_every_command_within_80_columns),
        cmocka_unit_test(command_table__is_sound),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
