/* dpone connectors checks: the catalogue, or what one package must pass. */
#include "commands.h"

#include "catalogue.h"
#include "command_support.h"
#include "harness.h"
#include "probe.h"
#include "required.h"
#include "sealed.h"

#include <stdio.h>
#include <string.h>

/* What is listed: the whole catalogue, or what is required of `package`. */
struct listing {
    const struct dpone_package *package; /* NULL: the catalogue */
    struct dpone_offer offer;
};

static uint32_t reasons_for(const struct listing *listing, const struct dpone_check *check) {
    return listing->package == NULL
               ? (uint32_t)DPONE_REQUIRED_BY_CATALOGUE
               : dpone_check_required(check, &listing->offer, listing->package->contract);
}

/* When a check can run first (docs/reference/check-list.md). */
static const char *stage_of(const struct dpone_check *check) {
    if (check->needs & DPONE_READS_EVIDENCE) {
        return "evidence";
    }
    if (check->needs & DPONE_NEED_FIXTURE) {
        return "running";
    }
    return check->needs & (DPONE_NEED_PLUGIN | DPONE_USES_PLUGIN) ? "loading" : "static";
}

static void print_text(const struct dpone_check *check, uint32_t reasons) {
    (void)reasons;
    (void)printf("%-32s %-8s %-11s %s%s\n", check->id, dpone_check_group_name(check->group),
                 dpone_profile_name(check->profile), check->title,
                 check->run == NULL ? " (not available in this version)" : "");
}

static json_t *json_of_strings(const char *const *strings) {
    json_t *list = json_array();
    for (; strings != NULL && *strings != NULL; strings++) {
        (void)json_array_append_new(list, json_string(*strings));
    }
    return list;
}

static json_t *json_of_check(const struct dpone_check *check, uint32_t reasons) {
    json_t *capabilities = json_array();
    for (uint32_t bit = DPONE_CAPABILITY_SOURCE; bit <= DPONE_CAPABILITY_NATIVE_TRANSFER; bit <<= 1) {
        if (check->capabilities & bit) {
            (void)json_array_append_new(capabilities, json_string(dpone_capability_name(bit)));
        }
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:b, s:b, s:i}", "check",
                     check->id, "title", check->title, "proves", check->proves, "remedy", check->remedy,
                     "group", dpone_check_group_name(check->group), "profile",
                     dpone_profile_name(check->profile), "stage", stage_of(check), "capabilities",
                     capabilities, "inputs", json_of_strings(check->inputs), "available", check->run != NULL,
                     "needs_plugin", (check->needs & DPONE_NEED_PLUGIN) != 0, "needs_fixture",
                     (check->needs & DPONE_NEED_FIXTURE) != 0, "required_by_contract",
                     (reasons & DPONE_REQUIRED_BY_CONTRACT) != 0, "time_limit_s",
                     check->time_limit_s > 0 ? check->time_limit_s : 60);
}

static void print_cmake_check(const struct dpone_check *check) {
    (void)printf("set(dpone_check_%s_stage %s)\n", check->id, stage_of(check));
    (void)printf("set(dpone_check_%s_time_limit %d)\n", check->id,
                 (int)(check->time_limit_s > 0 ? check->time_limit_s : 60));
    (void)printf("set(dpone_check_%s_inputs", check->id);
    for (const char *const *input = check->inputs; input != NULL && *input != NULL; input++) {
        (void)printf(" %s", *input);
    }
    (void)printf(")\n");
}

static void print_cmake(const struct listing *listing) {
    size_t count = 0;
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    (void)printf("set(dpone_checks");
    for (size_t i = 0; i < count; i++) {
        if (reasons_for(listing, checks[i]) != 0) {
            (void)printf(" %s", checks[i]->id);
        }
    }
    (void)printf(")\n");
    for (size_t i = 0; i < count; i++) {
        if (reasons_for(listing, checks[i]) != 0) {
            print_cmake_check(checks[i]);
        }
    }
}

static void print_json(const struct listing *listing) {
    size_t count = 0;
    json_t *list = json_array();
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    for (size_t i = 0; i < count; i++) {
        uint32_t reasons = reasons_for(listing, checks[i]);
        if (reasons != 0) {
            (void)json_array_append_new(list, json_of_check(checks[i], reasons));
        }
    }
    json_t *document = json_pack("{s:o}", "checks", list);
    dpone_command_print_json(document);
    json_decref(document);
}

static void print_listing(const struct dpone_arguments *arguments, const struct listing *listing) {
    const char *format = dpone_arguments_value(arguments, "--format");
    size_t count = 0;
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    if (format != NULL && strcmp(format, "json") == 0) {
        print_json(listing);
    } else if (format != NULL && strcmp(format, "cmake") == 0) {
        print_cmake(listing);
    } else {
        for (size_t i = 0; i < count; i++) {
            uint32_t reasons = reasons_for(listing, checks[i]);
            if (reasons != 0) {
                print_text(checks[i], reasons);
            }
        }
    }
}

/* Problems of the two files that say what is required; 1 when there are errors. */
static int print_problems(const struct dpone_package *package) {
    const struct dpone_diagnostics *lists[] = {&package->manifest_problems, &package->contract_problems};
    const char *files[] = {DPONE_PACKAGE_MANIFEST, DPONE_PACKAGE_CONTRACT};
    size_t errors = 0;
    for (size_t i = 0; i < 2; i++) {
        errors += lists[i]->errors;
        for (size_t k = 0; k < lists[i]->count; k++) {
            const struct dpone_diagnostic *item = &lists[i]->items[k];
            (void)fprintf(stderr, "%s/%s:", package->directory, files[i]);
            if (item->start.line > 0) {
                (void)fprintf(stderr, "%u:%u:", item->start.line, item->start.column);
            }
            (void)fprintf(stderr, " %s: %s\n", item->severity == DPONE_SEVERITY_ERROR ? "error" : "warning",
                          item->message);
        }
    }
    return errors > 0;
}

static int32_t list_package(const struct dpone_arguments *arguments, const char *directory,
                            struct dpone_error *error) {
    struct dpone_package *package = NULL;
    const char *plugin = dpone_arguments_value(arguments, "--plugin");
    json_t *facts = NULL;
    int32_t status = dpone_package_open(&package, directory, error);
    if (status != DPONE_OK) {
        return dpone_command_fail(arguments, error);
    }
    struct listing listing = {.package = package};
    dpone_offer_add_package(&listing.offer, package);
    if (plugin != NULL) {
        status = dpone_probe_plugin(&facts, &listing.offer, plugin, error);
        json_decref(facts);
    }
    int32_t code = DPONE_EXIT_FAILED;
    if (status != DPONE_OK) {
        code = dpone_command_fail(arguments, error);
    } else if (!print_problems(package)) {
        print_listing(arguments, &listing);
        code = DPONE_EXIT_HOLDS;
    }
    dpone_package_close(package);
    return code;
}

int32_t dpone_checks_command(const struct dpone_arguments *arguments) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct listing everything = {0};
    const char *directory = dpone_arguments_value(arguments, "--package");
    if (directory != NULL) {
        return list_package(arguments, directory, &error);
    }
    print_listing(arguments, &everything);
    return DPONE_EXIT_HOLDS;
}
