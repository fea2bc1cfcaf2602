/* A connector's options as the host hands them over, and a table-driven way to read them.
 *
 * The tree is plain data, owned by the host, immutable, valid until dpone_connector.open() returns: copy what
 * you keep (dpone_options_bind() does). An option that the table does not know is DPONE_INVALID_ARGUMENT: a
 * typo must never be silent. */
#ifndef DPONE_OPTION_H
#define DPONE_OPTION_H

#include <dpone/error.h>

DPONE_BEGIN_DECLS

enum dpone_option_kind {
    DPONE_OPTION_NULL = 0,
    DPONE_OPTION_BOOL = 1,    /* integer is 0 or 1 */
    DPONE_OPTION_INTEGER = 2, /* integer */
    DPONE_OPTION_FLOAT = 3,   /* real */
    DPONE_OPTION_STRING = 4,  /* text */
    DPONE_OPTION_LIST = 5,    /* children, each without a key */
    DPONE_OPTION_MAP = 6,     /* children, each with its key */
    DPONE_OPTION_SECRET = 7   /* text is the reference, for example "env:API_TOKEN" */
};

struct dpone_option {
    uint32_t struct_size;
    int32_t kind;            /* enum dpone_option_kind */
    struct dpone_string key; /* empty in a list and for the root */
    int64_t integer;
    double real;
    struct dpone_string text;
    size_t child_count;
    const struct dpone_option *const *children;
    uint32_t line; /* where it stands in the manifest, 1-based; 0 when it came from elsewhere */
    uint32_t column;
};

/* The child of a map with that key, or NULL (also when `map` is NULL or no map). Borrowed. */
DPONE_API const struct dpone_option *dpone_option_get(const struct dpone_option *map, const char *key);

/* What a field of the caller's config struct holds after binding. */
enum dpone_option_field {
    DPONE_FIELD_BOOL,    /* int32_t, 0 or 1 */
    DPONE_FIELD_INTEGER, /* int64_t within minimum..maximum */
    DPONE_FIELD_FLOAT,   /* double; an integer is accepted */
    DPONE_FIELD_STRING,  /* char *, NUL-terminated copy; text with a NUL byte is refused; absent: NULL or the
                            default's copy */
    DPONE_FIELD_CHOICE,  /* int32_t, index into choices */
    DPONE_FIELD_SECRET,  /* char *, copy of the reference; anything but a reference is refused */
    DPONE_FIELD_TREE /* struct dpone_option *, deep copy of a list or map, for shapes of the connector's own;
                        absent: NULL */
};

/* One row of a connector's option table; the table ends with a row whose name is NULL. A static table, so
 * without struct_size. */
struct dpone_option_rule {
    const char *name;
    int32_t field;              /* enum dpone_option_field */
    int32_t required;           /* 1: absence is DPONE_INVALID_ARGUMENT naming it */
    size_t offset;              /* offsetof(struct config, member) */
    int64_t minimum, maximum;   /* INTEGER: inclusive; STRING: length in bytes when maximum > 0 */
    const char *default_text;   /* the default as text ("30000", "true", "GET"); NULL: 0, false, NULL */
    const char *const *choices; /* CHOICE: names, NULL-terminated */
};

/* Reads `options` (a map; NULL counts as empty) into `config` by the table. On failure everything bound so
 * far is freed, `config` is zeroed, and the message names the option, what was found, what is wanted, and
 * line:column when known. DPONE_OK, DPONE_INVALID_ARGUMENT (missing, unknown, duplicate, wrong type, out of
 * range), DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_options_bind(void *config, const struct dpone_option_rule *rules,
                                     const struct dpone_option *options, struct dpone_error *error);

/* Frees what dpone_options_bind() allocated inside `config` and zeroes those members; free() does not do: the
 * memory is libdpone's. */
DPONE_API void dpone_options_clear(void *config, const struct dpone_option_rule *rules);

/* A deep copy on the heap, freed with dpone_option_free(). DPONE_OK or DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_option_copy(struct dpone_option **out, const struct dpone_option *option);
DPONE_API void dpone_option_free(struct dpone_option *option);

DPONE_END_DECLS

#endif
