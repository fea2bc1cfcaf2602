/* A fixture as the harness sees it: a handle on a process of its own, in which the module runs.
 *
 * The process is the program dpone-fixture of <libexec>/dpone. It dies with its parent, and each call has a
 * time limit. Statuses every call may answer besides those named: DPONE_UNAVAILABLE  the fixture crashed: an
 * error of the environment (exit status 3), never a verdict about a connector DPONE_TIMEOUT      the fixture
 * did not answer in time; it was killed: likewise their messages end with the tail of the fixture's log. A
 * call after that answers DPONE_UNAVAILABLE again. A handle belongs to one thread at a time. A json_t that a
 * call hands out is the caller's: json_decref() it. */
#ifndef DPONE_CERTIFICATION_FIXTURE_PROCESS_H
#define DPONE_CERTIFICATION_FIXTURE_PROCESS_H

#include "dataset.h"

struct dpone_fixture;

/* Folders, separated by colons, where authors' own modules `<name>.so` are looked for first. */
#define DPONE_FIXTURE_PATH_VARIABLE "DPONE_FIXTURE_PATH"

struct dpone_fixture_settings {
    const char *name;      /* "http"; an author's own by its name; any module by a path with a '/' */
    const char *beside;    /* a file in whose folder they are looked for next; NULL: nowhere else */
    const char *directory; /* private to this fixture, made when missing; fixture.log is written there */
    const char *options;   /* `environment.options` as JSON text; NULL: none */
    uint64_t seed;
    int64_t start_timeout_ms; /* 0: 60,000 */
    int64_t call_timeout_ms;  /* 0: 60,000 */
    const char *libexec; /* folder of dpone-fixture and fixtures/; NULL: found beside the running program */
};

/* What a module says of itself; owned by the handle. */
struct dpone_fixture_facts {
    const char *name;
    const char *title;
    const char *system;
    const char *module_path;
    const char *module_sha256; /* lower-case hexadecimal: the report names it */
    const struct dpone_fixture_fault *faults;
    size_t fault_count;
    const struct dpone_fixture_mapping *mappings;
    size_t mapping_count;
    int64_t process_id;
    int has_source;       /* 1: streams can be published */
    int has_sink;         /* 1: targets can be prepared */
    int comes_with_dpone; /* 0: an author's own module */
};

/* A fixture that dpone knows by name, built or not. */
struct dpone_fixture_known {
    const char *name;
    const char *title;
    const char *package; /* Debian packages that it needs to be built and to run; "" when none */
};

/* The fixtures that come with dpone. Static. */
const struct dpone_fixture_known *dpone_fixture_catalogue(size_t *count);

/* 1 when the module of that name is there to be opened, else 0. */
int dpone_fixture_available(const char *name, const char *libexec);

/* Starts the process and its system. DPONE_NOT_FOUND: the fixture, or a program that it runs, is not
 * installed, and the message names the Debian package (the check is skipped); DPONE_INVALID_ARGUMENT: an
 * option is wrong, or no such name. */
int32_t dpone_fixture_open(struct dpone_fixture **out, const struct dpone_fixture_settings *settings,
                           struct dpone_error *error);

/* Stops the system and the process (by force after 5 s), and frees the handle. NULL is harmless. */
void dpone_fixture_close(struct dpone_fixture *fixture);

const struct dpone_fixture_facts *dpone_fixture_facts(const struct dpone_fixture *fixture);

/* The fault with that id, or NULL. */
const struct dpone_fixture_fault *dpone_fixture_find_fault(const struct dpone_fixture *fixture,
                                                           const char *id);

/* How a value of that type and feature travels (the row for DPONE_FIXTURE_ORDINARY when it has none of its
 * own), or NULL. */
const struct dpone_fixture_mapping *dpone_fixture_find_mapping(const struct dpone_fixture *fixture,
                                                               int32_t type, int32_t feature);

/* {"url": "http://127.0.0.1:40123", "token": "...", ...}: what ${name} in environment.connector_options
 * stands for. */
int32_t dpone_fixture_variables(struct dpone_fixture *fixture, json_t **out, struct dpone_error *error);

/* Makes the first `rows` rows of the data set readable as stream `name`, replacing it. Values that the system
 * cannot serve are replaced by ordinary ones first. Publishing the same spec with more rows is how a stream
 * grows. */
int32_t dpone_fixture_publish_stream(struct dpone_fixture *fixture, const char *name,
                                     const struct dpone_dataset_spec *spec, int64_t rows,
                                     struct dpone_error *error);

/* Writes a dump (canonical.h) of rows first_row .. first_row + rows - 1 of a published stream exactly as a
 * correct source delivers them: golden columns, golden values. Rows past the published ones are allowed. */
int32_t dpone_fixture_dump_stream(struct dpone_fixture *fixture, const char *name, int64_t first_row,
                                  int64_t rows, const char *path, struct dpone_error *error);

/* Creates target `name` with the columns of the data set and its first `rows` rows, replacing what stands
 * there. */
int32_t dpone_fixture_prepare_target(struct dpone_fixture *fixture, const char *name,
                                     const struct dpone_dataset_spec *spec, int64_t rows,
                                     struct dpone_error *error);
int32_t dpone_fixture_drop_target(struct dpone_fixture *fixture, const char *name, struct dpone_error *error);

/* The self-test's three changes, behind the connector's back. Keys and values are canonical text; a NULL
 * value is null. */
int32_t dpone_fixture_insert_rows(struct dpone_fixture *fixture, const char *target,
                                  const struct dpone_dataset_spec *spec, int64_t rows,
                                  struct dpone_error *error);
int32_t dpone_fixture_delete_rows(struct dpone_fixture *fixture, const char *target,
                                  const struct dpone_column *key_column, const char *key,
                                  struct dpone_error *error);
int32_t dpone_fixture_edit_rows(struct dpone_fixture *fixture, const char *target,
                                const struct dpone_column *key_column, const char *key,
                                const struct dpone_column *column, const char *value,
                                struct dpone_error *error);

/* Writes what the system itself holds as a dump to `path`. DPONE_NOT_FOUND when there is no such target; the
 * file is not written then. */
int32_t dpone_fixture_observe_target(struct dpone_fixture *fixture, const char *name, const char *path,
                                     struct dpone_error *error);

/* [{"id", "target", "state", "rows", "expired"}]: staging areas that still exist. */
int32_t dpone_fixture_observe_staging(struct dpone_fixture *fixture, json_t **out, struct dpone_error *error);

/* [{"target", "pipeline", "idempotency_key", "content_digest" (hex), "position" (hex), "rows"}], oldest
 * first. */
int32_t dpone_fixture_observe_publications(struct dpone_fixture *fixture, const char *target, json_t **out,
                                           struct dpone_error *error);

/* Lets every lease of a staging area run out now. */
int32_t dpone_fixture_expire_leases(struct dpone_fixture *fixture, struct dpone_error *error);

/* Arms one fault (struct dpone_fixture_arming, its struct_size may be 0), or disarms with NULL. `struck`
 * (nullable) receives how often the one armed before has struck. */
int32_t dpone_fixture_arm(struct dpone_fixture *fixture, const struct dpone_fixture_arming *arming,
                          int64_t *struck, struct dpone_error *error);

/* Waits until no client and no request is in flight. */
int32_t dpone_fixture_quiesce(struct dpone_fixture *fixture, int64_t timeout_ms, struct dpone_error *error);

/* [{"sequence", "at_us", "operation", "summary", "outcome", "fault", "detail", "body_bytes"}], oldest first:
 * what the system saw. */
int32_t dpone_fixture_events(struct dpone_fixture *fixture, json_t **out, struct dpone_error *error);
int32_t dpone_fixture_clear_events(struct dpone_fixture *fixture, struct dpone_error *error);

/* 0: the system sees no requests, so that a fault strikes at once, stays for delay_ms (0: until it is
 * disarmed), and passes in real time. */
int dpone_fixture_counts_requests(struct dpone_fixture *fixture);

/* The last 4 KiB of fixture.log at most; the caller frees it. NULL when there is none. */
char *dpone_fixture_log_tail(const struct dpone_fixture *fixture);

#endif
