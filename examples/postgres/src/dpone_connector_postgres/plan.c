/* Which schema changes a load needs. */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "pack.h"

#define PLAN_FORMAT "postgres plan 1"

/* Room for the text of any type. */
#define PLAN_TYPE_BYTES 32

void postgres_plan_clear(struct postgres_plan *plan) {
    postgres_columns_clear(&plan->columns);
    postgres_columns_clear(&plan->targets);
}

/* ---- Bytes ---- */

static void plan_add_columns(struct postgres_sql *pack, const struct postgres_columns *columns) {
    postgres_pack_add_integer(pack, (int64_t)columns->count);
    for (size_t i = 0; i < columns->count; i++) {
        const struct dpone_column *column = &columns->items[i].as;
        postgres_pack_add(pack, dpone_string_of(column->name));
        postgres_pack_add_integer(pack, column->type);
        postgres_pack_add_integer(pack, column->nullable);
        postgres_pack_add_integer(pack, column->precision);
        postgres_pack_add_integer(pack, column->scale);
    }
}

static int plan_next_column(struct dpone_bytes *rest, struct postgres_columns *out) {
    struct dpone_string name;
    int64_t numbers[4];
    if (!postgres_pack_next(rest, &name)) {
        return 0;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!postgres_pack_next_integer(rest, &numbers[i]) || numbers[i] < 0 || numbers[i] > 38) {
            return 0;
        }
    }
    char copy[POSTGRES_NAME_MAXIMUM_BYTES + 1] = "";
    const struct dpone_column column = {copy, (int32_t)numbers[0], (int32_t)numbers[1], (int32_t)numbers[2],
                                        (int32_t)numbers[3]};
    if (name.size >= sizeof(copy) || column.type >= DPONE_TYPE_COUNT) {
        return 0;
    }
    memcpy(copy, name.data, name.size);
    return postgres_columns_add(out, &column, NULL, NULL) == DPONE_OK;
}

static int plan_next_columns(struct dpone_bytes *rest, struct postgres_columns *out) {
    int64_t count = 0;
    int good = postgres_pack_next_integer(rest, &count);
    while (good && count-- > 0) {
        good = plan_next_column(rest, out);
    }
    return good;
}

int32_t postgres_plan_version(struct dpone_buffer *out, const struct postgres_columns *columns,
                              struct dpone_error *error) {
    struct postgres_sql pack = {0};
    plan_add_columns(&pack, columns);
    return postgres_pack_finish(&pack, out, error);
}

int32_t postgres_plan_read(struct postgres_plan *out, struct dpone_bytes bytes, struct dpone_error *error) {
    struct dpone_bytes rest = bytes;
    if (postgres_pack_next_is(&rest, PLAN_FORMAT) && postgres_pack_next(&rest, &out->version) &&
        plan_next_columns(&rest, &out->columns) && plan_next_columns(&rest, &out->targets) &&
        rest.size == 0) {
        return DPONE_OK;
    }
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                           "the schema plan is damaged or was not made by postgres");
}

/* ---- Decisions ---- */

static int plan_is_reserved(const char *name) {
    return strncmp(name, POSTGRES_RESERVED_PREFIX, strlen(POSTGRES_RESERVED_PREFIX)) == 0;
}

/* 1 when every value of `from` is one of `to`, unchanged. */
static int plan_can_widen(const struct dpone_column *from, const struct dpone_column *to) {
    return (from->type == DPONE_TYPE_INT32 && to->type == DPONE_TYPE_INT64) ||
           (from->type == DPONE_TYPE_DECIMAL128 && to->type == DPONE_TYPE_DECIMAL128 &&
            from->scale == to->scale && from->precision < to->precision);
}

/* "int64" or "decimal128(10,2)". */
static const char *plan_type_text(char out[PLAN_TYPE_BYTES], const struct dpone_column *column) {
    if (column->type != DPONE_TYPE_DECIMAL128) {
        return dpone_type_name(column->type);
    }
    (void)snprintf(out, PLAN_TYPE_BYTES, "decimal128(%d,%d)", (int)column->precision, (int)column->scale);
    return out;
}

static int32_t plan_refuse(const struct dpone_column *column, const char *what, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_CONFLICT,
                           "column \"%s\" %s; change the target by hand, or the source", column->name, what);
}

static int32_t plan_refuse_type(const struct dpone_column *current, const struct dpone_column *wanted,
                                struct dpone_error *error) {
    char here[PLAN_TYPE_BYTES];
    char there[PLAN_TYPE_BYTES];
    return dpone_error_set(
        error, DPONE_CONFLICT,
        "column \"%s\" is %s in the target and %s in the load; use schema_evolution apply or "
        "new_column, or change the source",
        wanted->name, plan_type_text(there, current), plan_type_text(here, wanted));
}

/* A column that the target lacks. */
static int32_t plan_add(struct postgres_plan *plan, const struct dpone_column *wanted, int32_t policy,
                        struct dpone_error *error) {
    if (!wanted->nullable) {
        return plan_refuse(wanted, "is new and not nullable, and the rows there have no value for it", error);
    }
    if (policy == DPONE_EVOLUTION_FAIL) {
        return plan_refuse(wanted, "is missing in the target, and schema_evolution is fail", error);
    }
    int32_t status = postgres_columns_add(&plan->columns, wanted, NULL, error);
    return status == DPONE_OK ? postgres_columns_add(&plan->targets, wanted, NULL, error) : status;
}

/* A column whose type cannot be widened: its values go to a column beside it. */
static int32_t plan_divert(struct postgres_plan *plan, const struct dpone_column *current,
                           const struct dpone_column *wanted, struct dpone_error *error) {
    struct dpone_column beside = *wanted;
    char name[sizeof(POSTGRES_RESERVED_PREFIX "nc__") + POSTGRES_NAME_MAXIMUM_BYTES];
    (void)snprintf(name, sizeof(name), POSTGRES_RESERVED_PREFIX "nc__%s", wanted->name);
    beside.name = name;
    beside.nullable = 1;
    const struct postgres_column *there = postgres_columns_find(&plan->columns, dpone_string_of(name));
    int32_t status = postgres_check_column_name(name, error);
    if (status != DPONE_OK) {
        return status;
    }
    if (!current->nullable) {
        return plan_refuse(wanted, "has another type in the target, where it is not nullable", error);
    }
    if (there == NULL) {
        status = postgres_columns_add(&plan->columns, &beside, NULL, error);
    } else if (!postgres_column_same_type(&there->as, &beside)) {
        status = plan_refuse_type(&there->as, &beside, error);
    }
    return status == DPONE_OK ? postgres_columns_add(&plan->targets, &beside, NULL, error) : status;
}

/* A column that the target has, perhaps with another type. */
static int32_t plan_match(struct postgres_plan *plan, struct dpone_column *current,
                          const struct dpone_column *wanted, int32_t policy, struct dpone_error *error) {
    if (wanted->nullable && !current->nullable) {
        return plan_refuse(wanted, "is nullable in the load and not in the target", error);
    }
    if (postgres_column_same_type(current, wanted)) {
        return postgres_columns_add(&plan->targets, current, NULL, error);
    }
    if (policy != DPONE_EVOLUTION_FAIL && plan_can_widen(current, wanted)) {
        current->type = wanted->type;
        current->precision = wanted->precision;
        return postgres_columns_add(&plan->targets, current, NULL, error);
    }
    return policy == DPONE_EVOLUTION_NEW_COLUMN ? plan_divert(plan, current, wanted, error)
                                                : plan_refuse_type(current, wanted, error);
}

/* A column that the load no longer has may have been renamed: nothing is dropped. */
static int32_t plan_check_dropped(const struct postgres_columns *current,
                                  const struct postgres_columns *wanted, struct dpone_error *error) {
    for (size_t i = 0; i < current->count; i++) {
        const char *name = current->items[i].as.name;
        if (!plan_is_reserved(name) && postgres_columns_find(wanted, dpone_string_of(name)) == NULL) {
            return plan_refuse(&current->items[i].as, "of the target is missing in the load", error);
        }
    }
    return DPONE_OK;
}

/* Fills the columns of a plan, which begin as the target's. */
static int32_t plan_decide(struct postgres_plan *plan, const struct postgres_columns *wanted, int32_t policy,
                           struct dpone_error *error) {
    int32_t status = plan_check_dropped(&plan->columns, wanted, error);
    for (size_t i = 0; status == DPONE_OK && i < wanted->count; i++) {
        const struct dpone_column *column = &wanted->items[i].as;
        struct postgres_column *there = postgres_columns_find(&plan->columns, dpone_string_of(column->name));
        if (plan_is_reserved(column->name)) {
            status = plan_refuse(column, "has a name that is reserved for dpone", error);
        } else if (there == NULL) {
            status = plan_add(plan, column, policy, error);
        } else {
            status = plan_match(plan, &there->as, column, policy, error);
        }
    }
    return status;
}

/* 1 when a load of `wanted` fits into the target as it is. */
static int plan_changes_nothing(const struct postgres_plan *plan, const struct postgres_columns *wanted,
                                struct dpone_string before, struct dpone_string after) {
    for (size_t i = 0; i < wanted->count; i++) {
        if (strcmp(plan->targets.items[i].as.name, wanted->items[i].as.name) != 0) {
            return 0;
        }
    }
    return dpone_string_equal(before, after);
}

static struct dpone_string plan_text(const struct dpone_buffer *buffer) {
    return (struct dpone_string){(const char *)buffer->data, buffer->size};
}

static int32_t plan_write(struct dpone_buffer *out, const struct postgres_plan *plan,
                          struct dpone_string version, struct dpone_error *error) {
    struct postgres_sql pack = {0};
    postgres_pack_add(&pack, dpone_string_of(PLAN_FORMAT));
    postgres_pack_add(&pack, version);
    plan_add_columns(&pack, &plan->columns);
    plan_add_columns(&pack, &plan->targets);
    return postgres_pack_finish(&pack, out, error);
}

int32_t postgres_plan_make(struct dpone_buffer *out, const struct dpone_schema_change *change,
                           struct dpone_error *error) {
    struct postgres_plan plan = {0};
    struct postgres_columns wanted = {0};
    struct dpone_buffer before = DPONE_BUFFER_INIT;
    struct dpone_buffer after = DPONE_BUFFER_INIT;
    int32_t status = postgres_columns_of_schema(&plan.columns, change->current, error);
    if (status == DPONE_OK) {
        status = postgres_columns_of_schema(&wanted, change->wanted, error);
    }
    if (status == DPONE_OK) {
        status = postgres_plan_version(&before, &plan.columns, error);
    }
    if (status == DPONE_OK) {
        status = plan_decide(&plan, &wanted, change->policy, error);
    }
    if (status == DPONE_OK) {
        status = postgres_plan_version(&after, &plan.columns, error);
    }
    if (status == DPONE_OK && !plan_changes_nothing(&plan, &wanted, plan_text(&before), plan_text(&after))) {
        status = plan_write(out, &plan, plan_text(&before), error);
    }
    dpone_buffer_clear(&before);
    dpone_buffer_clear(&after);
    postgres_columns_clear(&wanted);
    postgres_plan_clear(&plan);
    return status;
}
