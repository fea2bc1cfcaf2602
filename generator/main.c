/* The program `dpone`: finds the command that was asked for, parses its options, and hands them to it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <dpone/version.h>

#include "generator/command.h"

static int usage_error(const char *command, const struct dpone_error *error) {
    (void)fprintf(stderr, "dpone%s%s: %s\n", command == NULL ? "" : " ", command == NULL ? "" : command,
                  error->message);
    return error->status == DPONE_INVALID_ARGUMENT ? DPONE_EXIT_USAGE : DPONE_EXIT_ENVIRONMENT;
}

static int run_command(const struct dpone_command *command, int argc, char *const *argv) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_arguments *arguments = NULL;
    if (dpone_command_wants_help(argc, argv)) {
        dpone_help_command(stdout, command);
        return DPONE_EXIT_HOLDS;
    }
    if (dpone_command_parse(&arguments, command, argc, argv, &error) != DPONE_OK) {
        return usage_error(command->name, &error);
    }
    int status = command->run(arguments);
    dpone_arguments_free(arguments);
    return status;
}

static int dispatch(int argc, char *const *argv) {
    struct dpone_error error = DPONE_ERROR_INIT;
    size_t words = 0;
    if (argc < 2) {
        dpone_help_program(stderr);
        return DPONE_EXIT_USAGE;
    }
    int wants_version = strcmp(argv[1], "--version") == 0;
    if ((wants_version || dpone_command_wants_help(1, argv + 1)) && argc > 2) {
        (void)dpone_error_set(&error, DPONE_INVALID_ARGUMENT,
                              "unexpected argument '%s' after %s (dpone --help lists the commands)", argv[2],
                              argv[1]);
        return usage_error(NULL, &error);
    }
    if (wants_version) {
        (void)puts("dpone " DPONE_VERSION);
        return DPONE_EXIT_HOLDS;
    }
    if (dpone_command_wants_help(1, argv + 1)) {
        dpone_help_program(stdout);
        return DPONE_EXIT_HOLDS;
    }
    const struct dpone_command_group *group = dpone_command_group_find(argv[1]);
    if (group != NULL && argc > 2 && dpone_command_wants_help(1, argv + 2)) {
        dpone_help_group(stdout, group);
        return DPONE_EXIT_HOLDS;
    }
    const struct dpone_command *command = dpone_command_find(&words, argc, argv, &error);
    if (command == NULL) {
        return usage_error(NULL, &error);
    }
    return run_command(command, argc - 1 - (int)words, argv + 1 + words);
}

/* A result that could not be written was not given: a full disk behind a redirection is an error of the
 * environment, and so is a closed pipe, which must not end the process before it has cleaned up. */
int main(int argc, char **argv) {
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is an error of write() */
    int status = dispatch(argc, argv);
    int failed_before = ferror(stdout);
    if (fflush(stdout) != 0 || failed_before) {
        (void)fprintf(stderr, "dpone: standard output cannot be written: %s\n",
                      failed_before ? "an earlier part of it was lost" : strerror(errno));
        return DPONE_EXIT_ENVIRONMENT;
    }
    return status;
}
