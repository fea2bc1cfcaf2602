/* The process of a fixture: started, talked to, and ended whatever it does. */
#include "fixture_internal.h"

#include "runtime/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS 5000

extern char **environ;

/* ---- The log ---- */

char *dpone_fixture_log_tail(const struct dpone_fixture *fixture) {
    char *tail = calloc(1, 4097);
    FILE *file = fopen(fixture->log_path, "rbe");
    size_t got = 0;
    if (file != NULL && tail != NULL) {
        if (fseek(file, -4096, SEEK_END) != 0) {
            rewind(file);
        }
        got = fread(tail, 1, 4096, file);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (got == 0) {
        free(tail);
        return NULL;
    }
    return tail;
}

/* "; its log ends: ..." or "". */
static void log_remark(const struct dpone_fixture *fixture, char out[420]) {
    char *tail = dpone_fixture_log_tail(fixture);
    out[0] = 0;
    if (tail != NULL) {
        size_t size = strlen(tail);
        (void)snprintf(out, 420, "; its log ends: %s", tail + (size > 400 ? size - 400 : 0));
    }
    free(tail);
}

/* ---- Ending ---- */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the process is gone, at most `timeout_ms`. */
static int reap(pid_t process, int64_t timeout_ms, int *wait_status) {
    int64_t deadline = now_ms() + timeout_ms;
    struct timespec pause = {0, 1000000};
    while (waitpid(process, wait_status, WNOHANG) == 0) {
        if (now_ms() >= deadline) {
            return 0;
        }
        nanosleep(&pause, NULL);
    }
    return 1;
}

static void end_process(struct dpone_fixture *fixture, int64_t grace_ms, int *wait_status) {
    if (fixture->socket >= 0) {
        close(fixture->socket);
        fixture->socket = -1;
    }
    if (fixture->process > 0 && !reap(fixture->process, grace_ms, wait_status)) {
        kill(fixture->process, SIGKILL);
        waitpid(fixture->process, wait_status, 0);
    }
    fixture->process = 0;
}

static int32_t crashed(struct dpone_fixture *fixture, const char *call, struct dpone_error *error) {
    char remark[420];
    int wait_status = 0;
    end_process(fixture, STOP_TIMEOUT_MS, &wait_status);
    log_remark(fixture, remark);
    if (WIFSIGNALED(wait_status)) {
        return dpone_error_set(error, DPONE_UNAVAILABLE, "fixture %s: killed by signal %d during %s%s",
                               fixture->module_path, WTERMSIG(wait_status), call, remark);
    }
    return dpone_error_set(error, DPONE_UNAVAILABLE, "fixture %s: ended with status %d during %s%s",
                           fixture->module_path, WEXITSTATUS(wait_status), call, remark);
}

static int32_t too_slow(struct dpone_fixture *fixture, const char *call, int64_t limit_ms,
                        struct dpone_error *error) {
    char remark[420];
    int wait_status = 0;
    end_process(fixture, 0, &wait_status);
    log_remark(fixture, remark);
    return dpone_error_set(error, DPONE_TIMEOUT, "fixture %s: no answer to %s within %lld ms%s",
                           fixture->module_path, call, (long long)limit_ms, remark);
}

/* ---- Talking ---- */

static int send_line(struct dpone_fixture *fixture, const char *call, json_t *arguments) {
    json_t *request = arguments != NULL ? arguments : json_object();
    json_object_set_new(request, "call", json_string(call));
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (text == NULL) {
        return 0;
    }
    size_t size = strlen(text);
    size_t sent = 0;
    text[size] = '\n'; /* in place of the terminator: from here on it is bytes */
    while (sent < size + 1) {
        ssize_t got = send(fixture->socket, text + sent, size + 1 - sent, MSG_NOSIGNAL);
        if (got < 0 && errno != EINTR) {
            break;
        }
        sent += got > 0 ? (size_t)got : 0;
    }
    free(text);
    return sent == size + 1;
}

enum read_result { READ_LINE, READ_END, READ_LATE, READ_NO_MEMORY };

/* Takes the next line out of `received`, reading more as needed. */
static enum read_result receive_line(struct dpone_fixture *fixture, int64_t timeout_ms, json_t **reply) {
    int64_t deadline = now_ms() + timeout_ms;
    for (;;) {
        char *end =
            fixture->received_size > 0 ? memchr(fixture->received, '\n', fixture->received_size) : NULL;
        if (end != NULL) {
            size_t size = (size_t)(end - fixture->received);
            *reply = json_loadb(fixture->received, size, JSON_ALLOW_NUL, NULL);
            fixture->received_size -= size + 1;
            memmove(fixture->received, end + 1, fixture->received_size);
            return *reply != NULL ? READ_LINE : READ_END;
        }
        int64_t left = deadline - now_ms();
        struct pollfd wait = {fixture->socket, POLLIN, 0};
        if (left <= 0 || poll(&wait, 1, (int)left) == 0) {
            return READ_LATE;
        }
        char *grown = realloc(fixture->received, fixture->received_size + 65536);
        if (grown == NULL) {
            return READ_NO_MEMORY;
        }
        fixture->received = grown;
        ssize_t got = recv(fixture->socket, grown + fixture->received_size, 65536, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return READ_END;
        }
        fixture->received_size += got > 0 ? (size_t)got : 0;
    }
}

/* Turns an answer into a status. */
static int32_t reply_status(json_t *reply, struct dpone_error *error) {
    int status = DPONE_INTERNAL;
    int retryable = 0;
    const char *message = "fixture: an answer without status";
    json_unpack(reply, "{s:i, s?s, s?i}", "status", &status, "message", &message, "retryable", &retryable);
    if (status == DPONE_OK) {
        return DPONE_OK;
    }
    dpone_error_set(error, status, "%s", message);
    if (error != NULL) {
        error->retryable = retryable;
    }
    return status;
}

int32_t dpone_fixture_call(struct dpone_fixture *fixture, const char *call, json_t *arguments,
                           int64_t timeout_ms, json_t **reply, struct dpone_error *error) {
    json_t *answer = NULL;
    int64_t limit_ms = fixture->call_timeout_ms + timeout_ms;
    if (fixture->process == 0) {
        json_decref(arguments);
        return dpone_error_set(error, DPONE_UNAVAILABLE, "fixture %s: not running any more; open it again",
                               fixture->module_path);
    }
    if (!send_line(fixture, call, arguments)) {
        return crashed(fixture, call, error);
    }
    switch (receive_line(fixture, limit_ms, &answer)) {
    case READ_LATE:
        return too_slow(fixture, call, limit_ms, error);
    case READ_NO_MEMORY:
        end_process(fixture, 0, &(int){0});
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "fixture: no memory for the answer to %s", call);
    case READ_END:
        return crashed(fixture, call, error);
    default:
        break;
    }
    int32_t status = reply_status(answer, error);
    if (status == DPONE_OK && reply != NULL) {
        *reply = answer;
    } else {
        json_decref(answer);
    }
    return status;
}

/* ---- Starting ---- */

static int32_t spawn(struct dpone_fixture *fixture, const char *program, struct dpone_error *error) {
    int sockets[2];
    char parent[32];
    char *arguments[] = {(char *)program, fixture->module_path, parent, NULL};
    posix_spawn_file_actions_t actions;
    (void)snprintf(parent, sizeof(parent), "%ld", (long)getpid());
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
        return dpone_error_set(error, DPONE_IO, "fixture: no socket pair: %s", strerror(errno));
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, fixture->log_path,
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, sockets[1], DPONE_FIXTURE_SOCKET);
    int code = posix_spawn(&fixture->process, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(sockets[1]);
    fixture->socket = sockets[0];
    if (code != 0) {
        fixture->process = 0;
        return dpone_error_set(error, DPONE_IO, "fixture: cannot run %s: %s", program, strerror(code));
    }
    return DPONE_OK;
}

static int32_t describe(struct dpone_fixture *fixture, const struct dpone_fixture_settings *settings,
                        struct dpone_error *error) {
    char seed[32];
    (void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)settings->seed);
    json_t *arguments = json_pack("{s:s, s:s, s:s}", "directory", settings->directory, "options",
                                  settings->options != NULL ? settings->options : "{}", "seed", seed);
    int64_t start_ms = settings->start_timeout_ms > 0 ? settings->start_timeout_ms : DEFAULT_TIMEOUT_MS;
    return dpone_fixture_call(fixture, "start", arguments, start_ms - fixture->call_timeout_ms,
                              &fixture->described, error);
}

static int32_t take_facts(struct dpone_fixture *fixture, const char *name, struct dpone_error *error) {
    struct dpone_fixture_facts *facts = &fixture->facts;
    json_t *faults = json_object_get(fixture->described, "faults");
    json_t *mappings = json_object_get(fixture->described, "mappings");
    fixture->faults = calloc(json_array_size(faults) + 1, sizeof(*fixture->faults));
    fixture->mappings = calloc(json_array_size(mappings) + 1, sizeof(*fixture->mappings));
    int good = fixture->faults != NULL && fixture->mappings != NULL &&
               json_unpack(fixture->described, "{s:s, s:s, s:s, s:b, s:b}", "name", &facts->name, "title",
                           &facts->title, "system", &facts->system, "has_source", &facts->has_source,
                           "has_sink", &facts->has_sink) == 0;
    for (size_t i = 0; good && i < json_array_size(faults); i++) {
        struct dpone_fixture_fault *fault = &fixture->faults[i];
        json_int_t retry_after_ms = -1;
        good = json_unpack(json_array_get(faults, i), "{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:I}", "id",
                           &fault->id, "description", &fault->description, "class", &fault->fault_class,
                           "operations", &fault->operations, "expected_status", &fault->expected_status,
                           "other_status", &fault->other_status, "retryable", &fault->retryable, "effect",
                           &fault->effect, "retry_after_ms", &retry_after_ms) == 0;
        fault->retry_after_ms = retry_after_ms;
    }
    for (size_t i = 0; good && i < json_array_size(mappings); i++) {
        struct dpone_fixture_mapping *mapping = &fixture->mappings[i];
        good = json_unpack(json_array_get(mappings, i), "[i, i, i, i]", &mapping->type, &mapping->feature,
                           &mapping->source_type, &mapping->sink_exact) == 0;
    }
    facts->faults = fixture->faults;
    facts->fault_count = json_array_size(faults);
    facts->mappings = fixture->mappings;
    facts->mapping_count = json_array_size(mappings);
    facts->module_path = fixture->module_path;
    facts->module_sha256 = fixture->module_sha256;
    facts->process_id = fixture->process;
    facts->comes_with_dpone = dpone_fixture_is_known(name);
    return good ? DPONE_OK
                : dpone_error_set(error, DPONE_INTERNAL, "fixture %s: describes itself wrongly",
                                  fixture->module_path);
}

int32_t dpone_fixture_open(struct dpone_fixture **out, const struct dpone_fixture_settings *settings,
                           struct dpone_error *error) {
    char module[DPONE_FIXTURE_PATH_BYTES];
    char program[DPONE_FIXTURE_PATH_BYTES];
    *out = NULL;
    int32_t status = dpone_fixture_find_module(module, settings, error);
    status = status == DPONE_OK ? dpone_fixture_find_program(program, settings, error) : status;
    if (status != DPONE_OK) {
        return status;
    }
    struct dpone_fixture *fixture = calloc(1, sizeof(*fixture));
    size_t log_size = strlen(settings->directory) + sizeof("/fixture.log");
    if (fixture == NULL || (fixture->log_path = malloc(log_size)) == NULL ||
        (fixture->module_path = strdup(module)) == NULL) {
        dpone_fixture_close(fixture);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a fixture");
    }
    (void)snprintf(fixture->log_path, log_size, "%s/fixture.log", settings->directory);
    fixture->socket = -1;
    fixture->call_timeout_ms = settings->call_timeout_ms > 0 ? settings->call_timeout_ms : DEFAULT_TIMEOUT_MS;
    if (mkdir(settings->directory, 0700) != 0 && errno != EEXIST) {
        status = dpone_error_set(error, DPONE_IO, "%s: %s", settings->directory, strerror(errno));
    }
    status = status == DPONE_OK ? dpone_sha256_file(fixture->module_sha256, module, error) : status;
    status = status == DPONE_OK ? spawn(fixture, program, error) : status;
    status = status == DPONE_OK ? describe(fixture, settings, error) : status;
    status = status == DPONE_OK ? take_facts(fixture, settings->name, error) : status;
    if (status != DPONE_OK) {
        dpone_fixture_close(fixture);
        return status;
    }
    *out = fixture;
    return DPONE_OK;
}

void dpone_fixture_close(struct dpone_fixture *fixture) {
    int wait_status = 0;
    if (fixture == NULL) {
        return;
    }
    end_process(fixture, STOP_TIMEOUT_MS, &wait_status);
    json_decref(fixture->described);
    free(fixture->faults);
    free(fixture->mappings);
    free(fixture->received);
    free(fixture->log_path);
    free(fixture->module_path);
    free(fixture);
}

const struct dpone_fixture_facts *dpone_fixture_facts(const struct dpone_fixture *fixture) {
    return &fixture->facts;
}
