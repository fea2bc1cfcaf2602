/* What the commands of this layer share: plug-ins by the type a manifest names, hosts that log to stderr,
 * failures. */
#ifndef DPONE_RUNTIME_COMMAND_COMMON_H
#define DPONE_RUNTIME_COMMAND_COMMON_H

#include "manifest/arguments.h"

#include "runtime/digest.h"
#include "runtime/pipeline.h"
#include "runtime/plugin.h"
#include "runtime/system_host.h"

/* Prints `dpone COMMAND: message` on stderr and returns the exit status: environment for what may pass
 * without a change by the user (no connection, I/O, memory, time), failed for everything else. */
int32_t dpone_runtime_fail(const struct dpone_arguments *arguments, const struct dpone_error *error);

/* 1 when --format json was given. */
int dpone_runtime_wants_json(const struct dpone_arguments *arguments);

/* A plug-in of the command line with its digest. */
struct dpone_loaded_plugin {
    struct dpone_plugin *plugin;
    char sha256[DPONE_SHA256_TEXT_BYTES];
};

struct dpone_loaded_plugins {
    struct dpone_loaded_plugin *items;
    size_t count;
};

/* Opens every --plugin. The caller clears `out`, also after a failure; until then a plug-in that calls exit()
 * fails the command with one line. */
int32_t dpone_runtime_load_plugins(struct dpone_loaded_plugins *out, const struct dpone_arguments *arguments,
                                   struct dpone_error *error);
void dpone_runtime_clear_plugins(struct dpone_loaded_plugins *plugins);

/* Fills connector, path and digest of the side whose manifest type is `type`: a plug-in of that name, else
 * the reference connector for "reference". DPONE_INVALID_ARGUMENT names the type and the plug-ins given. */
int32_t dpone_runtime_choose(struct dpone_pipeline_side *out, const struct dpone_loaded_plugins *plugins,
                             const char *type, struct dpone_error *error);

/* A host in real time whose log lines of level info and above go to stderr. */
int32_t dpone_runtime_host(struct dpone_system_host **out, struct dpone_error *error);

#endif
