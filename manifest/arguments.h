/* What a command was given on its command line, already checked against the command's table
 * (generator/commands.c).
 *
 * Every layer that implements a command reads its options here, so the type lives in the lowest of them. All
 * strings are borrowed from argv or from the table and live as long as the process; an option set is read by
 * one thread. */
#ifndef DPONE_MANIFEST_ARGUMENTS_H
#define DPONE_MANIFEST_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include <dpone/error.h>

/* What a command's entry function returns, and the program's exit status. */
enum dpone_exit {
    DPONE_EXIT_HOLDS = 0,       /* done, or what was asked holds */
    DPONE_EXIT_FAILED = 1,      /* a check or a validation failed, or a certificate is not `certified` */
    DPONE_EXIT_USAGE = 2,       /* wrong usage */
    DPONE_EXIT_ENVIRONMENT = 3, /* I/O, memory, a fixture that does not start */
    DPONE_EXIT_SKIPPED = 77 /* skipped or unverified where one check was asked for; the reason is on stdout */
};

struct dpone_arguments;

/* An empty set for `command`, as the user types it without the program's name ("connectors scaffold"). NULL
 * when memory is short. The caller frees it with dpone_arguments_free(). */
struct dpone_arguments *dpone_arguments_new(const char *command);

/* Frees the set, not the strings in it; NULL is allowed. */
void dpone_arguments_free(struct dpone_arguments *arguments);

/* Records one use of `option` ("--root"), with its value, or NULL for a flag. DPONE_OK or
 * DPONE_OUT_OF_MEMORY. */
int32_t dpone_arguments_add(struct dpone_arguments *arguments, const char *option, const char *value);

/* Records the next operand: an argument that belongs to no option. DPONE_OK or DPONE_OUT_OF_MEMORY. */
int32_t dpone_arguments_add_operand(struct dpone_arguments *arguments, const char *operand);

/* "connectors scaffold": what messages open with. */
const char *dpone_arguments_command(const struct dpone_arguments *arguments);

/* How often `option` was given; an option with a default in its table counts 1 when it was not. */
size_t dpone_arguments_count(const struct dpone_arguments *arguments, const char *option);

/* The value of the `index`th use of `option`, in the order given; NULL beyond the last use, and for a flag.
 */
const char *dpone_arguments_at(const struct dpone_arguments *arguments, const char *option, size_t index);

/* The value of an option that is given at most once, or its default; NULL when there is neither. */
const char *dpone_arguments_value(const struct dpone_arguments *arguments, const char *option);

/* The value of an option that its table declares a whole number (so it parses, 0 to INT64_MAX), or
 * `otherwise`. */
int64_t dpone_arguments_integer(const struct dpone_arguments *arguments, const char *option,
                                int64_t otherwise);

/* 1 when the option was given, else 0. */
int dpone_arguments_flag(const struct dpone_arguments *arguments, const char *option);

/* How many operands were given, and the `index`th; NULL beyond the last. */
size_t dpone_arguments_operand_count(const struct dpone_arguments *arguments);
const char *dpone_arguments_operand(const struct dpone_arguments *arguments, size_t index);

#endif
