/* Time that sleeping skips: the real clocks plus every sleep that was asked for, which is recorded instead of
 * waited.
 */
#ifndef DPONE_RUNTIME_VIRTUAL_TIME_H
#define DPONE_RUNTIME_VIRTUAL_TIME_H

#include "runtime/system_host.h"

struct dpone_virtual_time;

/* NULL when memory is short. */
struct dpone_virtual_time *dpone_virtual_time_new(void);
void dpone_virtual_time_free(struct dpone_virtual_time *time);

/* For dpone_system_host_options.time; several hosts may share it. Valid until freed. */
const struct dpone_host_time *dpone_virtual_time_functions(const struct dpone_virtual_time *time);

/* Lets so much time pass, unrecorded: a lease expires, say. */
void dpone_virtual_time_skip(struct dpone_virtual_time *time, int64_t duration_ms);

/* How many sleeps there were, the length of one of them (-1 past the last), and their sum. */
size_t dpone_virtual_time_sleep_count(struct dpone_virtual_time *time);
int64_t dpone_virtual_time_sleep_ms(struct dpone_virtual_time *time, size_t index);
int64_t dpone_virtual_time_slept_ms(struct dpone_virtual_time *time);

#endif
