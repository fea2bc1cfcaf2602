/* What the commands of this layer share. */
#include "command_support.h"

#include "sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int32_t dpone_command_fail(const struct dpone_arguments *arguments, const struct dpone_error *error) {
    (void)fprintf(stderr, "dpone %s: %s\n", dpone_arguments_command(arguments), error->message);
    switch (error->status) {
    case DPONE_INVALID_ARGUMENT:
        return DPONE_EXIT_USAGE;
    case DPONE_DATA_CORRUPT:
        return DPONE_EXIT_FAILED;
    default:
        return DPONE_EXIT_ENVIRONMENT;
    }
}

int dpone_command_wants_json(const struct dpone_arguments *arguments) {
    const char *format = dpone_arguments_value(arguments, "--format");
    return format != NULL && strcmp(format, "json") == 0;
}

void dpone_command_print_json(const json_t *document) {
    (void)json_dumpf(document, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    (void)fputc('\n', stdout);
}

const char *dpone_command_verdict(const char *verdict, char out[48]) {
    const char *no_color = getenv("NO_COLOR");
    int plain = !isatty(STDOUT_FILENO) || (no_color != NULL && *no_color != '\0');
    int good = strcmp(verdict, "passed") == 0 || strcmp(verdict, "certified") == 0;
    int bad = strcmp(verdict, "failed") == 0;
    (void)snprintf(out, 48, "%s%-10.16s%s",
                   plain  ? ""
                   : good ? "\033[32m"
                   : bad  ? "\033[31m"
                          : "\033[33m",
                   verdict, plain ? "" : "\033[0m");
    return out;
}

static void print_member(const char *label, const char *text) {
    if (*text != '\0') {
        (void)printf("      %-9s %s\n", label, text);
    }
}

void dpone_command_print_failed_case(const json_t *failed) {
    const json_t *failures = json_object_get(failed, "failures");
    json_int_t left_out = json_integer_value(json_object_get(failed, "failures_left_out"));
    (void)printf("    case %s\n", dpone_json_text(failed, "case"));
    print_member("reason", dpone_json_text(failed, "reason"));
    for (size_t i = 0; i < json_array_size(failures); i++) {
        const json_t *failure = json_array_get(failures, i);
        print_member("where", dpone_json_text(failure, "where"));
        print_member("expected", dpone_json_text(failure, "expected"));
        print_member("observed", dpone_json_text(failure, "observed"));
    }
    if (left_out > 0) {
        (void)printf("      and %lld more\n", (long long)left_out);
    }
    print_member("remedy", dpone_json_text(failed, "remedy"));
    print_member("rerun", dpone_json_text(failed, "rerun"));
}

static json_int_t count_expectations(const json_t *cases) {
    json_int_t sum = 0;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        sum += json_integer_value(json_object_get(json_array_get(cases, i), "expectations"));
    }
    return sum;
}

static void print_output_of_failed(const json_t *evidence) {
    const char *output = dpone_json_text(evidence, "output");
    if (strcmp(dpone_json_text(evidence, "verdict"), "failed") == 0 && *output != '\0') {
        (void)printf("    it printed:\n%s%s", output, output[strlen(output) - 1] == '\n' ? "" : "\n");
    }
}

void dpone_command_print_evidence(const struct dpone_check *check, const json_t *evidence) {
    char word[48];
    const json_t *cases = json_object_get(evidence, "cases");
    const char *reason = dpone_json_text(evidence, "reason");
    const char *verdict = evidence == NULL ? "failed" : dpone_json_text(evidence, "verdict");
    (void)printf("%s %s", dpone_command_verdict(verdict, word), check->id);
    if (*reason != '\0') {
        (void)printf(": %s\n", reason);
    } else {
        (void)printf(": %zu cases, %lld expectations, %.2f s\n", json_array_size(cases),
                     (long long)count_expectations(cases),
                     (double)json_integer_value(json_object_get(evidence, "duration_ms")) / 1000.0);
    }
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *entry = json_array_get(cases, i);
        if (strcmp(dpone_json_text(entry, "verdict"), "failed") == 0) {
            dpone_command_print_failed_case(entry);
        }
    }
    print_output_of_failed(evidence);
    (void)fflush(stdout);
}
