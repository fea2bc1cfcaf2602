/* A fixture module for the tests of its process: the smallest one there can be, which crashes, hangs or lies
 * on request. environment.options: {"on": "<call>", "do": "crash" | "hang" | "exit" | "fail"}. */
#include <dpone/fixture.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stub {
    char options[256];
};

static int wants(const struct stub *stub, const char *call, const char *deed) {
    char on[64];
    char what[64];
    (void)snprintf(on, sizeof(on), "\"on\":\"%s\"", call);
    (void)snprintf(what, sizeof(what), "\"do\":\"%s\"", deed);
    return strstr(stub->options, on) != NULL && strstr(stub->options, what) != NULL;
}

static int32_t misbehave(const struct stub *stub, const char *call, struct dpone_error *error) {
    if (wants(stub, call, "crash")) {
        (void)fprintf(stderr, "the stub crashes now\n");
        (void)signal(SIGSEGV, SIG_DFL); /* also under a sanitizer: die by the signal */
        (void)raise(SIGSEGV);
    }
    if (wants(stub, call, "exit")) {
        _exit(7);
    }
    while (wants(stub, call, "hang")) {
        pause();
    }
    if (wants(stub, call, "fail")) {
        return dpone_error_set(error, DPONE_UNAVAILABLE, "the stub fails %s", call);
    }
    return DPONE_OK;
}

static int32_t stub_start(void **out, const struct dpone_fixture_start *start, struct dpone_error *error) {
    struct stub *stub = calloc(1, sizeof(*stub));
    if (stub == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory");
    }
    (void)snprintf(stub->options, sizeof(stub->options), "%.*s", (int)start->options.size,
                   start->options.data);
    int32_t status = misbehave(stub, "start", error);
    if (status != DPONE_OK) {
        free(stub);
        return status;
    }
    *out = stub;
    return DPONE_OK;
}

static void stub_stop(void *context) {
    struct stub *stub = context;
    while (wants(stub, "stop", "hang")) {
        pause();
    }
    free(stub);
}

static const struct dpone_fixture_fault *stub_fault(size_t index) {
    static const struct dpone_fixture_fault fault = {"stub_fault",
                                                     "nothing happens",
                                                     DPONE_FIXTURE_PERMANENT,
                                                     DPONE_FIXTURE_READ,
                                                     DPONE_NOT_FOUND,
                                                     0,
                                                     0,
                                                     0,
                                                     -1};
    return index == 0 ? &fault : NULL;
}

static const struct dpone_fixture_mapping *stub_mapping(void *context, size_t index) {
    static const struct dpone_fixture_mapping mapping = {DPONE_TYPE_INT64, DPONE_FIXTURE_ORDINARY,
                                                         DPONE_TYPE_INT64, 0};
    (void)context;
    return index == 0 ? &mapping : NULL;
}

static int32_t stub_variables(void *context, const struct dpone_fixture_output *out,
                              struct dpone_error *error) {
    int32_t status = misbehave(context, "variables", error);
    return status == DPONE_OK ? out->variable(out->context, "greeting", "hello") : status;
}

static int32_t stub_quiesce(void *context, int64_t timeout_ms, struct dpone_error *error) {
    (void)timeout_ms;
    return misbehave(context, "quiesce", error);
}

static const struct dpone_fixture_module stub_module = {
    .struct_size = sizeof(stub_module),
    .version = DPONE_FIXTURE_VERSION,
    .name = "stub",
    .title = "nothing at all",
    .system = "stub 1",
    .fault = stub_fault,
    .start = stub_start,
    .stop = stub_stop,
    .mapping = stub_mapping,
    .variables = stub_variables,
    .quiesce = stub_quiesce,
};

int32_t dpone_fixture_init(uint32_t version, const struct dpone_fixture_module **out,
                           struct dpone_error *error) {
    if (version != DPONE_FIXTURE_VERSION) {
        return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "the stub speaks another version");
    }
    *out = &stub_module;
    return DPONE_OK;
}
