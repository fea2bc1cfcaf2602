/* The fixture of examples/fixture, which does not do one of the things that it says it did: the call that
 * environment.options names as {"skips": "<call>"}. */
#include <dpone/fixture.h>

#include <string.h>

int32_t notebook_fixture_init(uint32_t version, const struct dpone_fixture_module **out,
                              struct dpone_error *error);

static const struct dpone_fixture_module *honest;
static char skipped[256];

static int skips(const char *call) {
    return strstr(skipped, call) != NULL;
}

static int32_t liar_start(void **out, const struct dpone_fixture_start *start, struct dpone_error *error) {
    size_t size = start->options.size < sizeof(skipped) ? start->options.size : sizeof(skipped) - 1;
    memcpy(skipped, start->options.data, size);
    skipped[size] = '\0';
    return honest->start(out, start, error);
}

static int32_t liar_insert(void *context, const char *target, const struct dpone_fixture_rows *rows,
                           struct dpone_error *error) {
    return skips("insert_rows") ? DPONE_OK : honest->insert_rows(context, target, rows, error);
}

static int32_t liar_delete(void *context, const char *target, const char *key_column,
                           const struct dpone_fixture_value *key, struct dpone_error *error) {
    return skips("delete_rows") ? DPONE_OK : honest->delete_rows(context, target, key_column, key, error);
}

static int32_t liar_edit(void *context, const char *target, const char *key_column,
                         const struct dpone_fixture_value *key, const char *column,
                         const struct dpone_fixture_value *value, struct dpone_error *error) {
    return skips("edit_rows") && strcmp(column, "amount") == 0
               ? DPONE_OK
               : honest->edit_rows(context, target, key_column, key, column, value, error);
}

static int32_t liar_drop(void *context, const char *name, struct dpone_error *error) {
    return skips("drop_target") ? DPONE_OK : honest->drop_target(context, name, error);
}

int32_t dpone_fixture_init(uint32_t version, const struct dpone_fixture_module **out,
                           struct dpone_error *error) {
    static struct dpone_fixture_module liar;
    int32_t status = notebook_fixture_init(version, &honest, error);
    if (status == DPONE_OK) {
        liar = *honest;
        liar.name = "liar";
        liar.start = liar_start;
        liar.insert_rows = liar_insert;
        liar.delete_rows = liar_delete;
        liar.edit_rows = liar_edit;
        liar.drop_target = liar_drop;
        *out = &liar;
    }
    return status;
}
