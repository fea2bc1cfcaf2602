/* Writes the manual pages of the program `dpone` and of each of its commands from the table that makes
 * --help.
 *
 *     manual FOLDER            writes dpone.1 and dpone-<command>.1 into FOLDER, which exists */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dpone/version.h>

#include "generator/command.h"

enum { NAME_BYTES = 128, PATH_BYTES = 4096 };

/* Text as roff: no line that begins with a control character, no backslash that means something, plain
 * hyphens. */
static void put_text(FILE *page, const char *text) {
    int line_start = 1;
    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\'')) {
            (void)fputs("\\&", page);
        }
        if (*text == '\\') {
            (void)fputs("\\e", page);
        } else if (*text == '-') {
            (void)fputs("\\-", page);
        } else {
            (void)fputc(*text, page);
        }
        line_start = *text == '\n';
    }
}

/* "dpone-connectors-scaffold" for the command "connectors scaffold". */
static void page_name(char name[NAME_BYTES], const struct dpone_command *command) {
    (void)snprintf(name, NAME_BYTES, "dpone-%s", command->name);
    for (char *blank = strchr(name, ' '); blank != NULL; blank = strchr(blank, ' ')) {
        *blank = '-';
    }
}

static void put_head(FILE *page, const char *name, const char *summary) {
    (void)fputs(".TH \"", page);
    put_text(page, name);
    (void)fputs("\" 1 \"\" \"dpone " DPONE_VERSION "\" \"dpone connector SDK\"\n.SH NAME\n", page);
    put_text(page, name);
    (void)fputs(" \\- ", page);
    put_text(page, summary);
    (void)fputs("\n.SH SYNOPSIS\n", page);
}

/* "[--root DIR]" in bold and italics. */
static void put_usage(FILE *page, const char *name, const char *value, int traits) {
    (void)fputs(traits & DPONE_REQUIRED ? " " : " [", page);
    (void)fputs("\\fB", page);
    put_text(page, name);
    (void)fputs("\\fR", page);
    if (value != NULL) {
        (void)fputs(" \\fI", page);
        put_text(page, value);
        (void)fputs("\\fR", page);
    }
    (void)fprintf(page, "%s%s", traits & DPONE_REQUIRED ? "" : "]", traits & DPONE_REPEATABLE ? "..." : "");
}

static void put_option(FILE *page, const struct dpone_option *option) {
    const char *value = dpone_option_value_name(option);
    (void)fputs(".TP\n\\fB", page);
    put_text(page, option->name);
    (void)fputs("\\fR", page);
    if (value != NULL) {
        (void)fputs(" \\fI", page);
        put_text(page, value);
        (void)fputs("\\fR", page);
    }
    (void)fputc('\n', page);
    put_text(page, option->help);
    (void)fputs(".\n", page);
    if (option->fallback != NULL) {
        (void)fputs("Default: ", page);
        put_text(page, option->fallback);
        (void)fputc('\n', page);
    }
}

static void put_exit_status(FILE *page) {
    (void)fputs(
        ".SH EXIT STATUS\n.TP\n0\nIt holds.\n.TP\n1\nA check or a validation failed, or a certificate is not "
        "certified.\n.TP\n2\nWrong usage.\n.TP\n3\nThe environment failed.\n.TP\n77\nSkipped or "
        "unverified.\n",
        page);
}

static void put_command(FILE *page, const struct dpone_command *command) {
    char name[NAME_BYTES];
    page_name(name, command);
    put_head(page, name, command->summary);
    (void)fprintf(page, "\\fBdpone %s\\fR", command->name);
    if (command->operand.name != NULL) {
        put_usage(page, "", command->operand.name, command->operand.traits);
    }
    for (const struct dpone_option *option = command->options; option->name != NULL; option++) {
        put_usage(page, option->name, dpone_option_value_name(option), option->traits);
    }
    (void)fputs("\n.SH DESCRIPTION\n", page);
    put_text(page, command->description);
    (void)fputs("\n.SH OPTIONS\n", page);
    if (command->operand.name != NULL) {
        (void)fprintf(page, ".TP\n\\fI%s\\fR\n%s.\n", command->operand.name, command->operand.help);
    }
    for (const struct dpone_option *option = command->options; option->name != NULL; option++) {
        put_option(page, option);
    }
    put_exit_status(page);
    (void)fputs(".SH SEE ALSO\n.BR dpone (1)\n", page);
}

static void put_program(FILE *page) {
    put_head(page, "dpone", "generates, certifies and runs connectors of the dpone ETL framework");
    (void)fputs("\\fBdpone\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH COMMANDS\n", page);
    for (const struct dpone_command *command = dpone_commands; command->name != NULL; command++) {
        char name[NAME_BYTES];
        page_name(name, command);
        (void)fprintf(page, ".TP\n\\fBdpone %s\\fR\n", command->name);
        put_text(page, command->summary);
        (void)fputs(". See\n.BR ", page);
        put_text(page, name);
        (void)fputs(" (1).\n", page);
    }
    put_exit_status(page);
}

/* One page in `folder`, for a command or, with NULL, for the program. 1 when it is written. */
static int write_page(const char *folder, const struct dpone_command *command) {
    char name[NAME_BYTES] = "dpone";
    char path[PATH_BYTES];
    if (command != NULL) {
        page_name(name, command);
    }
    (void)snprintf(path, sizeof path, "%s/%s.1", folder, name);
    FILE *page = fopen(path, "w");
    if (page == NULL) {
        (void)fprintf(stderr, "manual: %s: %s\n", path, strerror(errno));
        return 0;
    }
    if (command == NULL) {
        put_program(page);
    } else {
        put_command(page, command);
    }
    int written = ferror(page) == 0;
    if (fclose(page) != 0 || !written) {
        (void)fprintf(stderr, "manual: %s cannot be written\n", path);
        return 0;
    }
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        (void)fputs("usage: manual FOLDER\n", stderr);
        return EXIT_FAILURE;
    }
    int written = write_page(argv[1], NULL);
    for (const struct dpone_command *command = dpone_commands; command->name != NULL; command++) {
        written = write_page(argv[1], command) && written;
    }
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
