/* abi_conformance: versions, struct sizes, slots and NULL errors, by the letter of dpone/connector.h. */
#include "../check.h"

#include "../catalogue.h"
#include "../required.h"
#include "../subject.h"
#include "../trap.h"
#include "abi_slots.h"

#include <dpone/call.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const char *const inputs[] = {DPONE_PACKAGE_MANIFEST, DPONE_PACKAGE_CONTRACT, NULL};

/* One call of init, as a trap runs it. */
struct init_call {
    dpone_connector_init_function init;
    uint32_t version;
    struct dpone_connector *out;
    struct dpone_error *error;
    int32_t status;
};

static void call_init(void *context) {
    struct init_call *call = context;
    call->status = call->init(call->version, call->out, call->error);
}

/* Calls init and records a bad access as a failure; 1 when it returned. */
static int expect_returns(struct dpone_check_run *run, struct init_call *call, const char *where,
                          const char *expected) {
    struct dpone_trap trap;
    int returned = dpone_trap_run(&trap, call_init, call);
    return dpone_expect(run, returned, where, expected,
                        "it touched memory at %p that is not its own (signal %d)", (void *)trap.address,
                        (int)trap.signal);
}

/* ---- Versions ---- */

static int all_zero_behind_size(const struct dpone_connector *connector) {
    const uint8_t *bytes = (const uint8_t *)connector;
    for (size_t i = sizeof(connector->struct_size); i < sizeof(*connector); i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }
    return 1;
}

static void check_versions(struct dpone_check_run *run, void *context) {
    const uint32_t foreign[] = {DPONE_ABI_VERSION + 1, UINT32_MAX, 0};
    char where[64];
    dpone_case_remedy(
        run, "Let dpone_connector_init() return dpone_connector_fill(), which compares the version.");
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        struct dpone_connector connector = {.struct_size = (uint32_t)sizeof(connector)};
        struct init_call call = {*(dpone_connector_init_function *)context, foreign[i], &connector, &error,
                                 0};
        (void)snprintf(where, sizeof(where), "dpone_connector_init, ABI version %u", foreign[i]);
        if (expect_returns(run, &call, where, "it returns")) {
            dpone_expect_status(run, where, DPONE_NOT_IMPLEMENTED, call.status, &error);
            dpone_expect(run, all_zero_behind_size(&connector), where, "nothing is filled", "something is");
        }
    }
}

/* ---- Struct sizes ---- */

/* Every size that a host built with other headers could have: up to each member. */
static const size_t host_sizes[] = {offsetof(struct dpone_connector, name),
                                    offsetof(struct dpone_connector, version),
                                    offsetof(struct dpone_connector, connector_type),
                                    offsetof(struct dpone_connector, open),
                                    offsetof(struct dpone_connector, check_connection),
                                    offsetof(struct dpone_connector, cancel),
                                    offsetof(struct dpone_connector, close),
                                    offsetof(struct dpone_connector, source),
                                    offsetof(struct dpone_connector, sink),
                                    offsetof(struct dpone_connector, state),
                                    offsetof(struct dpone_connector, native_transfer),
                                    sizeof(struct dpone_connector)};

static void check_short_struct(struct dpone_check_run *run, void *context) {
    char where[96];
    dpone_case_remedy(
        run, "Let dpone_connector_init() return dpone_connector_fill(), which writes no further than "
             "out->struct_size.");
    for (size_t i = 0; i < sizeof(host_sizes) / sizeof(host_sizes[0]); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        struct dpone_connector *connector = dpone_trap_guarded(host_sizes[i]);
        struct init_call call = {*(dpone_connector_init_function *)context, DPONE_ABI_VERSION, connector,
                                 &error, 0};
        (void)snprintf(where, sizeof(where), "dpone_connector_init, struct_size %zu", host_sizes[i]);
        if (connector == NULL) {
            dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory for a guarded page");
            dpone_check_environment(run, "guard pages", &error);
            return;
        }
        connector->struct_size = (uint32_t)host_sizes[i];
        if (expect_returns(run, &call, where, "nothing behind the struct is touched")) {
            dpone_expect_integer(run, where, (int64_t)host_sizes[i], connector->struct_size);
        }
    }
}

/* ---- Slots ---- */

static void expect_declared(struct dpone_check_run *run, const char *name, int declared, const void *table) {
    char where[64];
    (void)snprintf(where, sizeof(where), "connector.%s", name);
    dpone_expect(run, (table != NULL) == declared, where,
                 declared ? "filled, as " DPONE_PACKAGE_MANIFEST " declares it"
                          : "NULL, as " DPONE_PACKAGE_MANIFEST " does not declare it",
                 "%s", table != NULL ? "it is filled" : "it is NULL");
}

static void check_slots(struct dpone_check_run *run, void *context) {
    const struct dpone_connector *connector = context;
    const struct dpone_package *package = run->subject->package;
    dpone_case_remedy(run, "Fill exactly the slots of the declared capabilities, or declare what is filled.");
    expect_declared(run, "source", (package->capabilities & DPONE_CAPABILITY_SOURCE) != 0, connector->source);
    expect_declared(run, "sink", (package->capabilities & DPONE_CAPABILITY_SINK) != 0, connector->sink);
    expect_declared(run, "state", (package->capabilities & DPONE_CAPABILITY_STATE) != 0, connector->state);
    expect_declared(run, "native_transfer", package->native_capabilities.count > 0,
                    connector->native_transfer);
    dpone_abi_expect_tables(run, connector);
}

static void check_strategies(struct dpone_check_run *run, void *context) {
    const struct dpone_connector *connector = context;
    const struct dpone_contract *contract = run->subject->package->contract;
    dpone_case_remedy(run, "Let sink.strategies and capabilities.sink.strategies of " DPONE_PACKAGE_CONTRACT
                           " name the same strategies.");
    dpone_expect_integer(run, "sink.staging_first", 1, connector->sink->staging_first);
    dpone_expect(run, connector->sink->strategies == contract->sink.strategies, "sink.strategies",
                 "the strategies of " DPONE_PACKAGE_CONTRACT, "bits %#x instead of %#x",
                 connector->sink->strategies, contract->sink.strategies);
}

/* ---- The same answer each time ---- */

static void check_repeatable(struct dpone_check_run *run, void *context) {
    dpone_connector_init_function init = *(dpone_connector_init_function *)context;
    struct dpone_connector first = {.struct_size = (uint32_t)sizeof(first)};
    struct dpone_connector second = {.struct_size = (uint32_t)sizeof(second)};
    struct init_call calls[2] = {{init, DPONE_ABI_VERSION, &first, NULL, 0},
                                 {init, DPONE_ABI_VERSION, &second, NULL, 0}};
    if (expect_returns(run, &calls[0], "dpone_connector_init, error NULL", "it returns") &&
        expect_returns(run, &calls[1], "dpone_connector_init, again", "it returns")) {
        dpone_expect_status(run, "dpone_connector_init", DPONE_OK, calls[0].status, NULL);
        dpone_expect(run, calls[0].status == calls[1].status && memcmp(&first, &second, sizeof(first)) == 0,
                     "dpone_connector_init, again", "the same answer", "another one");
    }
}

/* A NULL error must be fine also where init fails. */
static void check_null_error(struct dpone_check_run *run, void *context) {
    struct dpone_connector connector = {.struct_size = (uint32_t)sizeof(connector)};
    struct init_call call = {*(dpone_connector_init_function *)context, DPONE_ABI_VERSION + 1, &connector,
                             NULL, 0};
    dpone_case_remedy(run, "Fill errors through dpone_error_set(), which accepts NULL.");
    expect_returns(run, &call, "dpone_connector_init, foreign version, error NULL", "a status");
    connector = (struct dpone_connector){.struct_size = (uint32_t)sizeof(connector)};
    call = (struct init_call){call.init, DPONE_ABI_VERSION, &connector, NULL, 0};
    if (expect_returns(run, &call, "dpone_connector_init, error NULL", "a status") &&
        call.status == DPONE_OK) {
        dpone_abi_call_without_error(run, &connector);
    }
}

static void check_abi_conformance(struct dpone_check_run *run) {
    dpone_connector_init_function init = NULL;
    struct dpone_connector connector = {.struct_size = (uint32_t)sizeof(connector)};
    void *handle = dlopen(run->subject->plugin, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle == NULL ? NULL : dlsym(handle, DPONE_CONNECTOR_INIT_SYMBOL);
    if (symbol == NULL) {
        if (dpone_case_begin(run, "loads")) {
            dpone_expect(run, 0, "dlopen and dlsym", DPONE_CONNECTOR_INIT_SYMBOL, "%s", dlerror());
            dpone_case_end(run);
        }
        return;
    }
    memcpy(&init, &symbol, sizeof(init));
    dpone_case_run(run, "future_version", check_versions, &init);
    dpone_case_run(run, "short_struct", check_short_struct, &init);
    dpone_case_run(run, "repeatable", check_repeatable, &init);
    if (init(DPONE_ABI_VERSION, &connector, NULL) == DPONE_OK) {
        dpone_case_run(run, "slots", check_slots, &connector);
        if (connector.sink != NULL) {
            dpone_case_run(run, "strategies", check_strategies, &connector);
        }
    }
    dpone_case_run(run, "null_error", check_null_error, &init);
}

const struct dpone_check dpone_check_abi_conformance = {
    .id = "abi_conformance",
    .title = "The connector ABI to the letter",
    .proves = "A foreign version is refused, no byte behind a shorter struct is touched, exactly the "
              "declared slots are "
              "filled, and every call accepts a NULL error.",
    .remedy = "Compare with the comments of dpone/connector.h, source.h, sink.h and state.h.",
    .group = DPONE_GROUP_LOADING,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_CONTRACT,
    .inputs = inputs,
    .run = check_abi_conformance,
};
