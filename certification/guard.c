/* A process of its own for a function that may do anything. */
#define _GNU_SOURCE
#include "guard.h"

#include "kept_output.h"

#include "runtime/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_POLL_MS 20
#define SURVIVOR_GRACE_MS 300
#define SURVIVOR_KILL_MS 5000 /* a process in uninterruptible sleep must not hold the certification up */
#define RECORD_BYTES_MAXIMUM ((size_t)64 << 20)
/* Written to the record as its last byte when the function returned: exit() in a plug-in cannot fake it. */
#define RETURNED_MARK '\x04'

static volatile sig_atomic_t guard_interrupted;

static void note_interruption(int signal_number) {
    (void)signal_number;
    guard_interrupted = 1;
}

struct guard {
    struct dpone_guard_limits limits;
    pid_t child;
    int child_handle; /* pidfd, or -1 on kernels without */
    int output;       /* read end */
    int record;
    int64_t started_us;
    int64_t peak_rss_bytes;
    struct dpone_kept_output kept;
    struct sigaction old_interrupt, old_terminate;
};

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- The child ---- */

static void close_others(int keep) {
    if (keep > 3) {
        (void)syscall(SYS_close_range, 3u, (unsigned)keep - 1, 0u);
    }
    if (syscall(SYS_close_range, (unsigned)keep + 1, ~0u, 0u) != 0) {
        long maximum = sysconf(_SC_OPEN_MAX);
        for (int fd = 3; fd < (maximum > 65536 ? 65536 : (int)maximum); fd++) {
            if (fd != keep) {
                close(fd);
            }
        }
    }
}

static void reset_signals(void) {
    sigset_t none;
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        (void)sigaction(number, &usual, NULL);
    }
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* 0 in a chroot: nothing there can keep mounts from being seen outside, and the link to the program of a
 * process with mounts of its own leads outside. */
static int root_is_mounted(void) {
    struct statx root;
    return statx(AT_FDCWD, "/", 0, 0, &root) != 0 ||
           (root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0 ||
           (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

#define SHARED_MEMORY "/dev/shm"

/* Shows folders of the shared memory that is covered now, open as `covered`: people build and keep temporary
 * files in them. Shared memory itself lies in no folder. */
static void show_folders(int covered) {
    DIR *entries = fdopendir(covered);
    for (struct dirent *entry = entries == NULL ? NULL : readdir(entries); entry != NULL;
         entry = readdir(entries)) {
        char from[NAME_MAX + 64];
        char to[NAME_MAX + 64];
        (void)snprintf(from, sizeof(from), "/proc/self/fd/%d/%s", covered, entry->d_name);
        (void)snprintf(to, sizeof(to), SHARED_MEMORY "/%s", entry->d_name);
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            mkdir(to, 0700) == 0) {
            (void)mount(from, to, NULL, MS_BIND | MS_REC, NULL);
        }
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
}

/* Where this process may, mounts and shared memory are its own, and vanish with the last that uses them.
 * Where it may not, it makes no mounts either. */
static void leave_shared_places(void) {
    if (!root_is_mounted() || unshare(CLONE_NEWNS | CLONE_NEWIPC) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
        return;
    }
    int covered = open(SHARED_MEMORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (covered >= 0 && mount("dpone", SHARED_MEMORY, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") == 0) {
        show_folders(covered); /* which closes it */
    } else if (covered >= 0) {
        (void)close(covered);
    }
}

static _Noreturn void run_child(struct guard *guard, int output, pid_t parent, dpone_guard_function function,
                                void *context) {
    struct rlimit no_core = {0, 0};
    int nothing = open("/dev/null", O_RDONLY);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(125);
    }
    (void)dup2(nothing, 0);
    (void)dup2(output, 1);
    (void)dup2(output, 2);
    close_others(guard->record);
    reset_signals();
    leave_shared_places();
    (void)setrlimit(RLIMIT_CORE, &no_core);
    int code = function(context, guard->record);
    char mark = RETURNED_MARK;
    (void)fflush(NULL);
    (void)!write(guard->record, &mark, 1);
    _exit(code);
}

static int32_t start_child(struct guard *guard, dpone_guard_function function, void *context,
                           struct dpone_error *error) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "cannot make a pipe for a process: %s",
                               strerror(errno));
    }
    pid_t parent = getpid();
    (void)fflush(NULL);
    guard->started_us = now_us();
    guard->child = fork();
    if (guard->child == 0) {
        run_child(guard, ends[1], parent, function, context);
    }
    int reason = errno;
    close(ends[1]);
    guard->output = ends[0];
    if (guard->child < 0) {
        return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "cannot start a process: %s",
                               strerror(reason));
    }
    (void)setpgid(guard->child, guard->child);
    (void)fcntl(guard->output, F_SETFL, O_NONBLOCK);
    guard->child_handle = (int)syscall(SYS_pidfd_open, guard->child, 0u);
    return DPONE_OK;
}

/* ---- The watch ---- */

/* Resident memory of one process: all of it, and what it shares with no file. */
static int64_t resident_bytes(pid_t process, int64_t *anonymous_bytes) {
    char path[64];
    long resident = 0;
    long shared = 0;
    (void)snprintf(path, sizeof(path), "/proc/%ld/statm", (long)process);
    FILE *file = fopen(path, "re");
    if (file == NULL || fscanf(file, "%*d %ld %ld", &resident, &shared) != 2) {
        resident = shared = 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    *anonymous_bytes = (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

/* Its share of memory: what n processes have in common counts an nth for each. Slow where there is much. */
static int64_t share_bytes(pid_t process) {
    char path[64];
    char line[256];
    long share_kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)process);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL &&
           sscanf(line, "Pss: %ld", &share_kib) != 1) {
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return (int64_t)share_kib * 1024;
}

/* Calls `visit` for each child of a process. */
static void visit_children(pid_t process, void (*visit)(void *context, pid_t child), void *context) {
    char path[64];
    long child = 0;
    (void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)process, (long)process);
    FILE *children = fopen(path, "re");
    while (children != NULL && fscanf(children, "%ld", &child) == 1) {
        visit(context, (pid_t)child);
    }
    if (children != NULL) {
        (void)fclose(children);
    }
}

static void add_anonymous(void *total_bytes, pid_t process) {
    int64_t anonymous_bytes = 0;
    (void)resident_bytes(process, &anonymous_bytes);
    *(int64_t *)total_bytes += anonymous_bytes;
    visit_children(process, add_anonymous, total_bytes);
}

static void add_share(void *total_bytes, pid_t process) {
    *(int64_t *)total_bytes += share_bytes(process);
    visit_children(process, add_share, total_bytes);
}

/* All that descends from this process, which is cheap to overrate: a fork has its parent's pages once more.
 */
static int uses_too_much(const struct guard *guard) {
    int64_t total_bytes = 0;
    visit_children(getpid(), add_anonymous, &total_bytes);
    if (total_bytes > guard->limits.memory_bytes) {
        total_bytes = 0;
        visit_children(getpid(), add_share, &total_bytes);
    }
    return total_bytes > guard->limits.memory_bytes;
}

static void drain_output(struct guard *guard) {
    char chunk[65536];
    ssize_t count;
    while ((count = read(guard->output, chunk, sizeof(chunk))) > 0) {
        dpone_kept_output_add(&guard->kept, chunk, (size_t)count);
        if (guard->kept.total > guard->limits.output_bytes) {
            return;
        }
    }
    if (count == 0) {
        close(guard->output);
        guard->output = -1;
    }
}

/* Waits until something happens, at most 20 ms. */
static void wait_a_little(struct guard *guard) {
    struct pollfd watched[2] = {{guard->output, POLLIN, 0}, {guard->child_handle, POLLIN, 0}};
    (void)poll(watched, 2, guard->child_handle < 0 ? 2 : MEMORY_POLL_MS);
}

/* What is wrong with the running child, or -1. */
static int32_t broken_limit(struct guard *guard) {
    int64_t anonymous = 0;
    int64_t resident = resident_bytes(guard->child, &anonymous);
    if (resident > guard->peak_rss_bytes) {
        guard->peak_rss_bytes = resident;
    }
    if (guard_interrupted) {
        return DPONE_GUARD_INTERRUPTED;
    }
    if (now_us() - guard->started_us > guard->limits.time_ms * 1000) {
        return DPONE_GUARD_TIMED_OUT;
    }
    if (resident > guard->limits.memory_bytes || uses_too_much(guard)) {
        return DPONE_GUARD_TOO_MUCH_MEMORY;
    }
    return guard->kept.total > guard->limits.output_bytes ? DPONE_GUARD_TOO_MUCH_OUTPUT : -1;
}

/* Waits for the child itself; whatever else ended meanwhile is buried. */
static int child_ended(struct guard *guard, int *wait_status, struct rusage *usage) {
    return wait4(guard->child, wait_status, WNOHANG, usage) == guard->child;
}

static void watch_child(struct guard *guard, struct dpone_guard_result *out) {
    int wait_status = 0;
    struct rusage usage = {0};
    int32_t broken = -1;
    for (;;) {
        wait_a_little(guard);
        if (guard->output >= 0) {
            drain_output(guard);
        }
        if (child_ended(guard, &wait_status, &usage)) {
            break;
        }
        broken = broken_limit(guard);
        if (broken >= 0) {
            (void)kill(-guard->child, SIGKILL);
            (void)kill(guard->child, SIGKILL);
            while (wait4(guard->child, &wait_status, 0, &usage) < 0 && errno == EINTR) {
            }
            break;
        }
    }
    out->duration_us = now_us() - guard->started_us;
    int64_t most = (int64_t)usage.ru_maxrss * 1024;
    out->peak_rss_bytes = most > guard->peak_rss_bytes ? most : guard->peak_rss_bytes;
    out->end = broken >= 0                ? broken
               : WIFSIGNALED(wait_status) ? (int32_t)DPONE_GUARD_SIGNALLED
                                          : (int32_t)DPONE_GUARD_EXITED;
    out->code = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* ---- What is left behind ---- */

static int bury_dead(void) {
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    }
    return pid < 0 && errno == ECHILD;
}

static void kill_one(void *killed, pid_t process) {
    *(int *)killed += kill(process, SIGKILL) == 0;
}

/* Kills every child of this process, which all that escaped has become; returns how many there were. */
static int kill_children(void) {
    int killed = 0;
    visit_children(getpid(), kill_one, &killed);
    return killed;
}

static void pause_ms(long duration_ms) {
    struct timespec duration = {0, duration_ms * 1000000};
    (void)nanosleep(&duration, NULL);
}

/* A fixture's process needs a moment to see that its parent is gone; what stays longer has escaped. */
static int32_t sweep_survivors(void) {
    int32_t survivors = 0;
    int64_t patience_us = now_us() + SURVIVOR_GRACE_MS * 1000;
    int64_t give_up_us = patience_us + SURVIVOR_KILL_MS * 1000;
    while (!bury_dead() && now_us() < patience_us) {
        pause_ms(2);
    }
    while (!bury_dead() && now_us() < give_up_us) {
        int killed = kill_children();
        survivors = killed > survivors ? killed : survivors;
        pause_ms(1);
    }
    return survivors;
}

/* ---- All of it ---- */

static int32_t read_record(struct guard *guard, struct dpone_guard_result *out, struct dpone_error *error) {
    off_t size = lseek(guard->record, 0, SEEK_END);
    if (size < 0 || (size_t)size > RECORD_BYTES_MAXIMUM) {
        return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "the record of a process is too large");
    }
    out->record = malloc((size_t)size + 1);
    if (out->record == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for the record of a process");
    }
    ssize_t count = pread(guard->record, out->record, (size_t)size, 0);
    out->record_bytes = count < 0 ? 0 : (size_t)count;
    if (out->end == DPONE_GUARD_EXITED && out->record_bytes > 0 &&
        out->record[out->record_bytes - 1] == RETURNED_MARK) {
        out->end = DPONE_GUARD_RETURNED;
        out->record_bytes--;
    }
    out->record[out->record_bytes] = '\0';
    return DPONE_OK;
}

static void catch_interruption(struct guard *guard) {
    struct sigaction note = {.sa_handler = note_interruption};
    guard_interrupted = 0;
    (void)sigaction(SIGINT, &note, &guard->old_interrupt);
    (void)sigaction(SIGTERM, &note, &guard->old_terminate);
}

static void release_interruption(struct guard *guard) {
    (void)sigaction(SIGINT, &guard->old_interrupt, NULL);
    (void)sigaction(SIGTERM, &guard->old_terminate, NULL);
}

static void apply_defaults(struct dpone_guard_limits *limits) {
    limits->time_ms = limits->time_ms > 0 ? limits->time_ms : 60000;
    limits->memory_bytes = limits->memory_bytes > 0 ? limits->memory_bytes : (int64_t)1 << 30;
    limits->output_bytes = limits->output_bytes > 0 ? limits->output_bytes : (int64_t)64 << 20;
}

static int32_t run_and_watch(struct guard *guard, struct dpone_guard_result *out,
                             dpone_guard_function function, void *context, struct dpone_error *error) {
    int32_t status = start_child(guard, function, context, error);
    if (status != DPONE_OK) {
        return status;
    }
    watch_child(guard, out);
    out->survivors = sweep_survivors();
    if (guard->output >= 0) {
        drain_output(guard);
    }
    out->output_bytes = guard->kept.total;
    out->output = dpone_kept_output_text(&guard->kept);
    return out->output == NULL
               ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for the output of a process")
               : read_record(guard, out, error);
}

static void close_descriptor(int descriptor) {
    if (descriptor >= 0) {
        close(descriptor);
    }
}

int32_t dpone_guard_run(struct dpone_guard_result *out, const struct dpone_guard_limits *limits,
                        dpone_guard_function function, void *context, struct dpone_error *error) {
    struct guard guard = {.child_handle = -1, .output = -1, .record = -1};
    int32_t status;
    *out = (struct dpone_guard_result){0};
    guard.limits = limits == NULL ? (struct dpone_guard_limits){0} : *limits;
    apply_defaults(&guard.limits);
    guard.record = memfd_create("dpone-record", MFD_CLOEXEC);
    if (guard.record < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        status =
            dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "cannot prepare a process: %s", strerror(errno));
    } else {
        catch_interruption(&guard);
        status = run_and_watch(&guard, out, function, context, error);
        release_interruption(&guard);
    }
    close_descriptor(guard.record);
    close_descriptor(guard.output);
    close_descriptor(guard.child_handle);
    dpone_kept_output_clear(&guard.kept);
    return status;
}

void dpone_guard_result_clear(struct dpone_guard_result *result) {
    free(result->output);
    free(result->record);
    *result = (struct dpone_guard_result){0};
}

void dpone_guard_describe(const struct dpone_guard_result *result, const struct dpone_guard_limits *limits,
                          char *out, size_t out_bytes) {
    struct dpone_guard_limits used = limits == NULL ? (struct dpone_guard_limits){0} : *limits;
    apply_defaults(&used);
    switch (result->end) {
    case DPONE_GUARD_RETURNED:
        (void)snprintf(out, out_bytes, "ended as it should");
        break;
    case DPONE_GUARD_EXITED:
        (void)snprintf(out, out_bytes, "called exit(%d)", (int)result->code);
        break;
    case DPONE_GUARD_SIGNALLED:
        (void)snprintf(out, out_bytes, "was killed by signal %d (%s)", (int)result->code,
                       strsignal(result->code));
        break;
    case DPONE_GUARD_TIMED_OUT:
        (void)snprintf(out, out_bytes, "did not end within its %lld s", (long long)used.time_ms / 1000);
        break;
    case DPONE_GUARD_TOO_MUCH_MEMORY:
        (void)snprintf(out, out_bytes, "used more than its %lld MiB of memory",
                       (long long)(used.memory_bytes >> 20));
        break;
    case DPONE_GUARD_TOO_MUCH_OUTPUT:
        (void)snprintf(out, out_bytes, "printed more than its %lld MiB",
                       (long long)(used.output_bytes >> 20));
        break;
    default:
        (void)snprintf(out, out_bytes, "was interrupted");
        break;
    }
}
