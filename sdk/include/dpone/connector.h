/* A connector: the one symbol a plug-in exports, and what it fills.
 *
 * Loading has no side effects: between dlopen and the return of dpone_connector_init() a plug-in opens
 * nothing for writing, connects nowhere, starts no thread or process, prints nothing and changes nothing of
 * the process. Plug-ins are never dlclosed in production.
 *
 * Threads: calls on one instance and on its readers, loads and changes are serialised by the caller, on any
 * thread; instances are independent, also on several threads at once; cancel() alone may come at any time
 * from any thread. */
#ifndef DPONE_CONNECTOR_H
#define DPONE_CONNECTOR_H

#include <dpone/host.h>
#include <dpone/native_transfer.h>
#include <dpone/option.h>
#include <dpone/sink.h>
#include <dpone/source.h>
#include <dpone/state.h>
#include <dpone/version.h>

DPONE_BEGIN_DECLS

struct dpone_connector {
    uint32_t struct_size; /* set by the caller: the callee writes no member beyond it */
    uint32_t abi_version; /* filled by the callee: DPONE_ABI_VERSION it was built with */

    /* Static storage of the plug-in, valid as long as it is mapped. */
    struct dpone_string name;           /* demo_api */
    struct dpone_string version;        /* of the connector package, for example 1.0.0 */
    struct dpone_string connector_type; /* api, database, event, file */

    /* Opens an instance. No connection is needed yet. `host` stays valid until close, `options` only during
     * the call. DPONE_INVALID_ARGUMENT names the option that is missing, unknown, of the wrong type or out of
     * range. `*out` is NULL on failure. */
    int32_t (*open)(struct dpone_instance **out, const struct dpone_host *host,
                    const struct dpone_option *options, struct dpone_error *error);

    /* Proves that the system answers and the credentials are accepted, changing nothing. */
    int32_t (*check_connection)(struct dpone_instance *instance, struct dpone_error *error);

    /* Asks the running call, and every later one, to end with DPONE_CANCELLED. Any thread, any time before
     * close. Returns at once. */
    void (*cancel)(struct dpone_instance *instance);

    /* Frees the instance. Readers, loads and changes are closed before; batches, checkpoints and other
     * buffers live on. NULL is harmless. */
    void (*close)(struct dpone_instance *instance);

    /* Capabilities: NULL when not declared. Static storage of the plug-in. */
    const struct dpone_source_functions *source;
    const struct dpone_sink_functions *sink;
    const struct dpone_state_functions *state;
    const struct dpone_native_transfer_functions *native_transfer;
};

/* The one exported symbol of a plug-in. The caller allocates `out`, sets out->struct_size and zeroes the
 * rest; the callee fills what fits. `abi_version` is the host's. A plug-in that cannot serve it answers
 * DPONE_NOT_IMPLEMENTED and fills nothing. Thread-safe, callable any number of times, each time with the same
 * answer. `error` may be NULL. */
DPONE_EXPORT int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out,
                                          struct dpone_error *error);

/* The name of that symbol, for dlsym. */
#define DPONE_CONNECTOR_INIT_SYMBOL "dpone_connector_init"

/* The type of that symbol. */
typedef int32_t (*dpone_connector_init_function)(uint32_t abi_version, struct dpone_connector *out,
                                                 struct dpone_error *error);

/* For the body of dpone_connector_init(): checks the version and copies from `self` the members that fit
 * `out->struct_size`. */
DPONE_API int32_t dpone_connector_fill(uint32_t abi_version, struct dpone_connector *out,
                                       const struct dpone_connector *self, struct dpone_error *error);

DPONE_END_DECLS

#endif
