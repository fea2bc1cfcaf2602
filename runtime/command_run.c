/* dpone run: one pipeline of a manifest, in this process. */
#include "runtime/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/command_common.h"
#include "runtime/interrupt.h"

#define DEFAULT_RUN_DIRECTORY "dpone_runs"
#define PROGRESS_INTERVAL_NS (INT64_C(100) * 1000000)

enum { SIDE_SOURCE, SIDE_SINK, SIDE_STATE, SIDE_COUNT };

struct run {
    const struct dpone_arguments *arguments;
    struct dpone_pipeline_manifest *manifest;
    struct dpone_loaded_plugins plugins;
    struct dpone_system_host *hosts[SIDE_COUNT];
    struct dpone_pipeline_environment environment;
    struct dpone_pipeline *pipeline;
    int64_t first_ns; /* of the progress line: when it began, and when it was last written */
    int64_t last_ns;
};

/* ---- Progress, on a terminal only */

static int32_t show_progress(void *context, const struct dpone_step_event *event, struct dpone_error *error) {
    struct run *run = context;
    const struct dpone_host *host = run->environment.source.host;
    int64_t now_ns = host->monotonic_ns(host->context);
    (void)error;
    run->first_ns = run->first_ns == 0 ? now_ns : run->first_ns;
    if (event->phase == DPONE_STEP_AFTER || now_ns - run->last_ns < PROGRESS_INTERVAL_NS) {
        return event->status;
    }
    run->last_ns = now_ns;
    double seconds = (double)(now_ns - run->first_ns) / 1e9;
    (void)fprintf(stderr, "\r\033[K%s: %" PRId64 " rows, %.0f rows/s", dpone_step_name(event->step),
                  event->rows, seconds > 0 ? (double)event->rows / seconds : 0.0);
    return event->status;
}

static void begin_progress(struct run *run) {
    if (isatty(STDERR_FILENO)) {
        run->environment.hook = show_progress;
        run->environment.hook_context = run;
    }
}

static void end_progress(const struct run *run) {
    if (run->environment.hook != NULL) {
        (void)fputs("\r\033[K", stderr);
    }
}

/* ---- The result */

static void print_gates(const struct dpone_run_record *record) {
    for (size_t i = 0; i < record->gate_count; i++) {
        const struct dpone_gate_result *gate = record->gate_results[i];
        const char *failed = gate->spec->severity == DPONE_GATE_ERROR ? "failed" : "warning";
        (void)printf("  gate %s: %s, expected %s, observed %s\n", gate->spec->id,
                     gate->passed ? "passed" : failed, gate->expected, gate->observed);
    }
}

static void print_text(const struct run *run, const struct dpone_run_record *record) {
    static const char *const words[] = {"running", "succeeded", "failed", "cancelled"};
    (void)printf("%s %s: %" PRId64 " rows read, %" PRId64 " staged, %" PRId64 " published, %" PRId64
                 " rejected in %.3f s\n",
                 record->spec->name, words[record->status], record->read_rows, record->staged_rows,
                 record->published_rows, record->rejected_rows, (double)record->duration_us / 1e6);
    print_gates(record);
    (void)printf("  record %s\n", dpone_pipeline_record_path(run->pipeline));
}

static void print_json(const struct dpone_run_record *record) {
    json_t *json = dpone_run_record_json(record);
    if (json != NULL) {
        (void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
        (void)fputc('\n', stdout);
    }
    json_decref(json);
}

static void print_result(const struct run *run) {
    const struct dpone_run_record *record = dpone_pipeline_record(run->pipeline);
    if (record->run_id[0] == '\0') {
        return;
    }
    if (dpone_runtime_wants_json(run->arguments)) {
        print_json(record);
    } else {
        print_text(run, record);
    }
}

/* ---- Running */

static int32_t choose_connectors(struct run *run, const struct dpone_pipeline_spec *spec,
                                 struct dpone_error *error) {
    struct dpone_pipeline_environment *environment = &run->environment;
    int32_t status = dpone_runtime_choose(&environment->source, &run->plugins, spec->source.type, error);
    if (status == DPONE_OK) {
        status = dpone_runtime_choose(&environment->sink, &run->plugins, spec->sink.type, error);
    }
    return status == DPONE_OK && spec->state.type != NULL
               ? dpone_runtime_choose(&environment->state, &run->plugins, spec->state.type, error)
               : status;
}

static int32_t make_hosts(struct run *run, struct dpone_error *error) {
    struct dpone_pipeline_side *const sides[SIDE_COUNT] = {&run->environment.source, &run->environment.sink,
                                                           &run->environment.state};
    for (size_t i = 0; i < SIDE_COUNT; i++) {
        int32_t status = dpone_runtime_host(&run->hosts[i], error);
        if (status != DPONE_OK) {
            return status;
        }
        sides[i]->host = dpone_system_host_get(run->hosts[i]);
    }
    return DPONE_OK;
}

/* An interrupt stops what reads and stages; the state's host is left alone, so that a publication is
 * completed. */
static void stop(void *context) {
    struct run *run = context;
    dpone_system_host_cancel(run->hosts[SIDE_SOURCE]);
    dpone_system_host_cancel(run->hosts[SIDE_SINK]);
    dpone_pipeline_cancel(run->pipeline);
}

static int32_t run_pipeline(struct run *run, struct dpone_error *error) {
    struct dpone_interrupt *interrupt = NULL;
    int32_t status = dpone_interrupt_watch(&interrupt, stop, run, error);
    if (status == DPONE_OK) {
        begin_progress(run);
        status = dpone_pipeline_run(run->pipeline, error);
        end_progress(run);
        dpone_interrupt_end(interrupt);
    }
    return status;
}

static int32_t prepare(struct run *run, struct dpone_error *error) {
    const char *directory = dpone_arguments_value(run->arguments, "--run-dir");
    run->environment.run_directory = directory == NULL ? DEFAULT_RUN_DIRECTORY : directory;
    int32_t status =
        dpone_pipeline_manifest_read(&run->manifest, dpone_arguments_operand(run->arguments, 0), error);
    if (status == DPONE_OK) {
        status = dpone_runtime_load_plugins(&run->plugins, run->arguments, error);
    }
    if (status != DPONE_OK) {
        return status;
    }
    const struct dpone_pipeline_spec *spec = dpone_pipeline_manifest_spec(run->manifest);
    status = choose_connectors(run, spec, error);
    if (status == DPONE_OK) {
        status = make_hosts(run, error);
    }
    return status == DPONE_OK ? dpone_pipeline_new(&run->pipeline, spec, &run->environment, error) : status;
}

static void run_clear(struct run *run) {
    dpone_pipeline_free(run->pipeline);
    for (size_t i = 0; i < SIDE_COUNT; i++) {
        dpone_system_host_free(run->hosts[i]);
    }
    dpone_runtime_clear_plugins(&run->plugins);
    dpone_pipeline_manifest_free(run->manifest);
}

int32_t dpone_run_command(const struct dpone_arguments *arguments) {
    struct run run = {.arguments = arguments};
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = prepare(&run, &error);
    if (status == DPONE_OK) {
        status = run_pipeline(&run, &error);
        print_result(&run);
    }
    int32_t exit_status = status == DPONE_OK ? DPONE_EXIT_HOLDS : dpone_runtime_fail(arguments, &error);
    run_clear(&run);
    return exit_status;
}
