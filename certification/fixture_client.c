/* The calls of a fixture handle, each one line of JSON and its answer. */
#include "fixture_internal.h"

#include <string.h>

const struct dpone_fixture_fault *dpone_fixture_find_fault(const struct dpone_fixture *fixture,
                                                           const char *id) {
    for (size_t i = 0; i < fixture->facts.fault_count; i++) {
        if (strcmp(fixture->facts.faults[i].id, id) == 0) {
            return &fixture->facts.faults[i];
        }
    }
    return NULL;
}

const struct dpone_fixture_mapping *dpone_fixture_find_mapping(const struct dpone_fixture *fixture,
                                                               int32_t type, int32_t feature) {
    const struct dpone_fixture_mapping *ordinary = NULL;
    for (size_t i = 0; i < fixture->facts.mapping_count; i++) {
        const struct dpone_fixture_mapping *mapping = &fixture->facts.mappings[i];
        if (mapping->type == type && mapping->feature == feature) {
            return mapping;
        }
        if (mapping->type == type && mapping->feature == DPONE_FIXTURE_ORDINARY) {
            ordinary = mapping;
        }
    }
    return ordinary;
}

/* Calls, and hands out the member `member` of the answer. */
static int32_t call_for(struct dpone_fixture *fixture, const char *call, json_t *arguments,
                        const char *member, json_t **out, struct dpone_error *error) {
    json_t *reply = NULL;
    *out = NULL;
    int32_t status = dpone_fixture_call(fixture, call, arguments, 0, &reply, error);
    if (status == DPONE_OK) {
        *out = json_incref(json_object_get(reply, member));
        json_decref(reply);
        if (*out == NULL) {
            status =
                dpone_error_set(error, DPONE_INTERNAL, "fixture: the answer to %s has no %s", call, member);
        }
    }
    return status;
}

int32_t dpone_fixture_variables(struct dpone_fixture *fixture, json_t **out, struct dpone_error *error) {
    return call_for(fixture, "variables", NULL, "variables", out, error);
}

/* Calls with a name, the spec of a data set, and a number of rows. */
static int32_t call_with_rows(struct dpone_fixture *fixture, const char *call, const char *name,
                              const struct dpone_dataset_spec *spec, int64_t rows,
                              struct dpone_error *error) {
    json_t *arguments = json_pack("{s:s, s:o, s:I}", "name", name, "spec", dpone_dataset_spec_to_json(spec),
                                  "rows", (json_int_t)rows);
    return dpone_fixture_call(fixture, call, arguments, 0, NULL, error);
}

int32_t dpone_fixture_publish_stream(struct dpone_fixture *fixture, const char *name,
                                     const struct dpone_dataset_spec *spec, int64_t rows,
                                     struct dpone_error *error) {
    return call_with_rows(fixture, "publish_stream", name, spec, rows, error);
}

int32_t dpone_fixture_dump_stream(struct dpone_fixture *fixture, const char *name, int64_t first_row,
                                  int64_t rows, const char *path, struct dpone_error *error) {
    json_t *arguments = json_pack("{s:s, s:I, s:I, s:s}", "name", name, "first_row", (json_int_t)first_row,
                                  "rows", (json_int_t)rows, "path", path);
    return dpone_fixture_call(fixture, "dump_stream", arguments, 0, NULL, error);
}

int32_t dpone_fixture_prepare_target(struct dpone_fixture *fixture, const char *name,
                                     const struct dpone_dataset_spec *spec, int64_t rows,
                                     struct dpone_error *error) {
    return call_with_rows(fixture, "prepare_target", name, spec, rows, error);
}

int32_t dpone_fixture_drop_target(struct dpone_fixture *fixture, const char *name,
                                  struct dpone_error *error) {
    return dpone_fixture_call(fixture, "drop_target", json_pack("{s:s}", "name", name), 0, NULL, error);
}

int32_t dpone_fixture_insert_rows(struct dpone_fixture *fixture, const char *target,
                                  const struct dpone_dataset_spec *spec, int64_t rows,
                                  struct dpone_error *error) {
    return call_with_rows(fixture, "insert_rows", target, spec, rows, error);
}

/* {"column": {"name", "type", "nullable", "precision", "scale"}, "value": canonical text or null}. */
static json_t *cell_json(const struct dpone_column *column, const char *value) {
    return json_pack("{s:{s:s, s:i, s:b, s:i, s:i}, s:s?}", "column", "name", column->name, "type",
                     column->type, "nullable", column->nullable, "precision", column->precision, "scale",
                     column->scale, "value", value);
}

int32_t dpone_fixture_delete_rows(struct dpone_fixture *fixture, const char *target,
                                  const struct dpone_column *key_column, const char *key,
                                  struct dpone_error *error) {
    json_t *arguments = json_pack("{s:s, s:o}", "name", target, "key", cell_json(key_column, key));
    return dpone_fixture_call(fixture, "delete_rows", arguments, 0, NULL, error);
}

int32_t dpone_fixture_edit_rows(struct dpone_fixture *fixture, const char *target,
                                const struct dpone_column *key_column, const char *key,
                                const struct dpone_column *column, const char *value,
                                struct dpone_error *error) {
    json_t *arguments = json_pack("{s:s, s:o, s:o}", "name", target, "key", cell_json(key_column, key),
                                  "cell", cell_json(column, value));
    return dpone_fixture_call(fixture, "edit_rows", arguments, 0, NULL, error);
}

int32_t dpone_fixture_observe_target(struct dpone_fixture *fixture, const char *name, const char *path,
                                     struct dpone_error *error) {
    return dpone_fixture_call(fixture, "observe_target", json_pack("{s:s, s:s}", "name", name, "path", path),
                              0, NULL, error);
}

int32_t dpone_fixture_observe_staging(struct dpone_fixture *fixture, json_t **out,
                                      struct dpone_error *error) {
    return call_for(fixture, "observe_staging", NULL, "staging", out, error);
}

int32_t dpone_fixture_observe_publications(struct dpone_fixture *fixture, const char *target, json_t **out,
                                           struct dpone_error *error) {
    return call_for(fixture, "observe_publications", json_pack("{s:s}", "name", target), "publications", out,
                    error);
}

int32_t dpone_fixture_expire_leases(struct dpone_fixture *fixture, struct dpone_error *error) {
    return dpone_fixture_call(fixture, "expire_leases", NULL, 0, NULL, error);
}

int32_t dpone_fixture_arm(struct dpone_fixture *fixture, const struct dpone_fixture_arming *arming,
                          int64_t *struck, struct dpone_error *error) {
    json_t *reply = NULL;
    json_t *arguments = NULL;
    if (arming != NULL) {
        arguments = json_pack("{s:s, s:i, s:I, s:I, s:I}", "fault", arming->fault, "operation",
                              arming->operation, "skip", (json_int_t)arming->skip, "times",
                              (json_int_t)arming->times, "delay_ms", (json_int_t)arming->delay_ms);
    }
    int32_t status = dpone_fixture_call(fixture, "arm", arguments, 0, &reply, error);
    if (status == DPONE_OK && struck != NULL) {
        *struck = json_integer_value(json_object_get(reply, "struck"));
    }
    json_decref(reply);
    return status;
}

int32_t dpone_fixture_quiesce(struct dpone_fixture *fixture, int64_t timeout_ms, struct dpone_error *error) {
    json_t *arguments = json_pack("{s:I}", "timeout_ms", (json_int_t)timeout_ms);
    return dpone_fixture_call(fixture, "quiesce", arguments, timeout_ms, NULL, error);
}

int32_t dpone_fixture_events(struct dpone_fixture *fixture, json_t **out, struct dpone_error *error) {
    return call_for(fixture, "events", NULL, "events", out, error);
}

int32_t dpone_fixture_clear_events(struct dpone_fixture *fixture, struct dpone_error *error) {
    return dpone_fixture_call(fixture, "clear_events", NULL, 0, NULL, error);
}

int dpone_fixture_counts_requests(struct dpone_fixture *fixture) {
    return dpone_fixture_clear_events(fixture, NULL) != DPONE_NOT_IMPLEMENTED;
}
