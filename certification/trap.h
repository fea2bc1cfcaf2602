/* Runs a function and survives its bad memory access. For checks that hand a connector a page it must not
 * touch. */
#ifndef DPONE_CERTIFICATION_TRAP_H
#define DPONE_CERTIFICATION_TRAP_H

#include <stddef.h>
#include <stdint.h>

struct dpone_trap {
    int32_t signal; /* 0: the function returned */
    uintptr_t address;
};

/* Calls function(context); SIGSEGV and SIGBUS end it and are described. What it held is lost: use it in a
 * process that ends soon. One at a time, on one thread. Returns 1 when the function returned. */
int dpone_trap_run(struct dpone_trap *out, void (*function)(void *context), void *context);

/* `size` writable bytes that end where a page begins that nobody may touch. NULL when memory is short; never
 * freed. */
void *dpone_trap_guarded(size_t size);

#endif
