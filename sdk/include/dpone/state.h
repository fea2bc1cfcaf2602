/* The state side of a connector: opaque values by key, changed by compare-and-set. */
#ifndef DPONE_STATE_H
#define DPONE_STATE_H

#include <dpone/error.h>
#include <dpone/source.h>

DPONE_BEGIN_DECLS

/* A value and the token of its version. A key that was never written has an empty value, exists 0, and a
 * token of its own. */
struct dpone_state_value {
    uint32_t struct_size;
    int32_t exists;
    struct dpone_buffer value;
    struct dpone_buffer token;
};
#define DPONE_STATE_VALUE_INIT                                                                               \
    { (uint32_t)sizeof(struct dpone_state_value), 0, DPONE_BUFFER_INIT, DPONE_BUFFER_INIT }
DPONE_API void dpone_state_value_clear(struct dpone_state_value *value);

/* A change under way, invisible to everybody until commit(). The caller allocates it zeroed but for
 * struct_size; write() fills it. */
struct dpone_state_change {
    uint32_t struct_size;
    void *private_data;

    /* Makes the change visible if the key still has the token that write() was given. DPONE_CONFLICT
     * otherwise, with what is there now in `current` (may be NULL; filled on DPONE_OK too).
     * DPONE_OUTCOME_UNKNOWN: sent, no answer; read() tells. Durable on return. */
    int32_t (*commit)(struct dpone_state_change *change, struct dpone_state_value *current,
                      struct dpone_error *error);

    /* Forgets the change. Harmless twice and after commit. */
    int32_t (*rollback)(struct dpone_state_change *change, struct dpone_error *error);

    /* Frees the handle; an uncommitted change is rolled back. Sets close to NULL. */
    void (*close)(struct dpone_state_change *change);
};

/* Slots a state backend fills; all required. Keys are UTF-8, 1 to 512 bytes; values any bytes up to 16 MiB,
 * also none. */
struct dpone_state_functions {
    uint32_t struct_size;

    int32_t (*read)(struct dpone_instance *instance, struct dpone_string key, struct dpone_state_value *out,
                    struct dpone_error *error);

    /* Prepares to set `key` to `value` from the version `token` of an earlier read(). Nothing is visible yet.
     */
    int32_t (*write)(struct dpone_instance *instance, struct dpone_string key, struct dpone_bytes value,
                     struct dpone_bytes token, struct dpone_state_change *out, struct dpone_error *error);
};

DPONE_END_DECLS

#endif
