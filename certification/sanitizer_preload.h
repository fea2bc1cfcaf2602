/* A plug-in built with a sanitizer of gcc can only be loaded by a process in which the sanitizer's runtime
 * came first. */
#ifndef DPONE_CERTIFICATION_SANITIZER_PRELOAD_H
#define DPONE_CERTIFICATION_SANITIZER_PRELOAD_H

/* When the plug-in needs such a runtime and this process lacks it, starts this program again with the runtime
 * preloaded and does not return. Otherwise, and when that fails, returns. Call it before anything was printed
 * or locked. */
void dpone_sanitizer_preload(const char *plugin);

#endif
