/* The state of this process as a list of named texts. */
#define _GNU_SOURCE
#include "load_snapshot.h"

#include "runtime/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES 512

/* sa_flags that the C library adds by itself. */
#define FLAG_OF_THE_LIBRARY 0x04000000

extern char **environ;

struct property {
    char *name;
    char *text;
};

struct dpone_load_snapshot {
    struct property *items;
    size_t count;
    size_t capacity;
    int failed;
};

static void add(struct dpone_load_snapshot *snapshot, char *name, char *text) {
    if (snapshot->count == snapshot->capacity) {
        size_t capacity = snapshot->capacity == 0 ? 64 : snapshot->capacity * 2;
        struct property *items = realloc(snapshot->items, capacity * sizeof(*items));
        if (items != NULL) {
            snapshot->items = items;
            snapshot->capacity = capacity;
        }
    }
    if (name == NULL || text == NULL || snapshot->count == snapshot->capacity) {
        snapshot->failed = 1;
        free(name);
        free(text);
        return;
    }
    snapshot->items[snapshot->count++] = (struct property){name, text};
}

static void add_environment(struct dpone_load_snapshot *snapshot) {
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
        const char *equals = strchr(*variable, '=');
        int size = equals == NULL ? (int)strlen(*variable) : (int)(equals - *variable);
        add(snapshot, dpone_format("environment variable %.*s", size, *variable),
            strdup(equals == NULL ? "" : equals + 1));
    }
}

/* The lines of /proc/self/status that begin with one of these words. */
static void add_status(struct dpone_load_snapshot *snapshot) {
    static const char *const words[] = {"Umask:", "Threads:", "SigBlk:", NULL};
    static const char *const names[] = {"umask", "number of threads", "signal mask"};
    char line[TEXT_BYTES];
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; words[i] != NULL; i++) {
            if (strncmp(line, words[i], strlen(words[i])) == 0) {
                const char *value = line + strlen(words[i]);
                add(snapshot, strdup(names[i]), strdup(value + strspn(value, " \t")));
            }
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void add_signals(struct dpone_load_snapshot *snapshot) {
    struct sigaction action;
    stack_t stack;
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &action) != 0) {
            continue;
        }
        unsigned flags = (unsigned)action.sa_flags & ~(unsigned)FLAG_OF_THE_LIBRARY;
        int usual = action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN;
        add(snapshot, dpone_format("handler of signal %d (%s)", number, strsignal(number)),
            usual ? dpone_format("%s, flags %#x", action.sa_handler == SIG_DFL ? "default" : "ignored", flags)
                  : dpone_format("a function at %p, flags %#x (installed)",
                                 (void *)(uintptr_t)action.sa_handler, flags));
    }
    if (sigaltstack(NULL, &stack) == 0) {
        add(snapshot, strdup("alternate signal stack"),
            dpone_format("%p, %zu bytes, flags %d", stack.ss_sp, stack.ss_size, stack.ss_flags));
    }
}

static void add_descriptors(struct dpone_load_snapshot *snapshot, int ignored_fd) {
    char target[TEXT_BYTES];
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        int number = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || number == dirfd(folder) || number == ignored_fd) {
            continue;
        }
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
        target[size < 0 ? 0 : size] = '\0';
        add(snapshot, dpone_format("file descriptor %d", number),
            dpone_format("%s%s", target,
                         fcntl(number, F_GETFL) & (O_NONBLOCK | O_ASYNC) ? " (not blocking)" : ""));
    }
    (void)closedir(folder);
}

static void add_small_things(struct dpone_load_snapshot *snapshot) {
    char folder[4096];
    const char *locale = setlocale(LC_ALL, NULL);
    add(snapshot, strdup("working directory"), strdup(getcwd(folder, sizeof(folder)) == NULL ? "" : folder));
    add(snapshot, strdup("locale"), strdup(locale == NULL ? "" : locale));
    add(snapshot, strdup("locale of the thread"), dpone_format("%p", (void *)uselocale((locale_t)0)));
    add(snapshot, strdup("rounding mode"), dpone_format("%d", fegetround()));
    add(snapshot, strdup("floating-point traps"), dpone_format("%#x", (unsigned)fegetexcept()));
    add(snapshot, strdup("unwritten bytes of stdout"), dpone_format("%zu", __fpending(stdout)));
    add(snapshot, strdup("unwritten bytes of stderr"), dpone_format("%zu", __fpending(stderr)));
    add(snapshot, strdup("buffer of stdout"), dpone_format("%zu bytes", __fbufsize(stdout)));
    add(snapshot, strdup("buffer of stderr"), dpone_format("%zu bytes", __fbufsize(stderr)));
}

struct dpone_load_snapshot *dpone_load_snapshot_take(int ignored_fd) {
    struct dpone_load_snapshot *snapshot = calloc(1, sizeof(*snapshot));
    if (snapshot == NULL) {
        return NULL;
    }
    add_small_things(snapshot);
    add_environment(snapshot);
    add_status(snapshot);
    add_signals(snapshot);
    add_descriptors(snapshot, ignored_fd);
    if (snapshot->failed) {
        dpone_load_snapshot_free(snapshot);
        return NULL;
    }
    return snapshot;
}

void dpone_load_snapshot_free(struct dpone_load_snapshot *snapshot) {
    for (size_t i = 0; snapshot != NULL && i < snapshot->count; i++) {
        free(snapshot->items[i].name);
        free(snapshot->items[i].text);
    }
    if (snapshot != NULL) {
        free(snapshot->items);
    }
    free(snapshot);
}

static const char *find(const struct dpone_load_snapshot *snapshot, const char *name) {
    for (size_t i = 0; i < snapshot->count; i++) {
        if (strcmp(snapshot->items[i].name, name) == 0) {
            return snapshot->items[i].text;
        }
    }
    return NULL;
}

void dpone_load_snapshot_compare(const struct dpone_load_snapshot *before,
                                 const struct dpone_load_snapshot *after,
                                 void (*differs)(void *context, const char *property, const char *before,
                                                 const char *after),
                                 void *context) {
    for (size_t i = 0; i < before->count; i++) {
        const char *now = find(after, before->items[i].name);
        if (now == NULL || strcmp(now, before->items[i].text) != 0) {
            differs(context, before->items[i].name, before->items[i].text, now == NULL ? "(gone)" : now);
        }
    }
    for (size_t i = 0; i < after->count; i++) {
        if (find(before, after->items[i].name) == NULL) {
            differs(context, after->items[i].name, "(none)", after->items[i].text);
        }
    }
}
