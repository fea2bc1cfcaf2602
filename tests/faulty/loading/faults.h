/* What a plug-in must not do while it is loaded: one action for each FAULT_* macro, in a constructor or in
 * init. */
#ifndef LOADING_FAULTS_H
#define LOADING_FAULTS_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAULT_IN_INIT() ((void)0)
#define FAULT_CONSTRUCTOR __attribute__((constructor)) static void fault_constructor(void)

#if defined(FAULT_CONNECTS)
FAULT_CONSTRUCTOR {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)connect(descriptor < 0 ? 0 : descriptor, (const struct sockaddr *)&address, sizeof(address));
}
#elif defined(FAULT_WRITES)
FAULT_CONSTRUCTOR {
    int descriptor = open("dpone_loading_fault", O_WRONLY | O_CREAT, 0600);
    (void)descriptor;
}
#elif defined(FAULT_UNLINKS)
FAULT_CONSTRUCTOR {
    (void)unlink("dpone_loading_fault");
}
#elif defined(FAULT_RENAMES)
FAULT_CONSTRUCTOR {
    (void)rename("dpone_loading_fault", "dpone_loading_fault_2");
}
#elif defined(FAULT_MAKES_FOLDER)
FAULT_CONSTRUCTOR {
    (void)mkdir("dpone_loading_fault", 0700);
}
#elif defined(FAULT_FORKS)
FAULT_CONSTRUCTOR {
    if (fork() == 0) {
        _exit(0);
    }
}
#elif defined(FAULT_EXECUTES)
FAULT_CONSTRUCTOR {
    char *arguments[] = {"true", "--fault", NULL};
    (void)execv("/bin/true", arguments);
}
#elif defined(FAULT_SYSTEM)
FAULT_CONSTRUCTOR {
    if (system("true") != 0) {
        return;
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
#elif defined(FAULT_PRINTS)
FAULT_CONSTRUCTOR {
    if (write(STDOUT_FILENO, "hello\n", 6) != 6) {
        return;
    }
}
#elif defined(FAULT_PRINTS_BUFFERED)
FAULT_CONSTRUCTOR {
    (void)fputs("hello", stdout);
}
#elif defined(FAULT_SETS_ENVIRONMENT)
FAULT_CONSTRUCTOR {
    (void)setenv("DPONE_LOADING_FAULT", "1", 1);
}
#elif defined(FAULT_INSTALLS_HANDLER)
static void fault_handler(int number) {
    (void)number;
}
FAULT_CONSTRUCTOR {
    (void)signal(SIGUSR1, fault_handler);
}
#elif defined(FAULT_IGNORES_SIGPIPE)
FAULT_CONSTRUCTOR {
    (void)signal(SIGPIPE, SIG_IGN);
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
#elif defined(FAULT_SETS_LOCALE)
FAULT_CONSTRUCTOR {
    (void)setlocale(LC_ALL, "C.UTF-8");
}
#elif defined(FAULT_CHANGES_FOLDER)
FAULT_CONSTRUCTOR {
    if (chdir("/") != 0) {
        return;
    }
}
#elif defined(FAULT_SETS_UMASK)
FAULT_CONSTRUCTOR {
    (void)umask(0);
}
#elif defined(FAULT_LEAKS_DESCRIPTOR)
FAULT_CONSTRUCTOR {
    int descriptor = open("/dev/null", O_RDONLY);
    (void)descriptor;
}
#elif defined(FAULT_SETS_ROUNDING)
FAULT_CONSTRUCTOR {
    (void)fesetround(FE_UPWARD);
}
#elif defined(FAULT_EXITS)
FAULT_CONSTRUCTOR {
    exit(0);
}
#elif defined(FAULT_CRASHES)
FAULT_CONSTRUCTOR {
    (void)raise(SIGSEGV);
}
#elif defined(FAULT_SLEEPS_FOR_EVER)
FAULT_CONSTRUCTOR {
    for (;;) {
        (void)pause();
    }
}
#elif defined(FAULT_KILLS)
FAULT_CONSTRUCTOR {
    (void)kill(getppid(), SIGKILL);
}
#elif defined(FAULT_OPENS_IN_INIT)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)creat("dpone_loading_fault", 0600))
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
#elif defined(FAULT_PRINTF)
#undef FAULT_IN_INIT
#define FAULT_IN_INIT() ((void)(abi_version == 7777 ? puts("x") : 0))
#endif

#endif
