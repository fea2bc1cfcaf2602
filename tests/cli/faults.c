/* Both sides of the filter: the child that installs it and becomes the program, the supervisor that answers.
 */
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

/* Shared with the child, which can make no call of its own once its filter is in force. */
struct handshake {
    volatile int
        descriptor; /* of the notifications, in the child; -1 while there is none, -2 when it failed */
};

static void become_program(struct handshake *handshake, char *const argv[]) {
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_NOTIFY);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setenv("ASAN_OPTIONS", "detect_leaks=0",
                 1); /* looking for leaks traces the process, which the filter stops */
    if (nowhere < 0 || filter == NULL || dup2(nowhere, 1) < 0 || dup2(nowhere, 2) < 0 ||
        /* libseccomp's own last calls; the program makes neither of the two. */
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 0) != 0 || seccomp_load(filter) != 0) {
        handshake->descriptor = -2;
        _exit(126);
    }
    handshake->descriptor = seccomp_notify_fd(filter);
    (void)execv(argv[0], argv);
    _exit(127);
}

/* The child's descriptor, fetched from it; -1 when that is not allowed. */
static int fetch_notifications(const struct handshake *handshake, pid_t child) {
    for (int waited_ms = 0; handshake->descriptor == -1 && waited_ms < 10000; waited_ms++) {
        (void)poll(NULL, 0, 1);
    }
    if (handshake->descriptor < 0) {
        return -1;
    }
    int process = (int)syscall(SYS_pidfd_open, child, 0);
    int descriptor = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, handshake->descriptor, 0);
    if (process >= 0) {
        (void)close(process);
    }
    return descriptor;
}

static int counts(const struct fault *fault, int call) {
    if (fault->counted == NULL) {
        return 1;
    }
    for (const int *number = fault->counted; *number != -1; number++) {
        if (*number == call) {
            return 1;
        }
    }
    return 0;
}

/* Does half of the child's write in its place, and lets it believe that this was all there was room for. */
static int64_t write_half(const struct seccomp_notif *request) {
    char data[4096];
    size_t size = (size_t)request->data.args[2] / 2;
    size = size < sizeof(data) ? size : sizeof(data);
    struct iovec local = {data, size}, remote = {(void *)(uintptr_t)request->data.args[1], size};
    int process = (int)syscall(SYS_pidfd_open, (pid_t)request->pid, 0);
    int file = (int)syscall(SYS_pidfd_getfd, process, (int)request->data.args[0], 0);
    ssize_t got = process_vm_readv((pid_t)request->pid, &local, 1, &remote, 1, 0);
    ssize_t written = got < 0 ? -1 : write(file, data, (size_t)got);
    (void)close(file);
    (void)close(process);
    return written;
}

/* Answers one call; `strikes` when it is the one. */
static void answer(int notifications, const struct fault *fault, const struct seccomp_notif *request,
                   struct seccomp_notif_resp *response, int strikes) {
    memset(response, 0, sizeof(*response));
    response->id = request->id;
    response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (strikes && fault->kind == FAULT_KILL) {
        (void)kill((pid_t)request->pid, SIGKILL);
        return;
    }
    if (strikes && fault->kind == FAULT_ACTION) {
        fault->action(fault->user, request->data.nr);
    } else if (strikes && fault->kind == FAULT_ERROR) {
        response->flags = 0;
        response->error = -fault->error;
    } else if (strikes && fault->kind == FAULT_SHORT_WRITE && request->data.args[2] > 1) {
        response->flags = 0;
        response->val = write_half(request);
    }
    (void)seccomp_notify_respond(notifications, response);
}

/* Until the child is gone. The first call is the exec itself and never counts. */
static void supervise(long *out_calls, int notifications, const struct fault *fault) {
    struct seccomp_notif *request = NULL;
    struct seccomp_notif_resp *response = NULL;
    struct pollfd waiting = {.fd = notifications, .events = POLLIN};
    int in_program = 0;
    *out_calls = 0;
    if (seccomp_notify_alloc(&request, &response) != 0) {
        abort();
    }
    while (poll(&waiting, 1, -1) >= 0 && (waiting.revents & POLLIN) != 0) {
        memset(request, 0, sizeof(*request));
        if (seccomp_notify_receive(notifications, request) != 0) {
            continue; /* the child died between the two */
        }
        int counted = in_program && counts(fault, request->data.nr);
        answer(notifications, fault, request, response,
               counted && (fault->at == FAULT_EVERY || *out_calls == fault->at));
        *out_calls += counted;
        in_program = in_program || request->data.nr == SCMP_SYS(execve);
    }
    seccomp_notify_free(request, response);
}

int fault_run(long *out_calls, char *const argv[], const struct fault *fault) {
    struct handshake *handshake =
        mmap(NULL, sizeof(*handshake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = -1;
    if (handshake == MAP_FAILED) {
        return -1;
    }
    handshake->descriptor = -1;
    pid_t child = fork();
    if (child == 0) {
        become_program(handshake, argv);
    }
    int notifications = child < 0 ? -1 : fetch_notifications(handshake, child);
    if (notifications >= 0) {
        supervise(out_calls, notifications, fault);
        (void)close(notifications);
    } else if (child > 0) {
        (void)kill(child, SIGKILL);
    }
    if (child > 0 && (waitpid(child, &status, 0) != child || notifications < 0)) {
        status = -1;
    }
    (void)munmap(handshake, sizeof(*handshake));
    return status;
}
