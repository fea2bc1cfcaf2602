/* What looks like a secret: names of keys, and values that carry credentials wherever they stand. */
#ifndef DPONE_MANIFEST_SECRET_TEXT_H
#define DPONE_MANIFEST_SECRET_TEXT_H

#include <dpone/base.h>

/* 1 for the name of something that must not be written down: password, api_key, accessToken. */
int dpone_is_secret_name(struct dpone_string name);

/* 1 for text that names a secret instead of being one: env:NAME, file:PATH, vault:..., ${NAME}, {{ name }}.
 */
int dpone_is_secret_reference(struct dpone_string text);

/* 1 for text with an address like scheme://user:password@host in it. */
int dpone_holds_address_with_password(struct dpone_string text);

/* What the first key of a well-known service in the text begins with, "AKIA" for example; NULL without one.
 * Static storage. */
const char *dpone_find_known_key(struct dpone_string text);

/* 1 for a line of a document, which need not parse, that must not be shown: credentials, or the key of a
 * secret with anything behind it but a reference. */
int dpone_line_holds_secret(struct dpone_string line);

/* 1 for text with credentials in it, whatever its key: one of the two above, or `password=...`. */
int dpone_holds_credentials(struct dpone_string text);

#endif
