/* `dpone connectors scaffold` against its floor: a bare C program that stages, syncs alike and renames the
 * same bytes, and, where it is installed, against cookiecutter with as many files. On tmpfs and on the disk
 * of the current folder.
 *
 * The program runs itself as the floor: bench_scaffold --floor PACKAGE ROOT NAME copies the bytes of PACKAGE.
 */
#define _DEFAULT_SOURCE /* DT_DIR */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { RUNS = 31, RUNS_OF_RIVAL = 5, PATH_BYTES = 1024 };

/* ---- The floor ---- */

static void must(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(3);
    }
}

static DIR *must_list(int folder) {
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (entries == NULL) {
        perror("fdopendir");
        exit(3);
    }
    return entries;
}

/* Reading the bytes is part of the floor's run, as reading templates is of ours. */
static void floor_file(int from, int to, const char *name) {
    char data[65536];
    int source = openat(from, name, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(source, data, sizeof(data));
    int target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    must(size >= 0 && target >= 0, name);
    must(write(target, data, (size_t)size) == size && fsync(target) == 0, name);
    (void)close(source);
    (void)close(target);
}

static void floor_folder(int from, int to) {
    DIR *entries = must_list(dup(from));
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (entry->d_type != DT_DIR) {
            floor_file(from, to, entry->d_name);
            continue;
        }
        must(mkdirat(to, entry->d_name, 0755) == 0, entry->d_name);
        int inner_from = openat(from, entry->d_name, O_RDONLY | O_DIRECTORY);
        int inner_to = openat(to, entry->d_name, O_RDONLY | O_DIRECTORY);
        floor_folder(inner_from, inner_to);
        (void)close(inner_from);
        (void)close(inner_to);
    }
    (void)closedir(entries);
    must(fsync(to) == 0, "fsync");
}

static int run_floor(const char *package, const char *root_path, const char *name) {
    int from = open(package, O_RDONLY | O_DIRECTORY), root = open(root_path, O_RDONLY | O_DIRECTORY);
    must(from >= 0 && root >= 0 && mkdirat(root, ".stage", 0755) == 0, root_path);
    int to = openat(root, ".stage", O_RDONLY | O_DIRECTORY);
    floor_folder(from, to);
    must(renameat(root, ".stage", root, name) == 0 && fsync(root) == 0, name);
    return 0;
}

/* ---- Measuring ---- */

/* Wall time of one run of argv, its output unseen, in nanoseconds. */
static double run_program(char *const argv[]) {
    int status = 0;
    (void)fflush(stdout);
    int64_t start = bench_now_ns();
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
        (void)execvp(argv[0], argv);
        _exit(127);
    }
    must(child > 0 && waitpid(child, &status, 0) == child, argv[0]);
    double elapsed = (double)(bench_now_ns() - start);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        (void)fprintf(stderr, "bench_scaffold: %s failed\n", argv[0]);
        exit(3);
    }
    return elapsed;
}

static void remove_tree(const char *path) {
    char *argv[] = {"rm", "-rf", (char *)(uintptr_t)path, NULL};
    (void)run_program(argv);
}

struct amount {
    int files;
    long bytes;
};

static void add_files(struct amount *amount, const char *path) {
    char inner[2 * PATH_BYTES];
    struct stat status;
    DIR *entries = must_list(open(path, O_RDONLY | O_DIRECTORY));
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        (void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            add_files(amount, inner);
        }
        if (entry->d_type == DT_REG && stat(inner, &status) == 0) {
            amount->files++;
            amount->bytes += (long)status.st_size;
        }
    }
    (void)closedir(entries);
}

static double scaffold(const char *root, const char *templates, int number) {
    char name[32];
    char *argv[] = {DPONE_BENCH_PROGRAM,
                    "connectors",
                    "scaffold",
                    name,
                    "--root",
                    (char *)(uintptr_t)root,
                    "--capability",
                    "source",
                    "--capability",
                    "sink",
                    templates == NULL ? NULL : "--template-dir",
                    (char *)(uintptr_t)templates,
                    NULL};
    (void)snprintf(name, sizeof(name), "demo_%d", number);
    return run_program(argv);
}

static double run_floor_program(const char *root, int number) {
    char name[32], package[2 * PATH_BYTES];
    char *argv[] = {"/proc/self/exe", "--floor", package, (char *)(uintptr_t)root, name, NULL};
    (void)snprintf(name, sizeof(name), "floor-%d", number);
    (void)snprintf(package, sizeof(package), "%s/dpone-connector-demo-0", root);
    return run_program(argv);
}

/* ---- The rival ---- */

static int has_cookiecutter(void) {
    return system("cookiecutter --version >/dev/null 2>&1") == 0; /* NOLINT: a benchmark's own probe */
}

static void write_rival_file(const char *path, long bytes) {
    FILE *file = fopen(path, "w");
    must(file != NULL, path);
    for (long written = 0; written < bytes; written += 60) {
        (void)fputs("/* one of many lines of a file that belongs to {{cookiecutter.name}} */\n", file);
    }
    must(fclose(file) == 0, path);
}

/* A template with as many files and bytes, as cookiecutter wants it. */
static void write_rival_template(const char *root, struct amount amount) {
    char path[2 * PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/rival", root);
    must(mkdir(path, 0755) == 0, path);
    (void)snprintf(path, sizeof(path), "%s/rival/{{cookiecutter.name}}", root);
    must(mkdir(path, 0755) == 0, path);
    for (int i = 0; i < amount.files; i++) {
        (void)snprintf(path, sizeof(path), "%s/rival/{{cookiecutter.name}}/f%d.c", root, i);
        write_rival_file(path, amount.bytes / amount.files);
    }
    (void)snprintf(path, sizeof(path), "%s/rival/cookiecutter.json", root);
    FILE *file = fopen(path, "w");
    must(file != NULL && fputs("{\"name\": \"demo\"}\n", file) >= 0 && fclose(file) == 0, path);
}

static double run_rival(const char *root) {
    char template_path[2 * PATH_BYTES], made[2 * PATH_BYTES];
    char *argv[] = {"cookiecutter", "--no-input", "-o", (char *)(uintptr_t)root, template_path, NULL};
    (void)snprintf(template_path, sizeof(template_path), "%s/rival", root);
    (void)snprintf(made, sizeof(made), "%s/demo", root);
    double elapsed = run_program(argv);
    remove_tree(made);
    return elapsed;
}

static void print_line(const char *what, double ns, double rival_ns) {
    (void)printf("  %-28s %9.2f ms  %8.2fx the floor\n", what, ns / 1e6, ns / rival_ns);
}

static void measure(const char *folder, const char *what, const char *templates) {
    double ours[RUNS], floors[RUNS], rival[RUNS_OF_RIVAL];
    char root[PATH_BYTES], first[2 * PATH_BYTES];
    (void)snprintf(root, sizeof(root), "%s/dpone-bench-XXXXXX", folder);
    must(mkdtemp(root) != NULL, root);
    (void)scaffold(root, templates, 0);
    for (int i = 0; i < RUNS; i++) {
        floors[i] = run_floor_program(root, i);
        ours[i] = scaffold(root, templates, i + 1);
    }
    (void)snprintf(first, sizeof(first), "%s/dpone-connector-demo-0", root);
    struct amount amount = {0};
    add_files(&amount, first);
    double ours_ns = bench_median(ours, RUNS), floor_ns = bench_median(floors, RUNS);
    (void)printf("%s, %d files, %ld bytes, medians of %d runs:\n", what, amount.files, amount.bytes, RUNS);
    print_line("bare C program (the floor)", floor_ns, floor_ns);
    print_line("dpone connectors scaffold", ours_ns, floor_ns);
    if (has_cookiecutter()) {
        write_rival_template(root, amount);
        for (int i = 0; i < RUNS_OF_RIVAL; i++) {
            rival[i] = run_rival(root);
        }
        double rival_ns = bench_median(rival, RUNS_OF_RIVAL);
        print_line("cookiecutter", rival_ns, floor_ns);
        (void)printf("  dpone is %.0f times as fast as cookiecutter\n", rival_ns / ours_ns);
    } else {
        (void)printf("  cookiecutter is not installed: not compared\n");
    }
    remove_tree(root);
}

int main(int argc, char **argv) {
    char here[PATH_BYTES];
    if (argc == 5 && strcmp(argv[1], "--floor") == 0) {
        return run_floor(argv[2], argv[3], argv[4]);
    }
    must(getcwd(here, sizeof(here)) != NULL, "getcwd");
    bench_machine();
    if (access("/dev/shm", W_OK) == 0) {
        measure("/dev/shm", "tmpfs (/dev/shm)", argc > 1 ? argv[1] : NULL);
    }
    measure(here, "disk (the current folder)", argc > 1 ? argv[1] : NULL);
    return 0;
}
