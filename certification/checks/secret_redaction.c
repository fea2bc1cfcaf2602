/* secret_redaction: no secret of the connector appears in anything it writes, also when everything goes
 * wrong.
 *
 * Each run is a process of its own whose output goes to files; then every file of the check is searched. What
 * the fixture wrote is left out: it was sent the secrets. */
#include "../check.h"

#include "../live_pipeline.h"
#include "../path.h"
#include "../secret_scan.h"
#include "../subject.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS 150
#define SECRETS_MAXIMUM 32
#define SCHEMA_BYTES_MAXIMUM ((size_t)4 << 20)

/* The sides of a connector. */
static const struct side {
    const char *name; /* opens the ids of its cases */
    const char *table;
    int32_t side;
    uint32_t capability;
} sides[] = {{"source", "accounts", DPONE_LIVE_SOURCE, DPONE_CAPABILITY_SOURCE},
             {"sink", "balances", DPONE_LIVE_SINK, DPONE_CAPABILITY_SINK},
             {"state", "transfers", DPONE_LIVE_STATE, DPONE_CAPABILITY_STATE}};

/* The secret options of the connector, and the canary of each. */
struct canaries {
    struct dpone_live *live;
    struct dpone_secret_scan *scan;
    json_t *wrong; /* every secret option with a canary that the system refuses */
    size_t count;
    int32_t side;
    const char *table;
};

/* ---- Which options are secrets ---- */

static json_t *read_properties(struct dpone_live *live) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char *text = NULL;
    size_t size = 0;
    char *path = dpone_package_path(live->run->subject->package, "schemas/options.schema.json");
    json_t *schema = NULL;
    if (path != NULL && dpone_path_read(&text, &size, path, SCHEMA_BYTES_MAXIMUM, &error) == DPONE_OK) {
        schema = json_loadb(text, size, 0, NULL);
    }
    json_t *properties = json_incref(json_object_get(schema, "properties"));
    json_decref(schema);
    free(text);
    free(path);
    return properties;
}

/* Canaries need characters that every form escapes in its own way. */
static void make_canary(char out[96], uint64_t seed, const char *option) {
    (void)snprintf(out, 96, "canary-%016llx'\"&%%+/=%s", (unsigned long long)dpone_dataset_salt(seed, option),
                   option);
}

/* The value behind a reference of the contract: the secret that the fixture accepts. */
static const char *accepted_secret(const struct dpone_option *option) {
    char variable[256];
    if (option == NULL || option->kind != DPONE_OPTION_SECRET || option->text.size < 5 ||
        option->text.size >= sizeof(variable) || memcmp(option->text.data, "env:", 4) != 0) {
        return NULL;
    }
    (void)snprintf(variable, sizeof(variable), "%.*s", (int)option->text.size - 4, option->text.data + 4);
    return getenv(variable);
}

static int add_canary(struct canaries *canaries, const char *option, struct dpone_error *error) {
    struct dpone_live *live = canaries->live;
    char canary[96];
    char variable[32];
    char reference[48];
    const char *accepted = accepted_secret(dpone_option_get(dpone_option_tree_root(live->options), option));
    make_canary(canary, live->run->seed, option);
    (void)snprintf(variable, sizeof(variable), "DPONE_CANARY_%zu", canaries->count++);
    (void)snprintf(reference, sizeof(reference), "env:%s", variable);
    (void)setenv(variable, canary, 1);
    return dpone_secret_scan_add(canaries->scan, option, canary, error) == DPONE_OK &&
           (accepted == NULL || dpone_secret_scan_add(canaries->scan, option, accepted, error) == DPONE_OK) &&
           json_object_set_new(canaries->wrong, option, json_pack("{s:s}", "secret", reference)) == 0;
}

static int open_canaries(struct canaries *out, struct dpone_live *live, const struct side *side) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *properties = read_properties(live);
    const char *name = NULL;
    json_t *property = NULL;
    *out = (struct canaries){.live = live,
                             .scan = dpone_secret_scan_new(),
                             .wrong = json_object(),
                             .side = side->side,
                             .table = side->table};
    int ready = out->scan != NULL && out->wrong != NULL;
    json_object_foreach(properties, name, property) {
        if (ready && out->count < SECRETS_MAXIMUM && json_is_true(json_object_get(property, "writeOnly"))) {
            ready = add_canary(out, name, &error);
        }
    }
    json_decref(properties);
    if (!ready) {
        dpone_check_environment(live->run, "the canaries", &error);
    }
    return ready;
}

static void close_canaries(struct canaries *canaries) {
    dpone_secret_scan_free(canaries->scan);
    json_decref(canaries->wrong);
}

/* ---- Runs ---- */

/* Everything that the connector can say: the error of the run and of check_connection. */
static void run_and_tell(struct canaries *canaries, const json_t *extra) {
    struct dpone_live *live = canaries->live;
    struct dpone_virtual_time *time = dpone_virtual_time_new();
    struct dpone_live_pipeline pipeline = {.side = canaries->side,
                                           .table = canaries->table,
                                           .extra = extra,
                                           .time = time == NULL ? NULL : dpone_virtual_time_functions(time)};
    struct dpone_live_outcome outcome = {0};
    struct dpone_live_instance instance;
    struct dpone_option_tree *options = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_live_pipeline_run(&outcome, live, &pipeline)) {
        printf("pipeline: %s: %s\n", dpone_status_name(outcome.status), outcome.error.message);
    }
    if (dpone_option_tree_read(&options, dpone_live_path(live, "pipeline-options.json"), &error) ==
            DPONE_OK &&
        dpone_live_instance_open_with(&instance, live, dpone_option_tree_root(options), pipeline.time)) {
        int32_t status = dpone_call_check_connection(live->connector, instance.instance, &error);
        printf("check_connection: %s: %s\n", dpone_status_name(status), error.message);
        dpone_live_instance_close(&instance);
    }
    dpone_option_tree_free(options);
    dpone_live_outcome_clear(&outcome);
    dpone_virtual_time_free(time);
}

/* Keeps the command line and the environment's names of the process among the files to search. */
static void keep_command_line(struct dpone_live *live) {
    char data[4096];
    FILE *in = fopen("/proc/self/cmdline", "r");
    FILE *out = fopen(dpone_live_path(live, "command-line"), "w");
    size_t size = in == NULL ? 0 : fread(data, 1, sizeof(data), in);
    if (out != NULL) {
        (void)fwrite(data, 1, size, out);
        (void)fclose(out);
    }
    if (in != NULL) {
        (void)fclose(in);
    }
}

/* Runs in a process of its own, its output in a file. 1 when it ended by itself. */
static int run_apart(struct canaries *canaries, const char *name, const json_t *extra) {
    struct dpone_live *live = canaries->live;
    int status = 0;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int output = open(dpone_live_path(live, "%s.output", name), O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (output < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) {
            _exit(1);
        }
        keep_command_line(live);
        run_and_tell(canaries, extra);
        (void)fflush(NULL);
        _exit(0);
    }
    return dpone_expect(live->run, child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status),
                        name, "a run that ends by itself", "signal %d",
                        WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void expect_no_secret(struct canaries *canaries, const char *when) {
    struct dpone_live *live = canaries->live;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_secret_hit hit = {{0}, {0}, {0}, 0};
    int64_t files = 0;
    int found =
        dpone_secret_scan_directory(canaries->scan, live->run->directory, "fixture", &hit, &files, &error);
    if (found < 0) {
        dpone_check_environment(live->run, "searching for secrets", &error);
        return;
    }
    const char *file = strrchr(hit.path, '/');
    (void)dpone_expect(live->run, found == 0, when, "no secret in any file",
                       "option %s, %s, in %s at byte %zu", hit.secret, hit.form, file == NULL ? "" : file + 1,
                       hit.offset);
    (void)dpone_expect(live->run, files > 3, when, "the files of a run to search", "%lld files",
                       (long long)files);
}

/* ---- Cases ---- */

static void case_successful_run(struct dpone_check_run *run, void *context) {
    struct canaries *canaries = context;
    (void)run;
    if (run_apart(canaries, "a run that succeeds", NULL)) {
        expect_no_secret(canaries, "after a run that succeeds");
    }
}

static void case_refused_credentials(struct dpone_check_run *run, void *context) {
    struct canaries *canaries = context;
    (void)run;
    if (run_apart(canaries, "a run with other credentials", canaries->wrong)) {
        expect_no_secret(canaries, "after a run with other credentials");
    }
}

static void case_forced_failures(struct dpone_check_run *run, void *context) {
    struct canaries *canaries = context;
    struct dpone_live *live = canaries->live;
    const struct dpone_fixture_facts *facts = dpone_fixture_facts(live->fixture);
    for (size_t i = 0; i < facts->fault_count && !dpone_check_given_up(run); i++) {
        struct dpone_fixture_arming arming = {
            .struct_size = sizeof(arming), .fault = facts->faults[i].id, .delay_ms = 50};
        if (!dpone_live_arm(live, &arming) || !run_apart(canaries, facts->faults[i].id, NULL)) {
            break;
        }
        expect_no_secret(canaries, facts->faults[i].id);
    }
    (void)dpone_live_arm(live, NULL);
}

static void case_no_secret_options(struct dpone_check_run *run, void *context) {
    const struct canaries *canaries = context;
    (void)dpone_expect_integer(run, "schemas/options.schema.json: options that are writeOnly", 0,
                               (int64_t)canaries->count);
}

static int prepare(struct canaries *canaries) {
    return canaries->side == DPONE_LIVE_SOURCE
               ? dpone_live_publish_stream(canaries->live, canaries->table, ROWS)
               : dpone_live_fill_reference(canaries->live, canaries->table, ROWS);
}

static void run_side(struct dpone_check_run *run, const struct side *side) {
    static const struct {
        const char *id;
        void (*function)(struct dpone_check_run *run, void *context);
    } cases[] = {{"successful_run", case_successful_run},
                 {"refused_credentials", case_refused_credentials},
                 {"forced_failures", case_forced_failures}};
    struct dpone_live live;
    struct canaries canaries = {0};
    char id[64];
    if (!dpone_live_open(&live, run, side->side)) {
        return;
    }
    int ready = open_canaries(&canaries, &live, side) && prepare(&canaries);
    if (ready && canaries.count == 0) {
        (void)snprintf(id, sizeof(id), "%s.no_secret_options", side->name);
        dpone_case_run(run, id, case_no_secret_options, &canaries);
    }
    for (size_t i = 0; ready && canaries.count > 0 && i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(id, sizeof(id), "%s.%s", side->name, cases[i].id);
        dpone_case_run(run, id, cases[i].function, &canaries);
    }
    close_canaries(&canaries);
    dpone_live_close(&live);
}

static void run_check(struct dpone_check_run *run) {
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]) && !dpone_check_given_up(run); i++) {
        if (run->subject->package->capabilities & sides[i].capability) {
            run_side(run, &sides[i]);
        }
    }
}

static const char *const inputs[] = {"dpone_connector_manifest.json", "certification/certification.yaml",
                                     "schemas/options.schema.json", NULL};

const struct dpone_check dpone_check_secret_redaction = {
    .id = "secret_redaction",
    .title = "Secrets stay secret",
    .proves = "No secret of the connector appears in logs, errors, artifacts, output or arguments, also "
              "under every fault.",
    .remedy = "Never put a secret into a message; pass texts of libraries through dpone_secret_redact().",
    .group = DPONE_GROUP_EVIDENCE,
    .capabilities = DPONE_CAPABILITY_SOURCE | DPONE_CAPABILITY_SINK | DPONE_CAPABILITY_STATE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = inputs,
    .time_limit_s = 120,
    .run = run_check,
};
