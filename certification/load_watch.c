/* The watching side: answers the filter's questions, and collects the report. */
#define _GNU_SOURCE
#include "load_watch.h"

#include "call_filter.h"
#include "load_watch_internal.h"

#include "runtime/files.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOAD_TIME_MS 10000
#define EVENTS_MAXIMUM 100

struct watcher {
    struct dpone_load_watch *out;
    const char *hidden_library;
    pid_t process;
    int channel;
    int filter; /* -1 until it arrived, and after the process ended */
    int done;   /* the report says so */
    int open;   /* the channel is */
};

static void add_event(struct dpone_load_watch *watch, const char *what, const char *before,
                      const char *detail) {
    if (watch->event_count == EVENTS_MAXIMUM) {
        return;
    }
    struct dpone_load_event *events = realloc(watch->events, (watch->event_count + 1) * sizeof(*events));
    if (events == NULL) {
        return;
    }
    watch->events = events;
    events[watch->event_count++] =
        (struct dpone_load_event){strdup(what), strdup(detail), before == NULL ? NULL : strdup(before)};
}

/* ---- The filter ---- */

static void answer_call(struct watcher *watcher) {
    struct seccomp_notif call;
    char detail[512];
    if (dpone_call_filter_receive(watcher->filter, &call) != 0) {
        return;
    }
    int refusal = dpone_load_calls_judge(&call, watcher->hidden_library, detail, sizeof(detail));
    if (refusal == EPERM && ioctl(watcher->filter, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) == 0) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call.data.nr);
        add_event(watcher->out, name == NULL ? "a call" : name, NULL, detail);
        free(name);
    }
    dpone_call_filter_answer(watcher->filter, &call, refusal);
}

/* ---- The report ---- */

static void read_line(struct watcher *watcher, char *line) {
    struct dpone_load_watch *out = watcher->out;
    char *rest = line;
    line[strcspn(line, "\n")] = '\0';
    const char *word = strsep(&rest, "\t");
    if (strcmp(word, "changed") == 0 && rest != NULL) {
        const char *property = strsep(&rest, "\t");
        const char *before = rest == NULL ? "" : strsep(&rest, "\t");
        add_event(out, property, before, rest == NULL ? "" : rest);
    } else if (strcmp(word, "done") == 0) {
        watcher->done = 1;
    } else if (strcmp(word, "refused") == 0 || strcmp(word, "unwatched") == 0) {
        out->end = *word == 'r' ? DPONE_LOAD_REFUSED : DPONE_LOAD_UNWATCHED;
        (void)snprintf(out->message, sizeof(out->message), "%s", rest == NULL ? "" : rest);
    }
}

static void read_report(struct watcher *watcher) {
    char line[2049];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = {line, sizeof(line) - 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t size = recvmsg(watcher->channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size <= 0) {
        watcher->open = size < 0 && (errno == EAGAIN || errno == EINTR);
        return;
    }
    line[size] = '\0';
    int filter = dpone_call_filter_take(&message);
    if (filter >= 0) {
        watcher->filter = filter;
    } else {
        read_line(watcher, line);
    }
}

/* ---- The loop ---- */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void watch_loading(struct watcher *watcher) {
    int64_t end_ms = now_ms() + LOAD_TIME_MS;
    while (watcher->open) {
        struct pollfd watched[2] = {{watcher->channel, POLLIN, 0}, {watcher->filter, POLLIN, 0}};
        int64_t left_ms = end_ms - now_ms();
        if (left_ms <= 0 || poll(watched, 2, (int)left_ms) == 0) {
            (void)snprintf(watcher->out->message, sizeof(watcher->out->message),
                           "loading did not end within %d s and was killed", LOAD_TIME_MS / 1000);
            break;
        }
        if (watched[1].revents & POLLIN) {
            answer_call(watcher);
        } else if (watched[1].revents != 0) {
            close(watcher->filter); /* the process is gone: what it said is still in the channel */
            watcher->filter = -1;
        }
        if (watched[0].revents != 0) {
            read_report(watcher);
        }
    }
    (void)kill(watcher->process,
               SIGKILL); /* nobody answers its calls any more; one that ended keeps its status */
}

static void describe_end(struct watcher *watcher, int wait_status) {
    struct dpone_load_watch *out = watcher->out;
    if (watcher->done || out->end == DPONE_LOAD_UNWATCHED) {
        return;
    }
    out->end = DPONE_LOAD_DIED;
    if (out->message[0] != '\0') {
        return;
    }
    if (WIFSIGNALED(wait_status)) {
        (void)snprintf(out->message, sizeof(out->message), "loading was killed by signal %d (%s)",
                       WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
    } else {
        (void)snprintf(out->message, sizeof(out->message), "loading called exit(%d)",
                       WEXITSTATUS(wait_status));
    }
}

static int32_t start(struct watcher *watcher, const char *plugin, struct dpone_error *error) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return dpone_file_error(error, errno, "make", "a pair of sockets");
    }
    (void)fflush(NULL);
    watcher->process = fork();
    if (watcher->process == 0) {
        close(ends[0]);
        dpone_load_process_run(plugin, watcher->hidden_library, ends[1]);
    }
    int reason = errno;
    close(ends[1]);
    watcher->channel = ends[0];
    watcher->open = 1;
    if (watcher->process < 0) {
        return dpone_file_error(error, reason, "start", "a process to load in");
    }
    return DPONE_OK;
}

int32_t dpone_load_watch_run(struct dpone_load_watch *out, const char *plugin, const char *hidden_library,
                             struct dpone_error *error) {
    struct watcher watcher = {.out = out, .hidden_library = hidden_library, .channel = -1, .filter = -1};
    int wait_status = 0;
    *out = (struct dpone_load_watch){0};
    if (dpone_call_filter_obstacle() != NULL) {
        out->end = DPONE_LOAD_UNWATCHED;
        (void)snprintf(out->message, sizeof(out->message), "%s", dpone_call_filter_obstacle());
        return DPONE_OK;
    }
    int32_t status = start(&watcher, plugin, error);
    if (status == DPONE_OK) {
        watch_loading(&watcher);
        while (waitpid(watcher.process, &wait_status, 0) < 0 && errno == EINTR) {
        }
        describe_end(&watcher, wait_status);
    }
    if (watcher.filter >= 0) {
        close(watcher.filter);
    }
    if (watcher.channel >= 0) {
        close(watcher.channel);
    }
    return status;
}

void dpone_load_watch_clear(struct dpone_load_watch *watch) {
    for (size_t i = 0; i < watch->event_count; i++) {
        free(watch->events[i].what);
        free(watch->events[i].detail);
        free(watch->events[i].before);
    }
    free(watch->events);
    *watch = (struct dpone_load_watch){0};
}
