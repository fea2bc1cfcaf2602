/* Help texts, laid out from the command table for a terminal of 80 columns. */
#include "generator/command.h"

#include <string.h>

enum { HELP_COLUMNS = 80, HELP_SUMMARY_COLUMN = 24 };

/* Prints words with line breaks at `HELP_COLUMNS`, each new line after `indent` blanks; the cursor is at
 * `*column`. A newline in the text ends a paragraph. Words within square brackets stay together. */
static void print_wrapped(FILE *stream, const char *text, int indent, int *column) {
    while (*text != '\0') {
        size_t size = *text == '[' ? strcspn(text, "]") : strcspn(text, " \n");
        size += strcspn(text + size, " \n");
        if (*column > indent && *column + 1 + (int)size > HELP_COLUMNS) {
            *column = 0;
            (void)fputc('\n', stream);
        }
        int blanks = *column < indent ? indent - *column : (*column > indent ? 1 : 0);
        (void)fprintf(stream, "%*s%.*s", blanks, "", (int)size, text);
        *column += blanks + (int)size;
        text += size;
        if (*text == '\n') {
            (void)fputc('\n', stream);
            *column = 0;
        }
        text += *text != '\0';
    }
}

static void print_paragraph(FILE *stream, const char *text, int indent) {
    int column = 0;
    print_wrapped(stream, text, indent, &column);
    (void)fputc('\n', stream);
}

/* "  name      summary" */
static void print_entry(FILE *stream, const char *name, const char *summary) {
    int column = fprintf(stream, "  %s", name);
    print_wrapped(stream, summary, HELP_SUMMARY_COLUMN, &column);
    (void)fputc('\n', stream);
}

static const char *brackets(int traits, const char *when_required, const char *otherwise) {
    return traits & DPONE_REQUIRED ? when_required : otherwise;
}

static void print_synopsis(FILE *stream, const struct dpone_command *command) {
    char piece[160];
    int indent = 6, column = fprintf(stream, "Usage: dpone %s", command->name);
    const struct dpone_operand *operand = &command->operand;
    if (operand->name != NULL) {
        (void)snprintf(piece, sizeof(piece), "%s%s%s%s", brackets(operand->traits, "", "["), operand->name,
                       brackets(operand->traits, "", "]"), operand->traits & DPONE_REPEATABLE ? "..." : "");
        print_wrapped(stream, piece, indent, &column);
    }
    for (const struct dpone_option *option = command->options; option->name != NULL; option++) {
        const char *value = dpone_option_value_name(option);
        (void)snprintf(piece, sizeof(piece), "%s%s%s%s%s%s", brackets(option->traits, "", "["), option->name,
                       value == NULL ? "" : " ", value == NULL ? "" : value,
                       brackets(option->traits, "", "]"), option->traits & DPONE_REPEATABLE ? "..." : "");
        print_wrapped(stream, piece, indent, &column);
    }
    (void)fputc('\n', stream);
}

static void print_option(FILE *stream, const struct dpone_option *option) {
    const char *value = dpone_option_value_name(option);
    char text[512];
    (void)fprintf(stream, "  %s%s%s\n", option->name, value == NULL ? "" : " ", value == NULL ? "" : value);
    (void)snprintf(text, sizeof(text), "%s%s%s%s%s%s", option->help,
                   option->traits & DPONE_REQUIRED ? " (required)" : "",
                   option->traits & DPONE_REPEATABLE ? " (may be repeated)" : "",
                   option->fallback == NULL ? "" : " (default: ",
                   option->fallback == NULL ? "" : option->fallback, option->fallback == NULL ? "" : ")");
    print_paragraph(stream, text, 6);
}

void dpone_help_command(FILE *stream, const struct dpone_command *command) {
    print_synopsis(stream, command);
    (void)fputc('\n', stream);
    print_paragraph(stream, command->description, 0);
    if (command->operand.name != NULL) {
        (void)fputs("\nArguments:\n", stream);
        (void)fprintf(stream, "  %s\n", command->operand.name);
        print_paragraph(stream, command->operand.help, 6);
    }
    (void)fputs("\nOptions:\n", stream);
    for (const struct dpone_option *option = command->options; option->name != NULL; option++) {
        print_option(stream, option);
    }
    (void)fputs("  --help\n      Show this help\n", stream);
}

void dpone_help_group(FILE *stream, const struct dpone_command_group *group) {
    (void)fprintf(stream, "Usage: dpone %s COMMAND [OPTION]...\n\n%s\n\nCommands:\n", group->name,
                  group->summary);
    for (const struct dpone_command *command = dpone_commands; command->name != NULL; command++) {
        if (dpone_command_in_group(command, group)) {
            print_entry(stream, command->name, command->summary);
        }
    }
    (void)fprintf(stream, "\n`dpone %s COMMAND --help` explains one of them.\n", group->name);
}

void dpone_help_program(FILE *stream) {
    (void)fputs(
        "Usage: dpone COMMAND [OPTION]...\n\nGenerates, certifies and runs connectors of the dpone ETL "
        "framework.\n\nCommands:\n",
        stream);
    for (const struct dpone_command *command = dpone_commands; command->name != NULL; command++) {
        print_entry(stream, command->name, command->summary);
    }
    (void)fputs("\nOptions:\n", stream);
    print_entry(stream, "--version", "Show the version");
    print_entry(stream, "--help", "Show this help; with a command, the command's");
    (void)fputs("\nExit status: 0 it holds; 1 a check or validation failed; 2 wrong usage; 3 the\n"
                "environment failed; 77 skipped or unverified.\n",
                stream);
}
