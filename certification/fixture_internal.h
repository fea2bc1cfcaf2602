/* What the two halves of the fixture client share, and what travels between client and dpone-fixture.
 *
 * One JSON object a line, requests one way, answers the other, one at a time:
 *   {"call": "observe_target", "name": "orders", "path": "/..."}
 *   {"status": 0, ...}   or   {"status": 2, "message": "...", "retryable": 0} */
#ifndef DPONE_CERTIFICATION_FIXTURE_INTERNAL_H
#define DPONE_CERTIFICATION_FIXTURE_INTERNAL_H

#include "fixture_process.h"

#include <sys/types.h>

/* The descriptor on which dpone-fixture finds its socket. */
#define DPONE_FIXTURE_SOCKET 3

struct dpone_fixture {
    pid_t process; /* 0: gone */
    int socket;
    int64_t call_timeout_ms;
    char *log_path;
    char *received; /* bytes after the last answer */
    size_t received_size;
    json_t *described; /* holds the strings of `facts` */
    struct dpone_fixture_facts facts;
    struct dpone_fixture_fault *faults;
    struct dpone_fixture_mapping *mappings;
    char module_sha256[65];
    char *module_path;
};

#define DPONE_FIXTURE_PATH_BYTES 4096

/* 1 for the name of a fixture that comes with dpone, built or not. */
int dpone_fixture_is_known(const char *name);

/* The module that settings->name means, and the program that runs modules. DPONE_NOT_FOUND or
 * DPONE_INVALID_ARGUMENT as dpone_fixture_open() answers them. */
int32_t dpone_fixture_find_module(char out[DPONE_FIXTURE_PATH_BYTES],
                                  const struct dpone_fixture_settings *settings, struct dpone_error *error);
int32_t dpone_fixture_find_program(char out[DPONE_FIXTURE_PATH_BYTES],
                                   const struct dpone_fixture_settings *settings, struct dpone_error *error);

/* Sends a call and waits for its answer, which the caller frees; `reply` may be NULL. `arguments` (an object,
 * or NULL) is consumed. `timeout_ms` comes on top of the handle's own limit. */
int32_t dpone_fixture_call(struct dpone_fixture *fixture, const char *call, json_t *arguments,
                           int64_t timeout_ms, json_t **reply, struct dpone_error *error);

#endif
