/* `dpone manifest validate` against its floor, libyaml's events alone, and where they are installed against
 * three other validators: one manifest, a hundred, and one of 10 MB, each a process of its own, with its peak
 * of memory.
 *
 * DPONE_BENCH_RIVALS names a folder in which `npm install @sourcemeta/jsonschema ajv js-yaml` was run. The
 * program runs itself as the floor: bench_manifest --floor FILE... */
#define _DEFAULT_SOURCE /* wait4 */
#include "bench.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <yaml.h>

enum { PATH_BYTES = 512, WORDS = 128, HUNDRED = 100, BIG_BYTES = 10000000 };

/* ---- The floor */

static int read_events(const char *path) {
    FILE *file = fopen(path, "rb");
    yaml_parser_t parser;
    yaml_event_t event;
    int done = 0;
    if (file == NULL || !yaml_parser_initialize(&parser)) {
        return 3;
    }
    yaml_parser_set_input_file(&parser, file);
    while (!done && yaml_parser_parse(&parser, &event)) {
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    fclose(file);
    return done ? 0 : 1;
}

static int run_floor(int count, char **paths) {
    int status = 0;
    for (int i = 0; i < count && status == 0; i++) {
        status = read_events(paths[i]);
    }
    return status;
}

/* ---- The files */

static char folder[] = "/tmp/dpone-bench-XXXXXX";

static const char head[] =
    "kind: dpone.batch.v1\n"
    "defaults:\n"
    "  name: postgres_to_postgres\n"
    "  source:\n    type: postgres\n    connection_id: shop\n    options:\n      batch_size: 50000\n"
    "  sink:\n    type: postgres\n    connection_id: warehouse\n"
    "    table:\n      schema: public\n      name: orders\n"
    "    strategy:\n      mode: incremental_merge\n      unique_key: order_id\n"
    "quality:\n  gates:\n    - id: rows\n      type: row_count_reconciliation\n"
    "      severity: error\n      tolerance:\n        mode: pct\n        value: 0.1\n"
    "schemas:\n";

static void write_tables(FILE *file, int schema, int tables) {
    fprintf(file, "  schema_%d:\n    tables:\n", schema);
    for (int i = 0; i < tables; i++) {
        fprintf(
            file,
            "      - table: orders_%d_%d\n        vars: {region: \"eu-%d\", owner: team_%d}\n        "
            "overrides:\n"
            "          description: Orders of the region number %d\n          sink:\n            strategy:\n"
            "              mode: incremental_merge\n              unique_key: [order_id, region_%d]\n"
            "              merge_policy: delete_insert\n",
            schema, i, i, i, i, i);
    }
}

static void path_in(char out[PATH_BYTES], const char *name) {
    (void)snprintf(out, PATH_BYTES, "%s/%s", folder, name);
}

static void write_manifest(const char *name, long bytes) {
    char path[PATH_BYTES];
    path_in(path, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(3);
    }
    fputs(head, file);
    for (int schema = 0; schema == 0 || ftell(file) < bytes; schema++) {
        write_tables(file, schema, bytes > 0 ? 50 : 1);
    }
    fclose(file);
}

static const char ajv_script[] =
    "const fs=require('fs'),yaml=require('js-yaml');const Ajv=require('ajv');\n"
    "const a=new Ajv({strict:false,validateFormats:false});const "
    "v=a.compile(JSON.parse(fs.readFileSync(process.argv[2])));\n"
    "for(const f of process.argv.slice(3))if(!v(yaml.load(fs.readFileSync(f,'utf8'))))process.exit(1);\n";

static const char python_script[] =
    "import sys,json,yaml,jsonschema\n"
    "v=jsonschema.Draft7Validator(json.load(open(sys.argv[1])))\n"
    "L=getattr(yaml,'CSafeLoader',yaml.SafeLoader)\n"
    "sys.exit(any(not v.is_valid(yaml.load(open(f),L)) for f in sys.argv[2:]))\n";

static void write_text(const char *name, const char *text) {
    char path[PATH_BYTES];
    path_in(path, name);
    FILE *file = fopen(path, "w");
    if (file != NULL) {
        fputs(text, file);
        fclose(file);
    }
}

/* ---- Running */

static int run_once(char *const *words, double *ms, long *peak_kb) {
    int64_t start = bench_now_ns();
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execvp(words[0], words);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        return 0;
    }
    *ms = (double)(bench_now_ns() - start) / 1e6;
    *peak_kb = usage.ru_maxrss;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* One competitor: the words of its command before the files, and what was measured. */
struct competitor {
    const char *name;
    char words[8][PATH_BYTES];
    int count;
    int is_slow;
    int has_failed;
    int runs;
    double times[BENCH_MAXIMUM_RUNS];
    long peak_kb;
};

/* Runs a competitor once more and notes time and memory; a failure is final. */
static void compete(struct competitor *competitor, char files[][PATH_BYTES], int file_count) {
    char *words[WORDS + HUNDRED];
    int count = 0;
    for (int i = 0; i < competitor->count; i++) {
        words[count++] = competitor->words[i];
    }
    for (int i = 0; i < file_count; i++) {
        words[count++] = files[i];
    }
    words[count] = NULL;
    long peak_kb = 0;
    competitor->has_failed |= !run_once(words, &competitor->times[competitor->runs], &peak_kb);
    competitor->runs++;
    competitor->peak_kb = peak_kb > competitor->peak_kb ? peak_kb : competitor->peak_kb;
}

static void add_word(struct competitor *competitor, const char *word) {
    (void)snprintf(competitor->words[competitor->count++], PATH_BYTES, "%s", word);
}

/* The competitors that are here, ours first, the floor second. */
static int find_competitors(struct competitor competitors[6], const char *self, const char *schema) {
    const char *rivals = getenv("DPONE_BENCH_RIVALS");
    char path[PATH_BYTES];
    memset(competitors, 0, 6 * sizeof competitors[0]);
    competitors[0].name = "dpone manifest validate";
    add_word(&competitors[0], DPONE_BENCH_PROGRAM);
    add_word(&competitors[0], "manifest");
    add_word(&competitors[0], "validate");
    if (schema != NULL) {
        add_word(&competitors[0], "--schema");
        add_word(&competitors[0], schema);
    }
    competitors[1].name = "libyaml, events alone";
    add_word(&competitors[1], self);
    add_word(&competitors[1], "--floor");
    if (schema == NULL) {
        return 2;
    }
    int count = 2;
    if (rivals != NULL) {
        (void)snprintf(path, sizeof path, "%s/node_modules/.bin/jsonschema", rivals);
        competitors[count].name = "@sourcemeta/jsonschema";
        add_word(&competitors[count], path);
        add_word(&competitors[count], "validate");
        add_word(&competitors[count], schema);
        competitors[count++].is_slow = 1;
        (void)setenv("NODE_PATH", (snprintf(path, sizeof path, "%s/node_modules", rivals), path), 1);
        competitors[count].name = "ajv + js-yaml";
        add_word(&competitors[count], "node");
        path_in(path, "ajv.js");
        add_word(&competitors[count], path);
        add_word(&competitors[count], schema);
        competitors[count++].is_slow = 1;
    }
    competitors[count].name = "python3-jsonschema";
    add_word(&competitors[count], "python3");
    path_in(path, "check.py");
    add_word(&competitors[count], path);
    add_word(&competitors[count], schema);
    competitors[count++].is_slow = 1;
    return count;
}

/* All competitors in turn, so that what else the machine does meets each of them. */
static void table(const char *title, struct competitor *competitors, int count, char files[][PATH_BYTES],
                  int file_count, int runs) {
    int slow_runs = runs > 9 ? 5 : 1;
    (void)printf("\n%s\n", title);
    for (int i = 0; i < count; i++) {
        competitors[i].runs = 0;
        competitors[i].peak_kb = 0;
        competitors[i].has_failed = 0;
    }
    for (int round = 0; round < runs; round++) {
        for (int i = 0; i < count; i++) {
            if (!competitors[i].has_failed && (!competitors[i].is_slow || round < slow_runs)) {
                compete(&competitors[i], files, file_count);
            }
        }
    }
    double ours = bench_median(competitors[0].times, (size_t)competitors[0].runs);
    for (int i = 0; i < count; i++) {
        double ms = bench_median(competitors[i].times, (size_t)competitors[i].runs);
        if (competitors[i].has_failed) {
            (void)printf("  %-26s cannot do it, or is not installed\n", competitors[i].name);
        } else {
            (void)printf("  %-26s %9.2f ms  %6.2fx of ours  %7ld KB\n", competitors[i].name, ms, ms / ours,
                         competitors[i].peak_kb);
        }
    }
}

int main(int argc, char **argv) {
    static char files[HUNDRED][PATH_BYTES];
    struct competitor competitors[6];
    struct competitor own[6];
    if (argc > 1 && strcmp(argv[1], "--floor") == 0) {
        return run_floor(argc - 2, argv + 2);
    }
    const char *schema = argc > 1                                ? argv[1]
                         : access(DPONE_BENCH_SCHEMA, R_OK) == 0 ? DPONE_BENCH_SCHEMA
                                                                 : NULL;
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 3;
    }
    write_text("ajv.js", ajv_script);
    write_text("check.py", python_script);
    write_manifest("big.yaml", BIG_BYTES);
    for (int i = 0; i < HUNDRED; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "m%d.yaml", i);
        write_manifest(name, 0);
        path_in(files[i], name);
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    bench_machine();
    int own_count = find_competitors(own, argv[0], NULL);
    table("one manifest, our own schema", own, own_count, files, 1, 31);
    if (schema == NULL) {
        (void)printf("\nno schema to compare with others by; name one: bench_manifest SCHEMA\n");
    } else {
        int count = find_competitors(competitors, argv[0], schema);
        (void)printf("\nschema: %s\n", strrchr(schema, '/') == NULL ? schema : strrchr(schema, '/') + 1);
        table("one manifest, a process of its own", competitors, count, files, 1, 31);
        table("a hundred manifests in one process", competitors, count, files, HUNDRED, 15);
        path_in(files[0], "big.yaml");
        table("one manifest of 10 MB", competitors, count, files, 1, 9);
    }
    char command[PATH_BYTES];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 ? 0 : 3;
}
