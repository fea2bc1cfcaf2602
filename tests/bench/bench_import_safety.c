/* What import_safety adds to loading a plug-in that is linked with libcurl: the same process, once bare
 * (fork, dlopen, init, exit), once watched (a filter, every call of interest answered, a picture of the
 * process before and after). */
#include "bench.h"

#include "certification/load_watch.h"

#include <dpone/call.h>

#include <dlfcn.h>
#include <sched.h>
#include <sys/wait.h>

enum { RUNS = 61 };

_Noreturn static void load_bare(const char *plugin) {
    struct dpone_connector connector = {.struct_size = (uint32_t)sizeof(connector)};
    dpone_connector_init_function init = NULL;
    void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle == NULL ? NULL : dlsym(handle, DPONE_CONNECTOR_INIT_SYMBOL);
    memcpy(&init, &symbol, sizeof(init));
    _exit(init == NULL || dpone_call_init(init, &connector, NULL) != DPONE_OK);
}

static double time_bare(const char *plugin) {
    int status = -1;
    int64_t start = bench_now_ns();
    pid_t child = fork();
    if (child == 0) {
        load_bare(plugin);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        (void)fprintf(stderr, "bench_import_safety: %s does not load\n", plugin);
        exit(3);
    }
    return (double)(bench_now_ns() - start);
}

static double time_watched(const char *plugin) {
    struct dpone_load_watch watch = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    int64_t start = bench_now_ns();
    int32_t status = dpone_load_watch_run(&watch, plugin, NULL, &error);
    double elapsed = (double)(bench_now_ns() - start);
    if (status != DPONE_OK || watch.end != DPONE_LOAD_DONE || watch.event_count != 0) {
        (void)fprintf(stderr, "bench_import_safety: %s%s\n", error.message, watch.message);
        exit(3);
    }
    dpone_load_watch_clear(&watch);
    return elapsed;
}

/* Real-time priority, where it is allowed: a load takes milliseconds, as much as other programs take turns
 * for. */
static void use_the_machine_alone(void) {
    struct sched_param priority = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
        (void)printf("without real-time priority: what other programs do is measured, too\n");
    }
}

int main(int argc, char **argv) {
    double bare[RUNS], watched[RUNS];
    const char *plugin = argc > 1 ? argv[1] : DPONE_BENCH_PLUGIN;
    bench_machine();
    use_the_machine_alone();
    (void)time_bare(plugin); /* the libraries are in the page cache from here on */
    for (int i = 0; i < RUNS; i++) {
        bare[i] = time_bare(plugin);
        watched[i] = time_watched(plugin);
    }
    double bare_ns = bench_median(bare, RUNS), watched_ns = bench_median(watched, RUNS);
    (void)printf("a plug-in linked with libcurl, medians of %d runs:\n", RUNS);
    (void)printf("  bare load      %6.2f ms\n", bare_ns / 1e6);
    (void)printf("  watched load   %6.2f ms  %5.2fx the bare load, %.2f ms more (limit: 3 ms)\n",
                 watched_ns / 1e6, watched_ns / bare_ns, (watched_ns - bare_ns) / 1e6);
    return 0;
}
