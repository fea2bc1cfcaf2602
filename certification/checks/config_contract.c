/* config_contract: a connector refuses by name every option that is missing, unknown, of the wrong type or
 * out of range. What is wrong is derived from schemas/options.schema.json, one option at a time. */
#include "../check.h"

#include "../detached.h"
#include "../subject.h"
#include "package_text.h"

#include "runtime/plugin.h"

#include <dpone/call.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const inputs[] = {"schemas/options.schema.json", DPONE_PACKAGE_CONTRACT, NULL};

/* Strings longer than this are not made. */
#define LONG_TEXT_MAXIMUM 100000

struct config {
    struct dpone_check_run *run;
    const struct dpone_connector *connector;
    struct dpone_detached_host host;
    json_t *options; /* complete and right */
    json_t *schema;
};

/* Opens with these options, closes what was opened, and returns the status. */
static int32_t try_open(struct config *config, const json_t *options, struct dpone_error *error) {
    struct dpone_option_tree *tree = NULL;
    struct dpone_instance *instance = NULL;
    if (!dpone_detached_tree(&tree, config->run, options)) {
        return DPONE_INTERNAL;
    }
    int32_t status = dpone_call_open(config->connector, &instance, dpone_system_host_get(config->host.host),
                                     dpone_option_tree_root(tree), error);
    if (status == DPONE_OK) {
        dpone_call_close(config->connector, instance);
    }
    dpone_option_tree_free(tree);
    return status;
}

/* Expects these options to be refused because of `name`. Takes `options` over. */
static void expect_refused(struct config *config, json_t *options, const char *name, const char *what) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char where[200];
    char expected[200];
    int32_t status = try_open(config, options, &error);
    (void)snprintf(where, sizeof(where), "option %.80s: %.100s", name, what);
    (void)snprintf(expected, sizeof(expected), "INVALID_ARGUMENT with %.80s in the message", name);
    dpone_expect(config->run, status == DPONE_INVALID_ARGUMENT && strstr(error.message, name) != NULL, where,
                 expected, "%s%s%s", dpone_status_name(status), error.message[0] == '\0' ? "" : ": ",
                 error.message);
    json_decref(options);
}

/* The right options with one of them set, or removed when `value` is NULL. Takes `value` over. */
static json_t *with_option(const struct config *config, const char *name, json_t *value) {
    json_t *options = json_deep_copy(config->options);
    if (value == NULL) {
        (void)json_object_del(options, name);
    } else {
        (void)json_object_set_new(options, name, value);
    }
    return options;
}

static const json_t *properties_of(const struct config *config) {
    return json_object_get(config->schema, "properties");
}

/* ---- The cases ---- */

static void check_complete(struct dpone_check_run *run, void *context) {
    struct config *config = context;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_case_remedy(run, "Let environment.connector_options of " DPONE_PACKAGE_CONTRACT
                           " be right, and connect in check_connection(), not in open().");
    dpone_expect_status(run, "open() without a system", DPONE_OK, try_open(config, config->options, &error),
                        &error);
    dpone_expect(run, json_is_object(properties_of(config)), "schemas/options.schema.json",
                 "an object with properties", "none");
}

static void check_required(struct dpone_check_run *run, void *context) {
    struct config *config = context;
    size_t index;
    json_t *name;
    (void)run;
    json_array_foreach(json_object_get(config->schema, "required"), index, name) {
        expect_refused(config, with_option(config, json_string_value(name), NULL), json_string_value(name),
                       "removed");
    }
}

static void check_unknown(struct dpone_check_run *run, void *context) {
    struct config *config = context;
    const char *name;
    json_t *value;
    (void)run;
    expect_refused(config, with_option(config, "dpone_no_such_option", json_integer(1)),
                   "dpone_no_such_option", "unknown");
    json_object_foreach((json_t *)(uintptr_t)properties_of(config), name, value) {
        char near_miss[200];
        (void)value;
        (void)snprintf(near_miss, sizeof(near_miss), "%.190sx", name);
        expect_refused(config, with_option(config, near_miss, json_integer(1)), near_miss, "unknown");
        return; /* one misspelling shows it */
    }
}

/* A value as JSON text that no option of this type takes. */
struct wrong_value {
    const char *type;
    const char *value;
};

static const struct wrong_value wrong_values[] = {
    {"string", "7"},         {"string", "true"},       {"string", "[\"x\"]"},
    {"integer", "\"12\""},   {"integer", "\"12abc\""}, {"integer", "1.5"},
    {"integer", "true"},     {"number", "\"1.5\""},    {"number", "true"},
    {"boolean", "\"true\""}, {"boolean", "1"},         {"array", "\"x\""},
    {"object", "\"x\""},     {"object", "5"},          {"enum", "\"dpone_no_choice\""},
    {"enum", "5"},
};

static const char *type_of(const json_t *option) {
    if (json_is_array(json_object_get(option, "enum"))) {
        return "enum";
    }
    const char *type = json_string_value(json_object_get(option, "type"));
    return type == NULL ? "" : type;
}

static void check_types(struct dpone_check_run *run, void *context) {
    struct config *config = context;
    const char *name;
    json_t *option;
    (void)run;
    json_object_foreach((json_t *)(uintptr_t)properties_of(config), name, option) {
        for (size_t i = 0; i < sizeof(wrong_values) / sizeof(wrong_values[0]); i++) {
            if (strcmp(wrong_values[i].type, type_of(option)) == 0) {
                json_t *value = json_loads(wrong_values[i].value, JSON_DECODE_ANY, NULL);
                expect_refused(config, with_option(config, name, value), name, wrong_values[i].value);
            }
        }
    }
}

static void check_number(struct config *config, const char *name, const json_t *option) {
    const json_t *minimum = json_object_get(option, "minimum");
    const json_t *maximum = json_object_get(option, "maximum");
    if (json_is_integer(minimum) && json_integer_value(minimum) > INT64_MIN) {
        json_t *value = json_integer(json_integer_value(minimum) - 1);
        expect_refused(config, with_option(config, name, value), name, "one below its minimum");
    }
    if (json_is_integer(maximum) && json_integer_value(maximum) < INT64_MAX) {
        json_t *value = json_integer(json_integer_value(maximum) + 1);
        expect_refused(config, with_option(config, name, value), name, "one above its maximum");
    }
}

static void check_length(struct config *config, const char *name, const json_t *option) {
    json_int_t minimum = json_integer_value(json_object_get(option, "minLength"));
    json_int_t maximum = json_integer_value(json_object_get(option, "maxLength"));
    char *text = malloc(LONG_TEXT_MAXIMUM + 1);
    if (text == NULL) {
        return;
    }
    memset(text, 'x', LONG_TEXT_MAXIMUM);
    if (minimum > 0 && minimum < LONG_TEXT_MAXIMUM) {
        expect_refused(config, with_option(config, name, json_stringn(text, (size_t)minimum - 1)), name,
                       "one byte shorter than its minLength");
    }
    if (maximum > 0 && maximum < LONG_TEXT_MAXIMUM) {
        expect_refused(config, with_option(config, name, json_stringn(text, (size_t)maximum + 1)), name,
                       "one byte longer than its maxLength");
    }
    free(text);
}

static void check_ranges(struct dpone_check_run *run, void *context) {
    struct config *config = context;
    const char *name;
    json_t *option;
    (void)run;
    json_object_foreach((json_t *)(uintptr_t)properties_of(config), name, option) {
        if (strcmp(type_of(option), "integer") == 0) {
            check_number(config, name, option);
        } else if (strcmp(type_of(option), "string") == 0) {
            check_length(config, name, option);
        }
    }
}

/* Does the schema say anything that the case could expect? An empty case would prove nothing. */
static int has_bounds(const struct config *config) {
    static const char *const bounds[] = {"minimum", "maximum", "minLength", "maxLength"};
    const char *name;
    json_t *option;
    json_object_foreach((json_t *)(uintptr_t)properties_of(config), name, option) {
        (void)name;
        for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
            if (json_object_get(option, bounds[i]) != NULL) {
                return 1;
            }
        }
    }
    return 0;
}

static void run_cases(struct config *config) {
    struct dpone_check_run *run = config->run;
    dpone_case_run(run, "complete", check_complete, config);
    if (json_array_size(json_object_get(config->schema, "required")) > 0) {
        dpone_case_run(run, "required", check_required, config);
    }
    dpone_case_run(run, "unknown", check_unknown, config);
    if (json_object_size(properties_of(config)) > 0) {
        dpone_case_run(run, "types", check_types, config);
    }
    if (has_bounds(config)) {
        dpone_case_run(run, "ranges", check_ranges, config);
    }
}

static void check_config_contract(struct dpone_check_run *run) {
    struct config config = {.run = run, .options = dpone_detached_options(run)};
    struct dpone_plugin *plugin = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    char *text = dpone_package_text(run, "schemas/options.schema.json");
    config.schema = text == NULL ? NULL : json_loads(text, 0, NULL);
    int32_t status = dpone_plugin_open(&plugin, run->subject->plugin, &error);
    if (status != DPONE_OK) {
        dpone_expect_status(run, "dpone_connector_init", DPONE_OK, status, &error);
    } else if (dpone_detached_host_open(&config.host, run)) {
        config.connector = dpone_plugin_connector(plugin);
        run_cases(&config);
        dpone_detached_host_close(&config.host);
    }
    dpone_plugin_free(plugin);
    json_decref(config.schema);
    json_decref(config.options);
    free(text);
}

const struct dpone_check dpone_check_config_contract = {
    .id = "config_contract",
    .title = "Options are checked",
    .proves = "A missing, unknown, mistyped or out-of-range option is refused by name.",
    .remedy = "Read the options through dpone_options_bind() with a rule for each, and let the schema say "
              "the same.",
    .group = DPONE_GROUP_LOADING,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_CONTRACT,
    .inputs = inputs,
    .run = check_config_contract,
};
