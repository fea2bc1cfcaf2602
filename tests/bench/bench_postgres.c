/* The PostgreSQL connector against psql's \copy in binary, on a server of the benchmark's own: from Arrow
 * batches to a published table, and from a table to Arrow batches. */
#include "bench.h"

#include "certification/canonical.h"
#include "certification/fixture_process.h"

#include "certification/dataset.h"
#include "runtime/option_tree.h"
#include "runtime/plugin.h"
#include "runtime/system_host.h"

#include <dpone/call.h>

#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define RUNS 5
#define BATCH_ROWS 8192
#define BATCH_MAXIMUM 256

static struct {
    char folder[64];
    struct dpone_fixture *fixture;
    char socket[512];
    struct dpone_plugin *plugin;
    const struct dpone_connector *connector;
    struct dpone_option_tree *options;
} world;

static void check(int32_t status, const struct dpone_error *error) {
    if (status != DPONE_OK) {
        (void)fprintf(stderr, "bench_postgres: %s\n", error->message);
        exit(status == DPONE_NOT_FOUND ? 77 : 3);
    }
}

/* ---- The server, psql, the connector ---- */

static void open_world(const char *plugin) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *variables = NULL;
    char path[128];
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/dpone-bench-XXXXXX");
    if (mkdtemp(world.folder) == NULL) {
        exit(3);
    }
    struct dpone_fixture_settings settings = {.name = "postgres", .directory = world.folder, .seed = 1};
    check(dpone_fixture_open(&world.fixture, &settings, &error), &error);
    check(dpone_fixture_variables(world.fixture, &variables, &error), &error);
    (void)setenv("PGPASSWORD", json_string_value(json_object_get(variables, "password")), 1);
    /* The server itself: the fixture's proxy would count too. */
    (void)snprintf(world.socket, sizeof(world.socket), "%s/server",
                   json_string_value(json_object_get(variables, "host")));
    json_decref(variables);
    (void)snprintf(path, sizeof(path), "%s/options.yaml", world.folder);
    FILE *file = fopen(path, "w");
    if (file == NULL ||
        fprintf(file, "{host: '%s', database: postgres, user: dpone, password: {secret: 'env:PGPASSWORD'}}",
                world.socket) < 0 ||
        fclose(file) != 0) {
        exit(3);
    }
    check(dpone_option_tree_read(&world.options, path, &error), &error);
    check(dpone_plugin_open(&world.plugin, plugin, &error), &error);
    world.connector = dpone_plugin_connector(world.plugin);
}

static void close_world(void) {
    char command[128];
    dpone_option_tree_free(world.options);
    dpone_plugin_free(world.plugin);
    dpone_fixture_close(world.fixture);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", world.folder);
    (void)!system(command);
}

static double psql(const char *format, ...) {
    char sql[512];
    char command[1200];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    (void)snprintf(command, sizeof(command), "psql -qX -h '%s' -U dpone -d postgres -c \"%s\" >/dev/null",
                   world.socket, sql);
    int64_t begun_ns = bench_now_ns();
    if (system(command) != 0) {
        (void)fprintf(stderr, "bench_postgres: psql failed: %s\n", sql);
        exit(3);
    }
    return (double)(bench_now_ns() - begun_ns);
}

struct session {
    struct dpone_system_host *host;
    struct dpone_instance *instance;
};

static struct session open_session(void) {
    const struct dpone_system_host_options options = {.seeded = 0};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct session session = {NULL, NULL};
    check(dpone_system_host_new(&session.host, &options, &error), &error);
    check(dpone_call_open(world.connector, &session.instance, dpone_system_host_get(session.host),
                          dpone_option_tree_root(world.options), &error),
          &error);
    return session;
}

static void close_session(struct session *session) {
    dpone_call_close(world.connector, session->instance);
    dpone_system_host_free(session->host);
}

/* ---- What is loaded ---- */

struct set {
    const char *name;
    struct ArrowSchema schema;
    struct ArrowArray batches[BATCH_MAXIMUM];
    size_t count;
    int64_t rows;
};

static void make_set(struct set *set, const char *name, size_t column_count, int64_t rows) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_dataset_spec spec = {.seed = 5};
    struct dpone_dataset_column *wide = NULL;
    struct dpone_dataset *dataset = NULL;
    struct ArrowArrayStream stream;
    *set = (struct set){.name = name, .rows = rows};
    spec.columns = dpone_dataset_small(&spec.column_count);
    if (column_count > spec.column_count) {
        check(dpone_dataset_wide(&wide, column_count, &error), &error);
        spec.columns = wide;
        spec.column_count = column_count;
    }
    check(dpone_dataset_new(&dataset, &spec, &error), &error);
    const struct dpone_fixture_rows view = dpone_dataset_rows(dataset, rows);
    check(dpone_canonical_stream_rows(&stream, &view, BATCH_ROWS, &error), &error);
    (void)stream.get_schema(&stream, &set->schema);
    while (set->count < BATCH_MAXIMUM && stream.get_next(&stream, &set->batches[set->count]) == 0 &&
           set->batches[set->count].release != NULL) {
        set->count++;
    }
    stream.release(&stream);
    dpone_dataset_free(dataset);
    dpone_dataset_columns_free(wide, column_count);
}

static void clear_set(struct set *set) {
    for (size_t i = 0; i < set->count; i++) {
        set->batches[i].release(&set->batches[i]);
    }
    set->schema.release(&set->schema);
}

/* ---- Loading and reading ---- */

/* Loads the batches, `times` times over. */
static double load(const struct set *set, int32_t strategy, int64_t times) {
    static int64_t number = 0;
    char key[32];
    uint8_t digest[16] = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_load handle = {.struct_size = sizeof(handle)};
    (void)snprintf(key, sizeof(key), "bench-%d-%lld", (int)getpid(), (long long)number++);
    const struct dpone_string id = dpone_string_of("id");
    const struct dpone_string *const unique_key[] = {&id};
    const struct dpone_load_request request = {.struct_size = sizeof(request),
                                               .strategy = strategy,
                                               .target = {.name = dpone_string_of("bench")},
                                               .pipeline = dpone_string_of("bench"),
                                               .idempotency_key = dpone_string_of(key),
                                               .schema = &set->schema,
                                               .unique_key = unique_key,
                                               .unique_key_count = strategy == DPONE_INCREMENTAL_MERGE};
    const struct dpone_publish_request publish = {.struct_size = sizeof(publish),
                                                  .rows = set->rows * times,
                                                  .content_digest = {digest, sizeof(digest)}};
    int64_t begun_ns = bench_now_ns();
    struct session session = open_session();
    check(dpone_call_begin(world.connector, session.instance, &request, &handle, &error), &error);
    for (int64_t round = 0; round < times; round++) {
        for (size_t i = 0; i < set->count; i++) {
            check(dpone_call_load_write(&handle, &set->batches[i], &error), &error);
        }
    }
    check(dpone_call_load_stage(&handle, NULL, &error), &error);
    check(dpone_call_load_publish(&handle, &publish, &error), &error);
    dpone_call_load_close(&handle);
    close_session(&session);
    return (double)(bench_now_ns() - begun_ns);
}

static double read_all(int64_t *rows) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    const struct dpone_read_request request = {.struct_size = sizeof(request),
                                               .stream = {.name = dpone_string_of("bench")}};
    struct ArrowArray batch = {0};
    int64_t begun_ns = bench_now_ns();
    struct session session = open_session();
    *rows = 0;
    check(dpone_call_read(world.connector, session.instance, &request, &reader, &error), &error);
    check(dpone_call_reader_next(&reader, &batch, &error), &error);
    while (batch.release != NULL) {
        *rows += batch.length;
        batch.release(&batch);
        check(dpone_call_reader_next(&reader, &batch, &error), &error);
    }
    dpone_call_reader_close(&reader);
    close_session(&session);
    return (double)(bench_now_ns() - begun_ns);
}

/* ---- Tables ---- */

enum way { PSQL_IN, REFRESH, APPEND, REFRESH_INDEXED, MERGE, PSQL_OUT, READ, WAY_COUNT };

static const char *const ways[WAY_COUNT] = {"psql \\copy from a ready file",
                                            "full_refresh",
                                            "incremental_append",
                                            "full_refresh, target indexed",
                                            "incremental_merge, all keys are known",
                                            "psql \\copy to a file",
                                            "read"};

/* Every way into a logged table that is there already, empty for appends; in turn, so that what disturbs one
 * disturbs all. */
static double run_way(const struct set *set, enum way way) {
    int64_t rows = set->rows;
    double ns = 0;
    switch (way) {
    case PSQL_IN:
        (void)psql("TRUNCATE bench");
        return psql("\\copy bench from '%s/ready' (format binary)", world.folder);
    case APPEND:
        (void)psql("TRUNCATE bench");
        return load(set, DPONE_INCREMENTAL_APPEND, 1);
    case REFRESH_INDEXED:
        (void)psql("CREATE INDEX bench_id ON bench (id)");
        ns = load(set, DPONE_FULL_REFRESH, 1);
        (void)psql("DROP INDEX bench_id");
        return ns;
    case MERGE:
        return load(set, DPONE_INCREMENTAL_MERGE, 1);
    case PSQL_OUT:
        return psql("\\copy bench to '%s/out' (format binary)", world.folder);
    case READ:
        ns = read_all(&rows);
        break;
    default:
        ns = load(set, DPONE_FULL_REFRESH, 1);
        break;
    }
    if (rows != set->rows) {
        (void)fprintf(stderr, "bench_postgres: %lld rows came back\n", (long long)rows);
        exit(3);
    }
    return ns;
}

static void compare(const struct set *set) {
    double ns[WAY_COUNT][RUNS];
    double medians[WAY_COUNT];
    (void)load(set, DPONE_FULL_REFRESH, 1);
    (void)psql("\\copy bench to '%s/ready' (format binary)", world.folder);
    for (int run = 0; run < RUNS; run++) {
        for (int way = 0; way < WAY_COUNT; way++) {
            ns[way][run] = run_way(set, (enum way)way);
        }
    }
    (void)printf("%s, %lld rows\n", set->name, (long long)set->rows);
    for (int way = 0; way < WAY_COUNT; way++) {
        medians[way] = bench_median(ns[way], RUNS);
        int rival = way < PSQL_OUT ? PSQL_IN : PSQL_OUT;
        (void)printf("  %-38s %8.0f ms %9.0f rows/s  %5.2fx the rate of psql\n", ways[way],
                     medians[way] / 1e6, (double)set->rows * 1e9 / medians[way],
                     medians[rival] / medians[way]);
    }
    (void)psql("DROP TABLE bench");
}

/* Peak memory of a process that loads, then reads, a batch over and over. */
static void measure_memory(int64_t times) {
    struct rusage usage;
    int status = 0;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        static struct set set;
        int64_t rows = 0;
        make_set(&set, "one batch", 4, BATCH_ROWS);
        (void)load(&set, DPONE_FULL_REFRESH, times);
        (void)read_all(&rows);
        (void)getrusage(RUSAGE_SELF, &usage);
        (void)printf("  %9lld rows loaded and read: peak memory %6.1f MiB\n", (long long)rows,
                     (double)usage.ru_maxrss / 1024);
        (void)fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        exit(3);
    }
    (void)psql("DROP TABLE bench");
}

int main(void) {
    static struct set set;
    bench_machine();
    open_world(DPONE_BENCH_PLUGIN);
    (void)printf("memory of a process that loads and reads\n");
    for (int64_t times = 12; times <= 1200; times *= 10) {
        measure_memory(times);
    }
    make_set(&set, "4 columns", 4, 500000);
    compare(&set);
    clear_set(&set);
    make_set(&set, "120 columns", 120, 20000);
    compare(&set);
    clear_set(&set);
    close_world();
    return 0;
}
