/* The nursery and its children, and the one socket that questions and answers go through. */
#define _GNU_SOURCE
#include "fresh.h"

#include "runtime/files.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct dpone_fresh {
    pid_t process;
    int channel;
};

/* Both ways: a head, then `size` bytes. */
struct head {
    dpone_fresh_job job; /* a question's */
    int32_t status;      /* an answer's, as the next two */
    int32_t signal;
    struct dpone_error error;
    size_t size;
};

static int send_all(int channel, const void *data, size_t size) {
    const char *bytes = data;
    while (size > 0) {
        ssize_t sent = send(channel, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return 0;
        }
        bytes += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
    }
    return 1;
}

static int receive_all(int channel, void *data, size_t size) {
    char *bytes = data;
    while (size > 0) {
        ssize_t received = recv(channel, bytes, size, 0);
        if (received == 0 || (received < 0 && errno != EINTR)) {
            return 0;
        }
        bytes += received > 0 ? received : 0;
        size -= received > 0 ? (size_t)received : 0;
    }
    return 1;
}

/* What follows a head, on the heap; NULL when there is no memory or no sender. */
static uint8_t *receive_bytes(int channel, size_t size) {
    uint8_t *bytes = malloc(size + 1);
    if (bytes != NULL && !receive_all(channel, bytes, size)) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* ---- The nursery ---- */

_Noreturn static void run_job(void *context, int channel, dpone_fresh_job job, uint8_t *question,
                              size_t size) {
    struct head head = {.error = DPONE_ERROR_INIT};
    char *answer = NULL;
    FILE *memory = open_memstream(&answer, &head.size);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (memory == NULL) {
        _exit(1);
    }
    head.status = job(context, (struct dpone_bytes){question, size}, memory, &head.error);
    free(question);
    int sent =
        fclose(memory) == 0 && send_all(channel, &head, sizeof(head)) && send_all(channel, answer, head.size);
    free(answer);
    (void)fflush(NULL);
    _exit(sent ? 0 : 1);
}

/* A child that ended in another way than by answering is answered for. */
static int watch_job(pid_t child, int channel) {
    struct head head = {.status = DPONE_INTERNAL, .error = DPONE_ERROR_INIT};
    int status = 0;
    if (child < 0) {
        (void)dpone_error_set(&head.error, DPONE_INTERNAL, "no process for a job");
        return send_all(channel, &head, sizeof(head));
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return 1;
    }
    head.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    (void)dpone_error_set(&head.error, DPONE_INTERNAL, "its process ended by %s %d",
                          head.signal != 0 ? "signal" : "exit status",
                          head.signal != 0 ? head.signal : WEXITSTATUS(status));
    return send_all(channel, &head, sizeof(head));
}

_Noreturn static void run_nursery(void *context, int channel) {
    struct head head;
    int alive = 1;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (alive && receive_all(channel, &head, sizeof(head))) {
        uint8_t *question = receive_bytes(channel, head.size);
        pid_t child = question == NULL ? -1 : fork();
        if (child == 0) {
            run_job(context, channel, head.job, question, head.size);
        }
        alive = watch_job(child, channel);
        free(question);
    }
    _exit(0);
}

/* ---- The caller ---- */

int32_t dpone_fresh_start(struct dpone_fresh **out, void *context, struct dpone_error *error) {
    int ends[2] = {-1, -1};
    *out = calloc(1, sizeof(**out));
    if (*out == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        free(*out);
        *out = NULL;
        return dpone_file_error(error, errno, "make", "a pair of sockets");
    }
    (void)fflush(NULL);
    (*out)->process = fork();
    if ((*out)->process == 0) {
        (void)close(ends[0]);
        run_nursery(context, ends[1]);
    }
    int reason = errno;
    (void)close(ends[1]);
    (*out)->channel = ends[0];
    if ((*out)->process < 0) {
        dpone_fresh_stop(*out);
        *out = NULL;
        return dpone_file_error(error, reason, "start", "a process for jobs");
    }
    return DPONE_OK;
}

static int32_t gone(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "the process for jobs is gone");
}

int32_t dpone_fresh_begin(struct dpone_fresh *fresh, dpone_fresh_job job, struct dpone_bytes question,
                          struct dpone_error *error) {
    struct head head = {.job = job, .size = question.size};
    return send_all(fresh->channel, &head, sizeof(head)) &&
                   send_all(fresh->channel, question.data, question.size)
               ? DPONE_OK
               : gone(error);
}

int32_t dpone_fresh_await(struct dpone_fresh *fresh, struct dpone_fresh_end *out, struct dpone_error *error) {
    struct head head;
    *out = (struct dpone_fresh_end){.answer = DPONE_BUFFER_INIT};
    if (!receive_all(fresh->channel, &head, sizeof(head))) {
        return gone(error);
    }
    uint8_t *answer = receive_bytes(fresh->channel, head.size);
    if (answer == NULL) {
        return gone(error);
    }
    int32_t status = dpone_buffer_copy(&out->answer, answer, head.size);
    out->status = head.status;
    out->signal = head.signal;
    out->error = head.error;
    free(answer);
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "no memory for an answer");
}

void dpone_fresh_end_clear(struct dpone_fresh_end *end) {
    dpone_buffer_clear(&end->answer);
}

int32_t dpone_fresh_ask(struct dpone_fresh *fresh, dpone_fresh_job job, struct dpone_bytes question,
                        struct dpone_fresh_end *out, struct dpone_error *error) {
    int32_t status = dpone_fresh_begin(fresh, job, question, error);
    *out = (struct dpone_fresh_end){.answer = DPONE_BUFFER_INIT};
    return status == DPONE_OK ? dpone_fresh_await(fresh, out, error) : status;
}

void dpone_fresh_stop(struct dpone_fresh *fresh) {
    if (fresh == NULL) {
        return;
    }
    (void)shutdown(fresh->channel, SHUT_RDWR); /* the nursery ends, whoever else inherited this end */
    (void)close(fresh->channel);
    while (fresh->process > 0 && waitpid(fresh->process, NULL, 0) < 0 && errno == EINTR) {
    }
    free(fresh);
}
