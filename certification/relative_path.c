/* The path of one file as seen from a folder. */
#include "relative_path.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the common leading names, the slash behind them included. */
static size_t common_prefix(const char *folder, const char *target) {
    size_t at = 0;
    size_t last = 0;
    while (folder[at] != '\0' && folder[at] == target[at]) {
        at++;
        if (folder[at - 1] == '/') {
            last = at;
        }
    }
    int folder_ends = folder[at] == '\0' && (target[at] == '/' || target[at] == '\0');
    int target_ends = target[at] == '\0' && folder[at] == '/';
    return folder_ends || target_ends ? at : last;
}

static const char *skip_slash(const char *path) {
    return *path == '/' ? path + 1 : path;
}

char *dpone_path_relative(const char *folder, const char *target) {
    size_t common = common_prefix(folder, target);
    const char *down = skip_slash(target + common);
    size_t ups = 0;
    for (const char *name = skip_slash(folder + common); *name != '\0'; ups++) {
        name += strcspn(name, "/");
        name = skip_slash(name);
    }
    char *path = malloc(ups * 3 + strlen(down) + 2);
    if (path == NULL) {
        return NULL;
    }
    char *out = path;
    for (size_t i = 0; i < ups; i++) {
        memcpy(out, "../", 3);
        out += 3;
    }
    memcpy(out, down, strlen(down) + 1);
    if (*down == '\0' && ups > 0) {
        out[-1] = '\0';
    } else if (*path == '\0') {
        memcpy(path, ".", 2);
    }
    return path;
}
