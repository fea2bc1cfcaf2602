/* Many checks: workers side by side, each a process that guards one check. */
#define _GNU_SOURCE
#include "harness.h"

#include "path.h"

#include "runtime/private_folder.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t process; /* 0: free */
    const struct dpone_check *check;
    struct dpone_private_folder folder;
};

struct team {
    const struct dpone_harness *harness;
    struct worker *workers;
    size_t size;
    struct sigaction old_interrupt, old_terminate;
};

static volatile sig_atomic_t team_interrupted;

static void note_interruption(int number) {
    (void)number;
    team_interrupted = 1;
}

static void catch_interruption(struct team *team) {
    struct sigaction note = {.sa_handler = note_interruption}; /* no SA_RESTART: waiting must end */
    team_interrupted = 0;
    (void)sigaction(SIGINT, &note, &team->old_interrupt);
    (void)sigaction(SIGTERM, &note, &team->old_terminate);
}

static void release_interruption(const struct team *team) {
    (void)sigaction(SIGINT, &team->old_interrupt, NULL);
    (void)sigaction(SIGTERM, &team->old_terminate, NULL);
}

static _Noreturn void run_worker(const struct team *team, const struct worker *worker, pid_t parent) {
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(DPONE_CANCELLED);
    }
    int32_t status = dpone_harness_run_check(team->harness, worker->check, worker->folder.path, &error);
    if (getppid() != parent) {
        dpone_directory_remove(worker->folder.path); /* nobody else does it any more */
    }
    if (status != DPONE_OK) {
        (void)fprintf(stderr, "dpone: %s: %s\n", worker->check->id, error.message);
        (void)fflush(stderr);
    }
    _exit(status);
}

static int32_t start_worker(struct team *team, struct worker *worker, const struct dpone_check *check,
                            struct dpone_error *error) {
    int32_t status = dpone_private_folder_make(&worker->folder, NULL, DPONE_CHECK_FOLDER, error);
    if (status != DPONE_OK) {
        return status;
    }
    pid_t parent = getpid();
    (void)fflush(NULL);
    worker->check = check;
    worker->process = fork();
    if (worker->process == 0) {
        run_worker(team, worker, parent);
    }
    if (worker->process < 0) {
        int number = errno;
        worker->process = 0;
        dpone_private_folder_remove(&worker->folder);
        return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "cannot start a process for %s: %s",
                               check->id, strerror(number));
    }
    return DPONE_OK;
}

static struct worker *find_worker(struct team *team, pid_t process) {
    for (size_t i = 0; i < team->size; i++) {
        if (team->workers[i].process == process) {
            return &team->workers[i];
        }
    }
    return NULL;
}

static void stop_workers(struct team *team) {
    for (size_t i = 0; i < team->size; i++) {
        if (team->workers[i].process > 0) {
            (void)kill(team->workers[i].process, SIGTERM);
        }
    }
}

static void report_progress(const struct team *team, const struct dpone_check *check) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *evidence = NULL;
    if (team->harness->progress == NULL) {
        return;
    }
    (void)dpone_evidence_read(&evidence, team->harness->subject->artifact_directory, check->id, &error);
    team->harness->progress(team->harness->progress_context, check, evidence);
    json_decref(evidence);
}

/* Waits for one worker to end. */
static int32_t finish_worker(struct team *team, struct dpone_error *error) {
    int wait_status = 0;
    if (team_interrupted) {
        stop_workers(team);
    }
    pid_t process = waitpid(-1, &wait_status, WUNTRACED);
    if (process < 0 && errno == EINTR) {
        return DPONE_OK;
    }
    struct worker *worker = process < 0 ? NULL : find_worker(team, process);
    if (worker != NULL && WIFSTOPPED(wait_status)) {
        if (WSTOPSIG(wait_status) == SIGSTOP) { /* no terminal's doing: a connector stopped its parent */
            (void)kill(process, SIGCONT);
        }
        return DPONE_OK;
    }
    if (worker == NULL) {
        return process < 0 ? dpone_error_set(error, DPONE_INTERNAL, "a check's process was lost") : DPONE_OK;
    }
    report_progress(team, worker->check);
    dpone_private_folder_remove(&worker->folder);
    worker->process = 0;
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == DPONE_OK) {
        return DPONE_OK;
    }
    return dpone_error_set(error, WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : (int32_t)DPONE_INTERNAL,
                           "the process that guards %s failed, so its check did not finish; run it again",
                           worker->check->id);
}

static size_t busy_count(const struct team *team) {
    size_t count = 0;
    for (size_t i = 0; i < team->size; i++) {
        count += team->workers[i].process > 0;
    }
    return count;
}

static int32_t run_team(struct team *team, const struct dpone_check *const *checks, size_t count,
                        struct dpone_error *error) {
    int32_t status = DPONE_OK;
    size_t next = 0;
    while (busy_count(team) > 0 || (next < count && status == DPONE_OK && !team_interrupted)) {
        struct worker *idle = find_worker(team, 0);
        if (idle != NULL && next < count && status == DPONE_OK && !team_interrupted) {
            status = start_worker(team, idle, checks[next++], error);
            continue;
        }
        struct dpone_error problem = DPONE_ERROR_INIT;
        int32_t ended = finish_worker(team, &problem);
        if (ended != DPONE_OK && status == DPONE_OK) {
            status = dpone_error_set(error, ended, "%s", problem.message);
        }
    }
    return team_interrupted ? dpone_error_set(error, DPONE_CANCELLED, "interrupted; run it again") : status;
}

int32_t dpone_harness_run(const struct dpone_harness *harness, const struct dpone_check *const *checks,
                          size_t count, struct dpone_error *error) {
    size_t size = harness->jobs < 1 ? 1 : harness->jobs > 64 ? 64 : (size_t)harness->jobs;
    struct team team = {.harness = harness, .workers = calloc(size, sizeof(struct worker)), .size = size};
    if (team.workers == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to run checks");
    }
    dpone_private_folder_sweep(DPONE_CHECK_FOLDER);
    catch_interruption(&team);
    int32_t status = run_team(&team, checks, count, error);
    release_interruption(&team);
    free(team.workers);
    return status;
}
