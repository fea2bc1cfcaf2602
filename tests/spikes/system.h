/* A real system for a spike: started privately, looked into directly, stopped. One file per system. */
#ifndef DPONE_SPIKE_SYSTEM_H
#define DPONE_SPIKE_SYSTEM_H

#include <stddef.h>

#define SYSTEM_TEXT_BYTES 4096

/* Starts the system with its data below `directory` and gives the address that the sink takes. NULL, or the
 * Debian package that is missing. */
const char *system_start(const char *directory, char address[SYSTEM_TEXT_BYTES]);
void system_stop(void);

/* The target's rows as "id|score|name\n", NULL as "NULL", ordered by id; "absent" when there is no target. */
void system_dump(const char *target, char out[SYSTEM_TEXT_BYTES]);

/* Staging areas that exist. */
int system_count_stages(const char *target);

#endif
