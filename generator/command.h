/* The command table of the program `dpone`: its parser, its help and its manual pages are all made from it.
 *
 * A new command is one row of dpone_commands (commands.c) with its option list, and an entry function in the
 * layer that does the work. Nothing else knows the names of commands and options. */
#ifndef DPONE_GENERATOR_COMMAND_H
#define DPONE_GENERATOR_COMMAND_H

#include <stdint.h>
#include <stdio.h>

#include <dpone/error.h>

#include "manifest/arguments.h"

/* Traits of an option or an operand. */
enum {
    DPONE_REQUIRED = 1,   /* leaving it out is a usage error */
    DPONE_REPEATABLE = 2, /* may be given any number of times; otherwise twice is a usage error */
    DPONE_INTEGER = 4     /* a whole number, 0 to INT64_MAX */
};

/* An option takes a value when it has a placeholder or choices; otherwise it is a flag. */
struct dpone_option {
    const char *name;        /* "--root" */
    const char *placeholder; /* "DIR" */
    const char *choices;     /* "text|json": the only values accepted */
    const char *fallback;    /* the value when it is not given; NULL: none */
    int traits;
    const char *help; /* one sentence without a full stop */
};

/* The arguments that belong to no option; a command has at most one kind of them. */
struct dpone_operand {
    const char *name; /* "NAME" */
    int traits;
    const char *help;
};

struct dpone_command {
    const char *name;        /* "connectors scaffold" */
    const char *summary;     /* one line */
    const char *description; /* what it does, for help and manual */
    struct dpone_operand operand;
    const struct dpone_option *options;                      /* ended by a row without a name */
    int32_t (*run)(const struct dpone_arguments *arguments); /* returns enum dpone_exit */
};

/* A first word that several commands share. */
struct dpone_command_group {
    const char *name;
    const char *summary;
};

/* Both tables end with a row without a name. A group's commands stand together, in the order help shows them.
 */
extern const struct dpone_command dpone_commands[];
extern const struct dpone_command_group dpone_command_groups[];

/* The command that the words of argv[1..] begin with; `*out_words` is how many they are. NULL, with
 * INVALID_ARGUMENT in `error`, when they name none. */
const struct dpone_command *dpone_command_find(size_t *out_words, int argc, char *const *argv,
                                               struct dpone_error *error);

/* The group called `name`, or NULL. */
const struct dpone_command_group *dpone_command_group_find(const char *name);

/* 1 when the command is of the group. */
int dpone_command_in_group(const struct dpone_command *command, const struct dpone_command_group *group);

/* Checks argv[0..argc), the words after the command's name, against the table. On DPONE_OK the caller frees
 * `*out`; INVALID_ARGUMENT is a usage error, with the option's name in the message. */
int32_t dpone_command_parse(struct dpone_arguments **out, const struct dpone_command *command, int argc,
                            char *const *argv, struct dpone_error *error);

/* 1 when the words ask for help: -h or --help before any `--`. */
int dpone_command_wants_help(int argc, char *const *argv);

/* Help for the program, for a group, for one command. A failed write is left in the stream's error flag. */
void dpone_help_program(FILE *stream);
void dpone_help_group(FILE *stream, const struct dpone_command_group *group);
void dpone_help_command(FILE *stream, const struct dpone_command *command);

/* What stands for an option's value in help ("DIR", "text|json"); NULL for a flag. */
const char *dpone_option_value_name(const struct dpone_option *option);

#endif
