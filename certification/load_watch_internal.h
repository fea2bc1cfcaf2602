/* The three parts of load_watch: the loading process, the calls that are watched, the watching. */
#ifndef DPONE_CERTIFICATION_LOAD_WATCH_INTERNAL_H
#define DPONE_CERTIFICATION_LOAD_WATCH_INTERNAL_H

#include "load_watch.h"

#include <sys/types.h>

struct seccomp_notif;

/* In the loading process: installs the filter, hands its descriptor to `channel` (a socket that keeps
 * messages apart), loads, compares, reports on the channel. `hidden_library` is not found even where this
 * program itself has it loaded. Never returns. Lines of the report:
 * "unwatched\t<why>", "changed\t<property>\t<before>\t<after>", "refused\t<message>", "done". */
_Noreturn void dpone_load_process_run(const char *plugin, const char *hidden_library, int channel);

/* Builds and installs the filter; returns its descriptor, or -1 with errno. write and sendmsg on `channel`
 * pass; so do opens that only read, unless `every_open`. */
int dpone_load_calls_install(int channel, int every_open);

/* What to answer to a call: 0 lets it happen, else the errno to refuse it with. A forbidden call fills
 * `detail` with its arguments. */
int dpone_load_calls_judge(const struct seccomp_notif *call, const char *hidden_library, char *detail,
                           size_t detail_bytes);

#endif
