/* Schema plans of the reference connector. */
#include "runtime/reference_plan.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/files.h"
#include "runtime/reference_instance.h"
#include "runtime/reference_value.h"

/* Where a value goes whose column has another type. */
#define NEW_COLUMN_PREFIX DPONE_RESERVED_PREFIX "nc__"

void dpone_reference_plan_clear(struct dpone_reference_plan *plan) {
    dpone_columns_clear(&plan->columns);
    json_decref(plan->targets);
    *plan = (struct dpone_reference_plan){0};
}

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a schema plan");
}

static int is_reserved(const char *name) {
    return strncmp(name, DPONE_RESERVED_PREFIX, strlen(DPONE_RESERVED_PREFIX)) == 0;
}

static int same_type(const struct dpone_column *left, const struct dpone_column *right) {
    return left->type == right->type && left->precision == right->precision && left->scale == right->scale;
}

static int can_widen(const struct dpone_column *from, const struct dpone_column *to) {
    return (from->type == DPONE_TYPE_INT32 && to->type == DPONE_TYPE_INT64) ||
           (from->type == DPONE_TYPE_DECIMAL128 && to->type == DPONE_TYPE_DECIMAL128 &&
            from->scale == to->scale && from->precision < to->precision);
}

static int32_t forbidden(struct dpone_error *error, const struct dpone_column *column, const char *change) {
    return dpone_error_set(
        error, DPONE_CONFLICT,
        "column \"%s\" %s; change the target by hand, or the policy in sink.schema_evolution", column->name,
        change);
}

static int32_t refuse_type(struct dpone_error *error, const struct dpone_column *from,
                           const struct dpone_column *to) {
    char change[160];
    char before[DPONE_DECLARED_BYTES];
    char after[DPONE_DECLARED_BYTES];
    dpone_reference_declared(before, from);
    dpone_reference_declared(after, to);
    (void)snprintf(change, sizeof change, "is %s in the target and %s in the load", before, after);
    return forbidden(error, to, change);
}

static int32_t add_target(struct dpone_reference_plan *plan, const char *name, struct dpone_error *error) {
    return json_array_append_new(plan->targets, json_string(name)) == 0 ? DPONE_OK : out_of_memory(error);
}

/* A column that the target lacks. */
static int32_t plan_addition(struct dpone_reference_plan *plan, const struct dpone_column *wanted,
                             int32_t policy, struct dpone_error *error) {
    if (is_reserved(wanted->name)) {
        return forbidden(error, wanted, "has a name reserved for dpone");
    }
    if (!wanted->nullable) {
        return forbidden(error, wanted,
                         "is new and not nullable, so the rows of the target have no value for it");
    }
    if (policy == DPONE_EVOLUTION_FAIL) {
        return forbidden(error, wanted, "is not in the target");
    }
    plan->changes = 1;
    if (dpone_columns_add(&plan->columns, wanted) != DPONE_OK) {
        return out_of_memory(error);
    }
    return add_target(plan, wanted->name, error);
}

/* A column whose type cannot be widened: its values go beside the old ones. */
static int32_t plan_new_column(struct dpone_reference_plan *plan, const struct dpone_column *current,
                               const struct dpone_column *wanted, struct dpone_error *error) {
    char *name = dpone_format(NEW_COLUMN_PREFIX "%s", wanted->name);
    if (name == NULL) {
        return out_of_memory(error);
    }
    struct dpone_column beside = *wanted;
    beside.name = name;
    beside.nullable = 1;
    const struct dpone_column *existing = dpone_columns_find(&plan->columns, name);
    int32_t status = DPONE_OK;
    if (!current->nullable) {
        status = forbidden(error, wanted, "has another type than in the target, where it is not nullable");
    } else if (existing != NULL && !same_type(existing, &beside)) {
        status = refuse_type(error, existing, &beside);
    } else if (existing == NULL && dpone_columns_add(&plan->columns, &beside) != DPONE_OK) {
        status = out_of_memory(error);
    }
    if (status == DPONE_OK) {
        plan->changes = 1;
        status = add_target(plan, name, error);
    }
    free(name);
    return status;
}

/* A column that both have, the target perhaps with another type. */
static int32_t plan_match(struct dpone_reference_plan *plan, struct dpone_column *current,
                          const struct dpone_column *wanted, int32_t policy, struct dpone_error *error) {
    if (wanted->nullable && !current->nullable) {
        return forbidden(error, wanted, "is nullable in the load and not in the target");
    }
    if (same_type(current, wanted)) {
        return add_target(plan, current->name, error);
    }
    if (policy != DPONE_EVOLUTION_FAIL && can_widen(current, wanted)) {
        plan->changes = 1;
        current->type = wanted->type;
        current->precision = wanted->precision;
        return add_target(plan, current->name, error);
    }
    return policy == DPONE_EVOLUTION_NEW_COLUMN ? plan_new_column(plan, current, wanted, error)
                                                : refuse_type(error, current, wanted);
}

static int32_t refuse_drops(const struct dpone_columns *current, const struct dpone_columns *wanted,
                            struct dpone_error *error) {
    for (size_t i = 0; i < current->count; i++) {
        const struct dpone_column *column = &current->items[i];
        if (!is_reserved(column->name) && dpone_columns_find(wanted, column->name) == NULL) {
            return forbidden(error, column, "is in the target and not in the load");
        }
    }
    return DPONE_OK;
}

static int32_t copy_columns(struct dpone_columns *out, const struct dpone_columns *columns,
                            struct dpone_error *error) {
    for (size_t i = 0; i < columns->count; i++) {
        if (dpone_columns_add(out, &columns->items[i]) != DPONE_OK) {
            return out_of_memory(error);
        }
    }
    return DPONE_OK;
}

int32_t dpone_reference_plan_make(struct dpone_reference_plan *out, const struct dpone_columns *current,
                                  const struct dpone_columns *wanted, int32_t policy,
                                  struct dpone_error *error) {
    out->targets = json_array();
    int32_t status = refuse_drops(current, wanted, error);
    if (status == DPONE_OK &&
        (out->targets == NULL || dpone_columns_version(out->version, current) != DPONE_OK)) {
        status = out_of_memory(error);
    }
    if (status == DPONE_OK) {
        status = copy_columns(&out->columns, current, error);
    }
    for (size_t i = 0; status == DPONE_OK && i < wanted->count; i++) {
        struct dpone_column *found = dpone_columns_find(&out->columns, wanted->items[i].name);
        status = found == NULL ? plan_addition(out, &wanted->items[i], policy, error)
                               : plan_match(out, found, &wanted->items[i], policy, error);
    }
    return status;
}

int32_t dpone_reference_plan_write(const struct dpone_reference_plan *plan, struct dpone_buffer *out,
                                   struct dpone_error *error) {
    json_t *columns = dpone_columns_to_json(&plan->columns);
    json_t *json = columns == NULL ? NULL
                                   : json_pack("{s:s,s:o,s:O}", "version", plan->version, "columns", columns,
                                               "targets", plan->targets);
    return dpone_reference_json_buffer(out, json, error);
}

int32_t dpone_reference_plan_read(struct dpone_reference_plan *out, struct dpone_bytes bytes,
                                  struct dpone_error *error) {
    json_t *json = NULL;
    int32_t status = dpone_reference_json(&json, bytes, "schema plan", error);
    const char *version = json_string_value(json_object_get(json, "version"));
    json_t *targets = json_object_get(json, "targets");
    if (status == DPONE_OK &&
        (version == NULL || strlen(version) != sizeof out->version - 1 || !json_is_array(targets))) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "the schema plan lacks its version or its targets");
    }
    if (status == DPONE_OK) {
        memcpy(out->version, version, sizeof out->version);
        out->targets = json_incref(targets);
        out->changes = 1;
        status = dpone_columns_of_json(&out->columns, json_object_get(json, "columns"), error);
    }
    json_decref(json);
    return status;
}
