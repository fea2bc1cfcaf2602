/* What a plug-in must not do while it is loaded: a constructor for each FAULT_* macro, or the expression of
 * actions.h that FAULT_ACTION names. */
#ifndef LOADING_FAULTS_H
#define LOADING_FAULTS_H

#include "actions.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#define FAULT_IN_INIT() ((void)0)
#define FAULT_IN_OPEN() ((void)0)
#define FAULT_CONSTRUCTOR __attribute__((constructor)) static void fault_constructor(void)

#if defined(FAULT_ACTION)
FAULT_CONSTRUCTOR {
    (void)!(FAULT_ACTION);
}
#elif defined(FAULT_OPENS_IN_INIT)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)creat(VICTIM, 0600))
#elif defined(FAULT_CONNECTS_IN_INIT)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(ACTION_unix_socket))
#elif defined(FAULT_RESOLVER_PRINTS)
static void fault_resolved(void) {
}
__attribute__((used)) static void (*fault_resolver(void))(void) {
    (void)!write(STDOUT_FILENO, "hello\n", 6);
    return fault_resolved;
}
static void fault_indirect(void) __attribute__((ifunc("fault_resolver")));
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() fault_indirect()
#elif defined(FAULT_CONNECTS)
FAULT_CONSTRUCTOR {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)connect(descriptor < 0 ? 0 : descriptor, (const struct sockaddr *)&address, sizeof(address));
}
#elif defined(FAULT_FORKS)
FAULT_CONSTRUCTOR {
    if (fork() == 0) {
        _exit(0);
    }
}
#elif defined(FAULT_STARTS_THREAD)
static void *fault_thread(void *context) {
    return context;
}
FAULT_CONSTRUCTOR {
    pthread_t thread;
    if (pthread_create(&thread, NULL, fault_thread, NULL) == 0) {
        (void)pthread_detach(thread);
    }
}
#elif defined(FAULT_INSTALLS_HANDLER)
static void fault_handler(int number) {
    (void)number;
}
FAULT_CONSTRUCTOR {
    (void)signal(SIGUSR1, fault_handler);
}
#elif defined(FAULT_ALTERNATE_STACK)
FAULT_CONSTRUCTOR {
    static char memory[65536];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
    (void)sigaltstack(&stack, NULL);
}
#elif defined(FAULT_BLOCKS_SIGNAL)
FAULT_CONSTRUCTOR {
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGUSR2);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
}
#elif defined(FAULT_CALLS_FOR_EVER)
FAULT_CONSTRUCTOR {
    for (;;) {
        (void)!umask(0);
    }
}
#elif defined(FAULT_EATS_MEMORY)
FAULT_CONSTRUCTOR {
    const size_t size = (size_t)64 << 20;
    for (char *block = malloc(size); block != NULL; block = malloc(size)) {
        memset(block, 1, size);
        *(char *volatile *)block = block;
    }
}
#elif defined(FAULT_NEEDS_OPTIONAL)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT()                                                                                      \
    do {                                                                                                     \
        if (dlopen("libjansson.so.4", RTLD_NOW) == NULL) {                                                   \
            return dpone_error_set(error, DPONE_NOT_FOUND, "no libjansson.so.4");                            \
        }                                                                                                    \
    } while (0)
#elif defined(FAULT_OPEN_EXITS)
#undef FAULT_IN_OPEN
#define FAULT_IN_OPEN() exit(0)
#elif defined(FAULT_OPEN_PRINTS)
static void fault_print_for_ever(void) {
    char text[65536];
    memset(text, 'x', sizeof(text));
    while (write(STDOUT_FILENO, text, sizeof(text)) > 0) {
    }
}
#undef FAULT_IN_OPEN
#define FAULT_IN_OPEN() fault_print_for_ever()
#elif defined(FAULT_OPEN_ESCAPES)
static void fault_escape(void) {
    if (fork() == 0) {
        (void)setsid();
        while (fork() == 0) {
            (void)pause();
        }
        _exit(0);
    }
}
#undef FAULT_IN_OPEN
#define FAULT_IN_OPEN() fault_escape()
#elif defined(FAULT_OPEN_SMASHES_STACK)
static void fault_smash(volatile char *place) {
    for (size_t i = 0; i < 4096; i++) {
        place[i] = 1;
    }
}
static void fault_smash_own(void) {
    volatile char place[16];
    fault_smash(place);
}
#undef FAULT_IN_OPEN
#define FAULT_IN_OPEN() fault_smash_own()
#elif defined(FAULT_LEAKS_SYMBOL)
__attribute__((visibility("default"))) int loading_helper(void);
__attribute__((visibility("default"))) int loading_helper(void) {
    return 1;
}
#elif defined(FAULT_UNDEFINED_SYMBOL)
extern int loading_not_there(void);
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)loading_not_there())
#elif defined(FAULT_LINKS_OPTIONAL)
extern const char *yaml_get_version_string(void);
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)yaml_get_version_string())
#elif defined(FAULT_UNDECLARED_NEEDED)
extern const char *zlibVersion(void);
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)zlibVersion())
#elif defined(FAULT_SLEEPS)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? sleep(1) : 0))
#elif defined(FAULT_READS_ENVIRONMENT)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)getenv("HOME"))
#elif defined(FAULT_READS_CLOCK)
#include <time.h>
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)time(NULL))
#elif defined(FAULT_WARNS)
#include <err.h>
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? warnx("x") : (void)0))
#elif defined(FAULT_CHANGES_MASK)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? umask(0) : 0))
#elif defined(FAULT_CHANGES_FOLDER)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? chdir("/") : 0))
#elif defined(FAULT_CHANGES_FOLDER_BY_DESCRIPTOR)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? fchdir(0) : 0))
#elif defined(FAULT_CHANGES_LOCALE)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? setlocale(LC_ALL, "") : NULL))
#elif defined(FAULT_CHANGES_THREAD_LOCALE)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? uselocale(LC_GLOBAL_LOCALE) : NULL))
#elif defined(FAULT_REGISTERS_EXIT)
static void fault_at_exit(int status, void *context) {
    (void)status;
    (void)context;
}
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? on_exit(fault_at_exit, NULL) : 0))
#elif defined(FAULT_REGISTERS_FORK)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? pthread_atfork(NULL, NULL, NULL) : 0))
#elif defined(FAULT_PRINTF)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? puts("x") : 0))
#endif

#endif
