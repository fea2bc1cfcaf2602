/* Loading a connector plug-in by path or by name. */
#ifndef DPONE_RUNTIME_PLUGIN_H
#define DPONE_RUNTIME_PLUGIN_H

#include <dpone/connector.h>

/* The variable that lists folders of connectors, separated by colons. */
#define DPONE_CONNECTOR_PATH_VARIABLE "DPONE_CONNECTOR_PATH"

struct dpone_plugin;

/* Turns what a user typed after --plugin into the path of a file, on the heap (the caller frees it): anything
 * with a slash or ending in `.so` is a path already and must be a regular file; else it is a name, looked for
 * as `dpone_connector_NAME.so`, in a folder NAME too, in the folders of DPONE_CONNECTOR_PATH and then in
 * `lib/dpone/connectors` beside the folder of this program. DPONE_NOT_FOUND names the folders that were
 * searched. */
int32_t dpone_plugin_find(char **out, const char *name_or_path, struct dpone_error *error);

/* Finds and maps a plug-in (RTLD_NOW | RTLD_LOCAL) and asks it for its connector through dpone_call_init().
 * DPONE_NOT_FOUND, DPONE_INVALID_ARGUMENT (no shared object, unresolved symbol, no entry point) or what init
 * answered; the message names the file. The caller frees `*out`. */
int32_t dpone_plugin_open(struct dpone_plugin **out, const char *name_or_path, struct dpone_error *error);

/* Frees the handle. The plug-in stays mapped for the life of the process, and so do its tables and strings.
 */
void dpone_plugin_free(struct dpone_plugin *plugin);

/* Valid until dpone_plugin_free(). */
const struct dpone_connector *dpone_plugin_connector(const struct dpone_plugin *plugin);
const char *dpone_plugin_path(const struct dpone_plugin *plugin);

#endif
