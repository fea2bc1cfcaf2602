/* What the checks on a real system share: the fixture, the plug-in with its options, instances, loads, dumps.
 *
 * Every function that can fail for a reason of the environment gives the whole check up and says so; a
 * failure of the connector is an expectation of the open case. Both return 0 then, so that a case reads top
 * down and stops at the first thing that went wrong. */
#ifndef DPONE_CERTIFICATION_LIVE_H
#define DPONE_CERTIFICATION_LIVE_H

#include "check.h"
#include "canonical.h"
#include "fixture_process.h"

#include <dpone/call.h>

#include "runtime/option_tree.h"
#include "runtime/plugin.h"
#include "runtime/system_host.h"
#include "runtime/virtual_time.h"

/* Open while a check runs; all of it belongs to dpone_live_close(). */
struct dpone_live {
    struct dpone_check_run *run;
    struct dpone_fixture *fixture;
    struct dpone_plugin *plugin;
    const struct dpone_connector *connector;
    struct dpone_option_tree *options;
    struct dpone_dataset_column *columns; /* the narrow set's columns that the system can hold */
    size_t column_count;
    uint32_t without; /* values that the system cannot hold: dpone_dataset_spec.without */
    int32_t log;      /* what connectors logged: DPONE_LIVE_LOG in the folder of the check */
};

/* Name of the file in the check's folder that keeps what connectors logged. */
#define DPONE_LIVE_LOG "connector.log"

/* Which side of the type map decides what the data set may hold; a state backend holds none of it. */
enum dpone_live_side { DPONE_LIVE_SOURCE = 1, DPONE_LIVE_SINK = 2, DPONE_LIVE_STATE = 3 };

/* Starts the fixture of the contract, maps the plug-in, and reads environment.connector_options, in which
 * ${name} stands for a variable of the fixture. Secrets are references as in a manifest: each variable is
 * also in the environment as DPONE_FIXTURE_<NAME>, so `{secret: env:DPONE_FIXTURE_TOKEN}` is the fixture's
 * token. Returns 0 when the check was given up. */
int dpone_live_open(struct dpone_live *out, struct dpone_check_run *run, int32_t side);
void dpone_live_close(struct dpone_live *live);

/* One case of a check that shares the live things with the others; `context` is them. */
struct dpone_live_case {
    const char *id;
    void (*function)(struct dpone_check_run *run, void *context);
};

/* Opens, runs the cases in their order, closes. */
void dpone_live_run_cases(struct dpone_check_run *run, int32_t side, const struct dpone_live_case *cases,
                          size_t count);

/* The files of the package that every live verdict depends on. */
extern const char *const dpone_live_inputs[];

/* Writes environment.connector_options with variables put in, as JSON, to `path`; `extra` (nullable,
 * borrowed) has precedence. */
int dpone_live_write_options(struct dpone_live *live, const char *path, const json_t *extra);

/* The data set of a check: the columns the system can hold, rows from `first_row` on. */
struct dpone_dataset_spec dpone_live_spec(const struct dpone_live *live, int64_t first_row);

/* A path in the check's folder; static storage of 8 in turn. */
const char *dpone_live_path(const struct dpone_live *live, const char *format, ...) DPONE_PRINTF(2, 3);

/* One instance with a host of its own. */
struct dpone_live_instance {
    struct dpone_live *live;
    struct dpone_system_host *host;
    struct dpone_instance *instance;
};

/* Opens the connector with the contract's options, in real time. An expectation of the open case. */
int dpone_live_instance_open(struct dpone_live_instance *out, struct dpone_live *live);

/* The same with other options and, when not NULL, another time. */
int dpone_live_instance_open_with(struct dpone_live_instance *out, struct dpone_live *live,
                                  const struct dpone_option *options, const struct dpone_host_time *time);

/* dpone_live_instance_open() without an expectation: what open() answered, `error` filled. */
int32_t dpone_live_instance_try_open(struct dpone_live_instance *out, struct dpone_live *live,
                                     struct dpone_error *error);
void dpone_live_instance_close(struct dpone_live_instance *instance);

/* ---- The environment: each gives the check up on failure ---- */

int dpone_live_publish_stream(struct dpone_live *live, const char *name, int64_t rows);
int dpone_live_prepare_target(struct dpone_live *live, const char *name, int64_t first_row, int64_t rows);
int dpone_live_drop_target(struct dpone_live *live, const char *name);
int dpone_live_arm(struct dpone_live *live, const struct dpone_fixture_arming *arming);

/* Waits for quiet, then writes what the target holds to `path`; 1, or 0 with *missing 1 when there is no such
 * target (`missing` may be NULL: then that is an unmet expectation). */
int dpone_live_observe(struct dpone_live *live, const char *name, const char *path, int *missing);

/* Rows of the data set as a dump: what a correct load leaves. */
int dpone_live_dump_rows(struct dpone_live *live, const char *path, int64_t first_row, int64_t rows);

/* A run of rows of the data set. Parts with different `other` have the same keys and other values. */
struct dpone_live_part {
    uint64_t other;
    int64_t first_row, rows;
};

/* The rows of several parts as a dump. */
int dpone_live_dump_parts(struct dpone_live *live, const char *path, const struct dpone_live_part *parts,
                          size_t part_count);

/* Expects the system to hold no staging area. */
int dpone_live_expect_no_staging(struct dpone_live *live, const char *when);

/* Expects the target to be what the dump says. */
int dpone_live_expect_target(struct dpone_live *live, const char *name, const char *where,
                             const char *expected_path);

/* ---- The connector: expectations of the open case ---- */

/* Opens a reader. */
int dpone_live_read(const struct dpone_live_instance *instance, const struct dpone_read_request *request,
                    struct dpone_reader *out);

/* A request for everything of a stream in batches of `batch_rows` (0: the connector's choice). */
struct dpone_read_request dpone_live_read_request(const char *stream, int64_t batch_rows);

/* Reads a stream to its end into a dump. */
int dpone_live_dump_reader(struct dpone_live *live, struct dpone_reader *reader, const char *where,
                           const char *path, int64_t *rows);

/* A load of rows of the data set. */
struct dpone_live_load {
    const char *target;
    const char *key; /* idempotency key */
    int32_t strategy;
    int64_t first_row, rows;
    const struct dpone_live_part *parts; /* instead of first_row and rows, when not NULL */
    size_t part_count;
    const char *unique_key[4]; /* columns of a merge; NULL after the last */
    const struct dpone_window *window;
    struct dpone_bytes plan; /* of the schema, from plan(); empty: none */
    int64_t batch_rows;      /* 0: 100 */
    /* Called after begin (batch -1) and after each batch written; 0 stops the load. May be NULL. */
    int (*after_batch)(void *context, int64_t batch);
    void *context;
};

/* begin and write*; then the caller stages. On failure the load is closed. */
int dpone_live_load_write(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                          struct dpone_load *out);
int dpone_live_load_stage(const struct dpone_live_instance *instance, struct dpone_load *load);
int dpone_live_load_publish(const struct dpone_live_instance *instance, const struct dpone_live_load *request,
                            struct dpone_load *load);

/* begin, write* and stage() until one of them fails: what it answered, `error` filled. */
int32_t dpone_live_load_try_stage(const struct dpone_live_instance *instance,
                                  const struct dpone_live_load *request, struct dpone_load *out,
                                  struct dpone_error *error);

/* Aborts and closes a load, if begin() opened it. */
void dpone_live_load_give_up(struct dpone_load *load);

/* What publish() gets for the load's rows, counted and hashed by the harness; `digest` must live as long. */
struct dpone_publish_request dpone_live_publish_request(struct dpone_live *live,
                                                        const struct dpone_live_load *request,
                                                        struct dpone_digest *digest);

/* publish() with that request; what it answers, `error` filled. */
int32_t dpone_live_load_try_publish(const struct dpone_live_instance *instance,
                                    const struct dpone_live_load *request, struct dpone_load *load,
                                    struct dpone_error *error);

/* All of it: begin, write, stage, publish, close. */
int dpone_live_load_run(struct dpone_live *live, const struct dpone_live_load *request);

/* The same, but one of the calls must answer `status`, and `where` says what was wrong with the load. Staging
 * is aborted. */
int dpone_live_load_expect_refused(struct dpone_live *live, const struct dpone_live_load *request,
                                   const char *where, int32_t status);

#endif
