/* Publication by the reference connector: the schema plan, the rows, the position and the end of staging in
 * one transaction, which either happened as a whole or not at all. */
#include <stdlib.h>
#include <string.h>

#include "runtime/files.h"
#include "runtime/reference_load.h"
#include "runtime/reference_value.h"

/* Made while the transaction rewrites a target. */
#define REBUILT_TABLE DPONE_RESERVED_PREFIX "rebuilt"

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to publish");
}

/* ---- Was this key published before? */

static int32_t find_published(const struct load *load, struct dpone_store *store, struct dpone_bytes digest,
                              int *published, struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *published = 0;
    int32_t status = dpone_store_prepare(store, &statement, error,
                                         "SELECT content_digest = ?4 FROM __dpone__publications"
                                         " WHERE target = ?1 AND pipeline = ?2 AND idempotency_key = ?3");
    if (status != DPONE_OK) {
        return status;
    }
    dpone_store_bind_string(statement, 1, dpone_string_of(load->target));
    dpone_store_bind_string(statement, 2, dpone_string_of(load->pipeline));
    dpone_store_bind_string(statement, 3, dpone_string_of(load->key));
    dpone_store_bind_bytes(statement, 4, digest);
    status = dpone_store_step(store, statement, &row, error);
    if (status == DPONE_OK && row) {
        *published = sqlite3_column_int(statement, 0);
        if (!*published) {
            status = dpone_error_set(error, DPONE_CONFLICT, "key %s was published before with other content",
                                     load->key);
        }
    }
    (void)sqlite3_finalize(statement);
    return status;
}

static int32_t record_publication(const struct load *load, struct dpone_store *store,
                                  const struct dpone_publish_request *request, struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status =
        dpone_store_prepare(store, &statement, error,
                            "INSERT INTO __dpone__publications(target, pipeline, idempotency_key,"
                            " content_digest, position, rows) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    if (status != DPONE_OK) {
        return status;
    }
    dpone_store_bind_string(statement, 1, dpone_string_of(load->target));
    dpone_store_bind_string(statement, 2, dpone_string_of(load->pipeline));
    dpone_store_bind_string(statement, 3, dpone_string_of(load->key));
    dpone_store_bind_bytes(statement, 4, request->content_digest);
    dpone_store_bind_bytes(statement, 5, request->position);
    (void)sqlite3_bind_int64(statement, 6, request->rows);
    return dpone_store_finish(store, statement, error);
}

/* ---- Which rows */

static int32_t receipt_numbers(const struct load *load, const struct dpone_bytes *receipt,
                               json_int_t *partition, json_int_t *attempt, struct dpone_error *error) {
    json_t *json = NULL;
    int32_t status = dpone_reference_json(&json, *receipt, "receipt", error);
    const char *stage = NULL;
    if (status == DPONE_OK && (json_unpack(json, "{s:s,s:I,s:I}", "stage", &stage, "partition", partition,
                                           "attempt", attempt) != 0 ||
                               strcmp(stage, load->stage) != 0)) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a receipt is not of load %s", load->key);
    }
    json_decref(json);
    return status;
}

/* SQL that selects the rows of the receipts; "1" when the load is not distributed. On sqlite3's heap. */
static int32_t selection(const struct load *load, struct dpone_store *store,
                         const struct dpone_publish_request *request, char **out, struct dpone_error *error) {
    sqlite3_str *sql = sqlite3_str_new(store->db);
    int32_t status = DPONE_OK;
    uint8_t *seen = calloc((size_t)load->partition_count + 1, 1);
    if (load->partition_count == 0) {
        sqlite3_str_appendall(sql, "1");
    } else if (request->receipt_count != (size_t)load->partition_count) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "load %s has %lld partitions, but %zu receipts came", load->key,
                                 (long long)load->partition_count, request->receipt_count);
    }
    for (size_t i = 0; status == DPONE_OK && seen != NULL && i < (size_t)load->partition_count; i++) {
        json_int_t partition = 0;
        json_int_t attempt = 0;
        status = receipt_numbers(load, request->receipts[i], &partition, &attempt, error);
        if (status == DPONE_OK &&
            (partition < 0 || partition >= load->partition_count || seen[partition]++)) {
            status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                     "partition %lld of load %s has no receipt of its own",
                                     (long long)partition, load->key);
        }
        sqlite3_str_appendf(sql, "%s(__dpone__partition = %lld AND __dpone__attempt = %lld)",
                            i == 0 ? "" : " OR ", (long long)partition, (long long)attempt);
    }
    free(seen);
    *out = sqlite3_str_finish(sql);
    return status == DPONE_OK && (*out == NULL || seen == NULL) ? out_of_memory(error) : status;
}

/* ---- The target's schema */

static int32_t changed_meanwhile(const struct load *load, struct dpone_error *error) {
    return dpone_error_set(
        error, DPONE_CONFLICT,
        "the schema of \"%s\" is no longer the one that the load was planned for; run it again",
        load->target);
}

/* Without a plan the target must take the load's columns as they are. */
static int fits(const struct load *load, const struct dpone_columns *current) {
    for (size_t i = 0; i < load->columns.count; i++) {
        const struct dpone_column *wanted = &load->columns.items[i];
        const struct dpone_column *found = dpone_columns_find(current, wanted->name);
        if (found == NULL || found->type != wanted->type || found->precision != wanted->precision ||
            found->scale != wanted->scale || (wanted->nullable && !found->nullable)) {
            return 0;
        }
    }
    return 1;
}

/* Rewrites the target with the columns of the plan; those that are new are NULL. */
static int32_t rebuild(const struct load *load, struct dpone_store *store,
                       const struct dpone_columns *current, const struct dpone_reference_plan *plan,
                       struct dpone_error *error) {
    int32_t status = dpone_columns_create_table(&plan->columns, store, REBUILT_TABLE, "", error);
    if (status != DPONE_OK) {
        return status;
    }
    sqlite3_str *list = sqlite3_str_new(store->db);
    for (size_t i = 0; i < current->count; i++) {
        sqlite3_str_appendf(list, "%s\"%w\"", i == 0 ? "" : ",", current->items[i].name);
    }
    char *columns = sqlite3_str_finish(list);
    const char *rowid = dpone_reference_rowid(current);
    status = columns == NULL
                 ? out_of_memory(error)
                 : dpone_store_run(store, error,
                                   "INSERT INTO " REBUILT_TABLE "(%s) SELECT %s FROM \"%w\" ORDER BY %s",
                                   columns, columns, load->target, rowid == NULL ? "1" : rowid);
    sqlite3_free(columns);
    if (status == DPONE_OK) {
        status = dpone_store_run(store, error, "DROP TABLE \"%w\"", load->target);
    }
    if (status == DPONE_OK) {
        status =
            dpone_store_run(store, error, "ALTER TABLE " REBUILT_TABLE " RENAME TO \"%w\"", load->target);
    }
    return status;
}

static int32_t apply_plan(const struct load *load, struct dpone_store *store,
                          const struct dpone_columns *current, const struct dpone_reference_plan *plan,
                          struct dpone_error *error) {
    char version[DPONE_SHA256_TEXT_BYTES];
    char planned[DPONE_SHA256_TEXT_BYTES];
    if (dpone_columns_version(version, current) != DPONE_OK ||
        dpone_columns_version(planned, &plan->columns) != DPONE_OK) {
        return out_of_memory(error);
    }
    if (strcmp(version, plan->version) != 0) {
        return changed_meanwhile(load, error);
    }
    return strcmp(version, planned) == 0 ? DPONE_OK : rebuild(load, store, current, plan, error);
}

/* Brings the target to the schema that the load needs, creating it when there is none. */
static int32_t prepare_target(const struct load *load, struct dpone_store *store,
                              const struct dpone_reference_plan *plan, struct dpone_error *error) {
    struct dpone_columns current = {NULL, 0};
    int32_t status = dpone_columns_of_table(&current, store, load->target, error);
    if (status == DPONE_NOT_FOUND) {
        status = plan->changes ? changed_meanwhile(load, error)
                               : dpone_columns_create_table(&load->columns, store, load->target, "", error);
    } else if (status == DPONE_OK && plan->changes) {
        status = apply_plan(load, store, &current, plan, error);
    } else if (status == DPONE_OK && !fits(load, &current)) {
        status = changed_meanwhile(load, error);
    }
    dpone_columns_clear(&current);
    return status;
}

/* ---- The rows */

static int32_t delete_window(const struct load *load, struct dpone_store *store, struct dpone_error *error) {
    const json_t *window = json_object_get(load->request, "window");
    const char *name = json_string_value(json_object_get(window, "column"));
    const struct dpone_column *column = dpone_columns_find(&load->columns, name);
    static const char *const bounds[] = {"from", "to"};
    sqlite3_stmt *statement = NULL;
    int32_t status =
        dpone_store_prepare(store, &statement, error, "DELETE FROM \"%w\" WHERE \"%w\" >= ?1 AND \"%w\" < ?2",
                            load->target, name, name);
    for (int i = 0; status == DPONE_OK && i < 2; i++) {
        const json_t *text = json_object_get(window, bounds[i]);
        struct dpone_string bound = {json_string_value(text), json_string_length(text)};
        status = dpone_reference_bind_text(statement, i + 1, column, bound, error);
    }
    if (status != DPONE_OK) {
        (void)sqlite3_finalize(statement);
        return status;
    }
    return dpone_store_finish(store, statement, error);
}

static int32_t delete_matching(const struct load *load, struct dpone_store *store, const char *where,
                               struct dpone_error *error) {
    char *key = dpone_reference_key_list(load, store->db);
    int32_t status =
        key == NULL ? out_of_memory(error)
                    : dpone_store_run(store, error,
                                      "DELETE FROM \"%w\" WHERE (%s) IN (SELECT %s FROM \"%w\" WHERE %s)",
                                      load->target, key, key, load->stage, where);
    sqlite3_free(key);
    return status;
}

/* What has to go before the load's rows come. */
static int32_t delete_old(const struct load *load, struct dpone_store *store, const char *where,
                          struct dpone_error *error) {
    switch (load->strategy) {
    case DPONE_FULL_REFRESH:
        return dpone_store_run(store, error, "DELETE FROM \"%w\"", load->target);
    case DPONE_INCREMENTAL_MERGE:
        return delete_matching(load, store, where, error);
    case DPONE_REPLACE:
        return delete_window(load, store, error);
    default:
        return DPONE_OK;
    }
}

static int32_t insert_new(const struct load *load, struct dpone_store *store,
                          const struct dpone_reference_plan *plan, const char *where,
                          struct dpone_error *error) {
    sqlite3_str *sql = sqlite3_str_new(store->db);
    sqlite3_str_appendf(sql, "INSERT INTO \"%w\"(", load->target);
    for (size_t i = 0; i < load->columns.count; i++) {
        const char *target =
            plan->changes ? json_string_value(json_array_get(plan->targets, i)) : load->columns.items[i].name;
        sqlite3_str_appendf(sql, "%s\"%w\"", i == 0 ? "" : ",", target);
    }
    sqlite3_str_appendall(sql, ") SELECT ");
    for (size_t i = 0; i < load->columns.count; i++) {
        sqlite3_str_appendf(sql, "%s\"%w\"", i == 0 ? "" : ",", load->columns.items[i].name);
    }
    sqlite3_str_appendf(sql, " FROM \"%w\" WHERE %s ORDER BY %s", load->stage, where, load->rowid);
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare_owned(store, &statement, sqlite3_str_finish(sql), error);
    return status == DPONE_OK ? dpone_store_finish(store, statement, error) : status;
}

static int32_t move_rows(const struct load *load, struct dpone_store *store,
                         const struct dpone_publish_request *request, const struct dpone_reference_plan *plan,
                         struct dpone_error *error) {
    char *where = NULL;
    int32_t status = selection(load, store, request, &where, error);
    if (status == DPONE_OK && load->partition_count > 0) {
        status = dpone_reference_check_rows(load, store, where, error);
    }
    if (status == DPONE_OK) {
        status = prepare_target(load, store, plan, error);
    }
    if (status == DPONE_OK) {
        status = delete_old(load, store, where, error);
    }
    if (status == DPONE_OK) {
        status = insert_new(load, store, plan, where, error);
    }
    sqlite3_free(where);
    return status;
}

static int32_t publish_new(const struct load *load, struct dpone_store *store,
                           const struct dpone_publish_request *request,
                           const struct dpone_reference_plan *plan, struct dpone_error *error) {
    int32_t status = dpone_reference_renew_lease(load, store, error);
    if (status == DPONE_OK) {
        status = move_rows(load, store, request, plan, error);
    }
    return status == DPONE_OK ? record_publication(load, store, request, error) : status;
}

/* Everything that happens inside the transaction. */
static int32_t publish_all(const struct load *load, struct dpone_store *store,
                           const struct dpone_publish_request *request,
                           const struct dpone_reference_plan *plan, struct dpone_error *error) {
    int published = 0;
    int32_t status = find_published(load, store, request->content_digest, &published, error);
    if (status == DPONE_OK && !published) {
        status = publish_new(load, store, request, plan, error);
    }
    return status == DPONE_OK ? dpone_reference_stage_drop(store, load->stage, error) : status;
}

int32_t dpone_reference_publish(struct load *load, struct dpone_store *store,
                                const struct dpone_publish_request *request, struct dpone_error *error) {
    struct dpone_reference_plan plan = {0};
    const json_t *kept = json_object_get(load->request, "plan");
    int32_t status = DPONE_OK;
    if (json_is_string(kept)) {
        struct dpone_bytes bytes = {(const uint8_t *)json_string_value(kept), json_string_length(kept)};
        status = dpone_reference_plan_read(&plan, bytes, error);
    }
    if (status == DPONE_OK) {
        status = dpone_store_begin(store, error);
    }
    if (status == DPONE_OK) {
        status = dpone_store_end(store, publish_all(load, store, request, &plan, error), error);
    }
    dpone_reference_plan_clear(&plan);
    return status;
}
