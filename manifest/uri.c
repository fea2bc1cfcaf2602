/* Reference resolution as in RFC 3986, section 5.2: see uri.h. */
#include "manifest/uri.h"

#include <string.h>

/* The parts of a URI with their delimiters, so that joining them gives it back; absent parts are empty. */
struct uri_parts {
    struct dpone_string scheme;    /* with ':' */
    struct dpone_string authority; /* with "//" */
    struct dpone_string path;
    struct dpone_string query;    /* with '?' */
    struct dpone_string fragment; /* with '#' */
};

static size_t find_any(struct dpone_string text, size_t from, const char *set) {
    while (from < text.size && (text.data[from] == '\0' || strchr(set, text.data[from]) == NULL)) {
        from++;
    }
    return from;
}

static struct dpone_string slice(struct dpone_string text, size_t from, size_t to) {
    return (struct dpone_string){text.data + from, to - from};
}

static int is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static struct uri_parts split_parts(struct dpone_string uri) {
    struct uri_parts parts = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    size_t at = 0;
    size_t colon = find_any(uri, 0, ":/?#");
    if (colon > 0 && colon < uri.size && uri.data[colon] == ':' && is_letter(uri.data[0])) {
        at = colon + 1;
        parts.scheme = slice(uri, 0, at);
    }
    if (uri.size - at >= 2 && uri.data[at] == '/' && uri.data[at + 1] == '/') {
        size_t end = find_any(uri, at + 2, "/?#");
        parts.authority = slice(uri, at, end);
        at = end;
    }
    size_t path = find_any(uri, at, "?#");
    size_t query = find_any(uri, path, "#");
    parts.path = slice(uri, at, path);
    parts.query = slice(uri, path, query);
    parts.fragment = slice(uri, query, uri.size);
    return parts;
}

/* Removes `.` and `..` segments in place and returns the new size. Only paths that begin with '/' have any to
 * remove. */
static size_t remove_dot_segments(char *path, size_t size) {
    size_t out = 0;
    size_t at = 0;
    if (size == 0 || path[0] != '/') {
        return size;
    }
    while (at < size) {
        size_t end = at + 1;
        while (end < size && path[end] != '/') {
            end++;
        }
        int dots = end - at == 2 && path[at + 1] == '.'                          ? 1
                   : end - at == 3 && path[at + 1] == '.' && path[at + 2] == '.' ? 2
                                                                                 : 0;
        if (dots == 2) {
            while (out > 0 && path[--out] != '/') {
            }
        }
        if (dots == 0) {
            memmove(path + out, path + at, end - at);
            out += end - at;
        } else if (end == size) {
            path[out++] = '/';
        }
        at = end;
    }
    return out;
}

/* The folder of the base's path, up to its last '/', which the reference's path follows. */
static struct dpone_string base_folder(const struct uri_parts *base) {
    size_t size = base->path.size;
    while (size > 0 && base->path.data[size - 1] != '/') {
        size--;
    }
    if (size == 0 && base->authority.size > 0) {
        return dpone_string_of("/");
    }
    return slice(base->path, 0, size);
}

static char *append(char *out, struct dpone_string part) {
    if (part.size > 0) {
        memcpy(out, part.data, part.size);
    }
    return out + part.size;
}

struct dpone_string dpone_uri_resolve(struct dpone_arena *arena, struct dpone_string base,
                                      struct dpone_string reference) {
    struct uri_parts from = split_parts(base);
    struct uri_parts to = split_parts(reference);
    struct dpone_string folder = {NULL, 0};
    if (to.scheme.size == 0) {
        to.scheme = from.scheme;
        if (to.authority.size == 0) {
            to.authority = from.authority;
            if (to.path.size == 0) {
                to.path = from.path;
                to.query = to.query.size == 0 ? from.query : to.query;
            } else if (to.path.data[0] != '/') {
                folder = base_folder(&from);
            }
        }
    }
    size_t most =
        to.scheme.size + to.authority.size + folder.size + to.path.size + to.query.size + to.fragment.size;
    char *text = dpone_arena_take(arena, most + 1, 1);
    if (text == NULL) {
        return (struct dpone_string){NULL, 0};
    }
    char *path = append(append(text, to.scheme), to.authority);
    char *end = append(append(path, folder), to.path);
    end = path + remove_dot_segments(path, (size_t)(end - path));
    end = append(append(end, to.query), to.fragment);
    *end = '\0';
    return (struct dpone_string){text, (size_t)(end - text)};
}

void dpone_uri_split(struct dpone_string uri, struct dpone_string *document, struct dpone_string *fragment) {
    size_t hash = find_any(uri, 0, "#");
    *document = slice(uri, 0, hash);
    *fragment = hash < uri.size ? slice(uri, hash + 1, uri.size) : (struct dpone_string){"", 0};
}

static int hex_value(char c) {
    const char *digits = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c);
    return found == NULL ? -1 : (int)(found - digits);
}

struct dpone_string dpone_uri_decode(struct dpone_arena *arena, struct dpone_string text) {
    char *out = dpone_arena_text(arena, text);
    size_t size = 0;
    for (size_t i = 0; out != NULL && i < text.size; i++) {
        int high = text.data[i] == '%' && i + 2 < text.size ? hex_value(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text.data[i + 2]) : -1;
        out[size++] = low >= 0 ? (char)(high * 16 + low) : text.data[i];
        i += low >= 0 ? 2 : 0;
    }
    if (out == NULL) {
        return (struct dpone_string){NULL, 0};
    }
    out[size] = '\0';
    return (struct dpone_string){out, size};
}

static int stands_in_path(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || (c != '\0' && strchr("/-._~!$&'()*+,;=:@", c) != NULL);
}

struct dpone_string dpone_uri_of_path(struct dpone_arena *arena, const char *absolute_path) {
    static const char hex[] = "0123456789ABCDEF";
    static const char scheme[] = "file://";
    char *text = dpone_arena_take(arena, sizeof scheme + 3 * strlen(absolute_path), 1);
    if (text == NULL) {
        return (struct dpone_string){NULL, 0};
    }
    size_t size = sizeof scheme - 1;
    memcpy(text, scheme, size);
    for (const char *at = absolute_path; *at != '\0'; at++) {
        if (stands_in_path(*at)) {
            text[size++] = *at;
        } else {
            text[size++] = '%';
            text[size++] = hex[(unsigned char)*at >> 4];
            text[size++] = hex[*at & 15];
        }
    }
    return (struct dpone_string){text, size};
}

int dpone_string_starts_with(struct dpone_string text, struct dpone_string prefix) {
    return text.size >= prefix.size && (prefix.size == 0 || memcmp(text.data, prefix.data, prefix.size) == 0);
}
