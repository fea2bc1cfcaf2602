/* environment.connector_options: the variables of the fixture put in, for an instance or a manifest. */
#include "live.h"

#include "live_options.h"

#include "subject.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `text` with every ${name} replaced; a name that the fixture does not have stays as it is written. */
static json_t *put_in_variables(struct dpone_string text, const json_t *variables) {
    struct dpone_canonical_text out = {0};
    const char *at = text.data;
    const char *end = text.data + text.size;
    while (at < end) {
        const char *close = memchr(at, '}', (size_t)(end - at));
        const json_t *value = NULL;
        if (close != NULL && close - at > 2 && at[0] == '$' && at[1] == '{') {
            value = json_object_getn(variables, at + 2, (size_t)(close - at - 2));
        }
        if (value != NULL) {
            dpone_canonical_text_add(&out, json_string_value(value), json_string_length(value));
            at = close + 1;
        } else {
            dpone_canonical_text_add(&out, at++, 1);
        }
    }
    json_t *json = out.failed ? NULL : json_stringn(out.size == 0 ? "" : out.data, out.size);
    dpone_canonical_text_clear(&out);
    return json;
}

json_t *dpone_live_node_to_json(const struct dpone_node *node, const json_t *variables) {
    int64_t integer = 0;
    double real = 0;
    int boolean = 0;
    json_t *out = NULL;
    switch (dpone_node_kind(node)) {
    case DPONE_NODE_NULL:
        return json_null();
    case DPONE_NODE_BOOL:
        (void)dpone_node_bool(node, &boolean);
        return json_boolean(boolean);
    case DPONE_NODE_INT:
        return dpone_node_int64(node, &integer) ? json_integer(integer) : NULL;
    case DPONE_NODE_FLOAT:
        (void)dpone_node_float64(node, &real);
        return json_real(real);
    case DPONE_NODE_STRING:
        return put_in_variables(dpone_node_text(node), variables);
    case DPONE_NODE_SEQUENCE:
        out = json_array();
        for (size_t i = 0; i < dpone_node_count(node); i++) {
            if (json_array_append_new(out, dpone_live_node_to_json(dpone_node_at(node, i), variables)) != 0) {
                break;
            }
        }
        return out;
    case DPONE_NODE_MAPPING:
        out = json_object();
        for (size_t i = 0; i < dpone_node_count(node); i++) {
            struct dpone_string key = dpone_node_text(dpone_node_key_at(node, i));
            if (json_object_setn_new(out, key.data, key.size,
                                     dpone_live_node_to_json(dpone_node_at(node, i), variables)) != 0) {
                break;
            }
        }
        return out;
    }
    return NULL;
}

/* Every variable of the fixture as DPONE_FIXTURE_<NAME>, for secrets by reference. */
static void export_variables(const json_t *variables) {
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)variables, name, value) {
        char variable[128];
        int length = snprintf(variable, sizeof(variable), "DPONE_FIXTURE_%s", name);
        for (int i = 0; i < length && i < (int)sizeof(variable); i++) {
            variable[i] = (char)toupper((unsigned char)variable[i]);
        }
        (void)setenv(variable, json_string_value(value), 1);
    }
}

int dpone_live_write_options(struct dpone_live *live, const char *path, const json_t *extra) {
    const struct dpone_contract *contract = live->run->subject->package->contract;
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *variables = NULL;
    int32_t status = dpone_fixture_variables(live->fixture, &variables, &error);
    if (status == DPONE_OK) {
        export_variables(variables);
        json_t *options = contract->connector_options == NULL
                              ? json_object()
                              : dpone_live_node_to_json(contract->connector_options, variables);
        if (json_object_update(options, (json_t *)extra) != 0 && extra != NULL) {
            status = dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory for the options");
        } else if (json_dump_file(options, path, JSON_INDENT(1)) != 0) {
            status = dpone_error_set(&error, DPONE_IO, "cannot write %s", path);
        }
        json_decref(options);
        json_decref(variables);
    }
    if (status != DPONE_OK) {
        dpone_check_environment(live->run, "the connector's options", &error);
    }
    return status == DPONE_OK;
}
