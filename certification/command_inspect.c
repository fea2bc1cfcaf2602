/* dpone connectors inspect: what a plug-in is, without running more of it than its loading. */
#include "commands.h"

#include "command_support.h"
#include "probe.h"
#include "sanitizer_preload.h"
#include "sealed.h"

#include "runtime/plugin.h"

#include <stdio.h>
#include <stdlib.h>

static void print_list(const char *label, const json_t *list) {
    (void)printf("%-16s", label);
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)printf("%s%s", i == 0 ? "" : " ", json_string_value(json_array_get(list, i)));
    }
    (void)printf("\n");
}

static void print_text(const json_t *facts) {
    const json_t *sink = json_object_get(facts, "sink");
    (void)printf("%-16s%s\n", "name", dpone_json_text(facts, "name"));
    (void)printf("%-16s%s\n", "version", dpone_json_text(facts, "version"));
    (void)printf("%-16s%s\n", "connector type", dpone_json_text(facts, "connector_type"));
    (void)printf("%-16s%lld\n", "ABI version",
                 (long long)json_integer_value(json_object_get(facts, "abi_version")));
    print_list("capabilities", json_object_get(facts, "capabilities"));
    if (sink != NULL) {
        print_list("sink strategies", json_object_get(sink, "strategies"));
        (void)printf("%-16s%s\n", "staging first",
                     json_is_true(json_object_get(sink, "staging_first")) ? "yes" : "no");
    }
    print_list("slots", json_object_get(facts, "slots"));
    (void)printf("%-16s%s\n", "file", dpone_json_text(facts, "file"));
    (void)printf("%-16s%s\n", "SHA-256", dpone_json_text(facts, "sha256"));
}

int32_t dpone_inspect_command(const struct dpone_arguments *arguments) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_offer offer = {0};
    char sha256[DPONE_SHA256_TEXT_BYTES];
    char *path = NULL;
    json_t *facts = NULL;
    int32_t status = dpone_plugin_find(&path, dpone_arguments_operand(arguments, 0), &error);
    if (status == DPONE_OK) {
        status = dpone_sha256_file(sha256, path, &error);
    }
    if (status == DPONE_OK) {
        dpone_sanitizer_preload(path);
        status = dpone_probe_plugin(&facts, &offer, path, &error);
    }
    if (status != DPONE_OK) {
        (void)dpone_command_fail(arguments, &error);
        free(path);
        return status == DPONE_INVALID_ARGUMENT ? DPONE_EXIT_FAILED : DPONE_EXIT_ENVIRONMENT;
    }
    (void)json_object_set_new(facts, "file", json_string(path));
    (void)json_object_set_new(facts, "sha256", json_string(sha256));
    if (dpone_command_wants_json(arguments)) {
        dpone_command_print_json(facts);
    } else {
        print_text(facts);
    }
    json_decref(facts);
    free(path);
    return DPONE_EXIT_HOLDS;
}
