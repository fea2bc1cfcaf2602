/* The forms of a secret, and a search for all of them in every file of a folder. */
#define _GNU_SOURCE /* memmem */
#include "secret_scan.h"

#include "path.h"

#include "runtime/digest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET_BYTES_MINIMUM 8
#define FILE_BYTES_MAXIMUM ((size_t)64 << 20)

struct needle {
    char secret[64];
    const char *form;
    char *text;
};

struct dpone_secret_scan {
    struct needle *needles;
    size_t count;
};

struct dpone_secret_scan *dpone_secret_scan_new(void) {
    return calloc(1, sizeof(struct dpone_secret_scan));
}

void dpone_secret_scan_free(struct dpone_secret_scan *scan) {
    for (size_t i = 0; scan != NULL && i < scan->count; i++) {
        free(scan->needles[i].text);
    }
    if (scan != NULL) {
        free(scan->needles);
    }
    free(scan);
}

/* Takes `text` over. */
static int add_needle(struct dpone_secret_scan *scan, const char *name, const char *form, char *text) {
    struct needle *grown = text == NULL ? NULL : realloc(scan->needles, (scan->count + 1) * sizeof(*grown));
    if (grown == NULL) {
        free(text);
        return 0;
    }
    scan->needles = grown;
    struct needle *needle = &grown[scan->count++];
    (void)snprintf(needle->secret, sizeof(needle->secret), "%s", name);
    needle->form = form;
    needle->text = text;
    return 1;
}

/* ---- Forms ---- */

/* The characters of the base64 text that depend on the value alone when `lead` bytes come before it. */
static char *base64_form(const char *value, size_t lead) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bits = (lead + strlen(value)) * 8;
    size_t first = (lead * 8 + 5) / 6;
    char *out = calloc(bits / 6 + 2, 1);
    size_t used = 0;
    for (size_t digit = first; out != NULL && (digit + 1) * 6 <= bits; digit++) {
        unsigned index = 0;
        for (size_t bit = digit * 6; bit < digit * 6 + 6; bit++) {
            unsigned byte = (unsigned char)value[bit / 8 - lead];
            index = (index << 1) | ((byte >> (7 - bit % 8)) & 1u);
        }
        out[used++] = digits[index];
    }
    return out;
}

static char *hex_form(const char *value, const char *format) {
    char *out = calloc(2 * strlen(value) + 1, 1);
    for (size_t i = 0; out != NULL && value[i] != '\0'; i++) {
        (void)snprintf(out + 2 * i, 3, format, (unsigned char)value[i]);
    }
    return out;
}

static int is_unreserved(unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

static char *url_form(const char *value) {
    char *out = calloc(3 * strlen(value) + 1, 1);
    size_t used = 0;
    for (size_t i = 0; out != NULL && value[i] != '\0'; i++) {
        unsigned char c = (unsigned char)value[i];
        used += (size_t)snprintf(out + used, 4, is_unreserved(c) ? "%c" : "%%%02X", c);
    }
    return out;
}

/* Doubles or escapes the characters of `special`. */
static char *escaped_form(const char *value, const char *special, char escape) {
    char *out = calloc(2 * strlen(value) + 1, 1);
    size_t used = 0;
    for (size_t i = 0; out != NULL && value[i] != '\0'; i++) {
        if (strchr(special, value[i]) != NULL) {
            out[used++] = escape == '\0' ? value[i] : escape;
        }
        out[used++] = value[i];
    }
    return out;
}

int32_t dpone_secret_scan_add(struct dpone_secret_scan *scan, const char *name, const char *value,
                              struct dpone_error *error) {
    if (strlen(value) < SECRET_BYTES_MINIMUM) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "secret %s has fewer than %d bytes", name,
                               SECRET_BYTES_MINIMUM);
    }
    int fits = add_needle(scan, name, "raw", strdup(value)) &&
               add_needle(scan, name, "hex", hex_form(value, "%02x")) &&
               add_needle(scan, name, "hex", hex_form(value, "%02X")) &&
               add_needle(scan, name, "URL", url_form(value)) &&
               add_needle(scan, name, "JSON", escaped_form(value, "\"\\", '\\')) &&
               add_needle(scan, name, "SQL", escaped_form(value, "'", '\0'));
    for (size_t lead = 0; fits && lead < 3; lead++) {
        fits = add_needle(scan, name, "base64", base64_form(value, lead));
    }
    return fits ? DPONE_OK : dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to look for secrets");
}

/* ---- Search ---- */

static int scan_file(const struct dpone_secret_scan *scan, const char *path, struct dpone_secret_hit *hit,
                     struct dpone_error *error) {
    char *data = NULL;
    size_t size = 0;
    if (dpone_path_read(&data, &size, path, FILE_BYTES_MAXIMUM, error) != DPONE_OK) {
        return -1;
    }
    int found = 0;
    for (size_t i = 0; !found && i < scan->count; i++) {
        const struct needle *needle = &scan->needles[i];
        const char *at = memmem(data, size, needle->text, strlen(needle->text));
        if (at != NULL) {
            found = 1;
            (void)snprintf(hit->secret, sizeof(hit->secret), "%s", needle->secret);
            (void)snprintf(hit->form, sizeof(hit->form), "%s", needle->form);
            (void)snprintf(hit->path, sizeof(hit->path), "%s", path);
            hit->offset = (size_t)(at - data);
        }
    }
    free(data);
    return found;
}

static int scan_entry(const struct dpone_secret_scan *scan, const char *path, struct dpone_secret_hit *hit,
                      int64_t *files, struct dpone_error *error) {
    struct stat info = {0};
    if (lstat(path, &info) != 0 && errno != ENOENT) {
        (void)dpone_file_error(error, errno, "look at", path);
        return -1;
    }
    if (S_ISDIR(info.st_mode)) {
        return dpone_secret_scan_directory(scan, path, NULL, hit, files, error);
    }
    if (!S_ISREG(info.st_mode)) {
        return 0;
    }
    *files += 1;
    return scan_file(scan, path, hit, error);
}

int dpone_secret_scan_directory(const struct dpone_secret_scan *scan, const char *directory,
                                const char *except, struct dpone_secret_hit *hit, int64_t *files,
                                struct dpone_error *error) {
    int64_t ignored = 0;
    int found = 0;
    const struct dirent *entry = NULL;
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        (void)dpone_file_error(error, errno, "read", directory);
        return -1;
    }
    while (found == 0 && (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (except != NULL && strcmp(entry->d_name, except) == 0)) {
            continue;
        }
        char *path = dpone_format("%s/%s", directory, entry->d_name);
        found = path == NULL ? -1 : scan_entry(scan, path, hit, files == NULL ? &ignored : files, error);
        free(path);
    }
    (void)closedir(stream);
    return found;
}
