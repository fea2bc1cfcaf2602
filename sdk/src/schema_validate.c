/* Full validation of schemas (dpone/validate.h). */
#include <dpone/validate.h>

#include <string.h>

#include <dpone/schema.h>

#define KNOWN_FLAGS                                                                                          \
    ((int64_t)(ARROW_FLAG_DICTIONARY_ORDERED | ARROW_FLAG_NULLABLE | ARROW_FLAG_MAP_KEYS_SORTED))

/* Child `index`: there, named once, flat, of a known type. */
static int32_t validate_child(const struct ArrowSchema *schema, int64_t index, struct dpone_error *error) {
    const struct ArrowSchema *child = schema->children[index];
    struct dpone_column column;
    if (child == NULL || child->release == NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column %lld of the schema %s", (long long)index,
                               child == NULL ? "is NULL" : "has been released");
    if (child->name == NULL || child->name[0] == '\0')
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column %lld of the schema has no name",
                               (long long)index);
    size_t size = strlen(child->name);
    if (dpone_utf8_valid_prefix(child->name, size) != size)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column %lld of the schema: the name is not UTF-8",
                               (long long)index);
    if (dpone_schema_find(schema, dpone_string_of(child->name)) != index)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column \"%s\" stands twice in the schema",
                               child->name);
    if (child->n_children != 0)
        return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                               "column \"%s\": nested columns are not of the ABI", child->name);
    if ((child->flags & ~KNOWN_FLAGS) != 0)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column \"%s\": flags %lld are not of Arrow",
                               child->name, (long long)child->flags);
    return dpone_schema_column(schema, index, &column, error);
}

int32_t dpone_schema_validate(const struct ArrowSchema *schema, struct dpone_error *error) {
    if (schema->release == NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "the schema has been released");
    if (schema->format == NULL || strcmp(schema->format, "+s") != 0)
        return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                               "the schema's format is \"%.40s\": a batch is a struct, \"+s\"",
                               schema->format == NULL ? "" : schema->format);
    if (schema->dictionary != NULL)
        return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE, "the schema itself has a dictionary");
    if (schema->n_children < 0 || (schema->n_children > 0 && schema->children == NULL))
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "the schema has %lld children%s",
                               (long long)schema->n_children,
                               schema->n_children < 0 ? "" : ", but no array of them");
    int32_t status = DPONE_OK;
    for (int64_t i = 0; i < schema->n_children && status == DPONE_OK; i++)
        status = validate_child(schema, i, error);
    return status;
}
