/* URI references (RFC 3986): resolving one against a base, and what a fragment points to. */
#ifndef DPONE_MANIFEST_URI_H
#define DPONE_MANIFEST_URI_H

#include "manifest/arena.h"

/* `reference` resolved against the absolute URI `base`, dot segments removed, in the arena; data NULL without
 * memory. */
struct dpone_string dpone_uri_resolve(struct dpone_arena *arena, struct dpone_string base,
                                      struct dpone_string reference);

/* Splits at the first '#': *document before it, *fragment behind it (empty without one). */
void dpone_uri_split(struct dpone_string uri, struct dpone_string *document, struct dpone_string *fragment);

/* Decodes %XX into the arena; data NULL without memory. A '%' without two digits stays. */
struct dpone_string dpone_uri_decode(struct dpone_arena *arena, struct dpone_string text);

/* file://PATH with everything encoded that a URI path does not hold; data NULL without memory. */
struct dpone_string dpone_uri_of_path(struct dpone_arena *arena, const char *absolute_path);

/* 1 when `text` starts with `prefix`. */
int dpone_string_starts_with(struct dpone_string text, struct dpone_string prefix);

#endif
