/* The templates of one connector type, as its index.yaml and common's describe them
 * (docs/reference/templates.md). */
#ifndef DPONE_GENERATOR_TEMPLATE_FOLDER_H
#define DPONE_GENERATOR_TEMPLATE_FOLDER_H

#include <dpone/error.h>

#include "generator/package_spec.h"
#include "generator/text.h"
#include "manifest/tree.h"

/* Owned by the caller, starts as {0}, ends with dpone_template_folder_clear(). */
struct dpone_template_folder {
    struct dpone_text type_path;   /* <templates>/<type> */
    struct dpone_text common_path; /* <templates>/common */
    struct dpone_tree *type;       /* its index */
    struct dpone_tree *common;     /* NULL: there is none */
};

/* Adds the folder of templates that belongs to this program: `share/dpone/templates` below a parent of the
 * folder that the program lies in. NOT_FOUND when there is none. */
int32_t dpone_template_folder_locate(struct dpone_text *out, struct dpone_error *error);

/* Opens `type` below the folder `templates` and checks both indexes. INVALID_ARGUMENT when there is no such
 * type (the message lists those there are) or an index is wrong; what reading files answers otherwise. */
int32_t dpone_template_folder_open(struct dpone_template_folder *out, const char *templates, const char *type,
                                   struct dpone_error *error);

/* DPONE_OK when the type offers all that the spec asks for; else INVALID_ARGUMENT naming the first that it
 * does not. */
int32_t dpone_template_folder_offers(const struct dpone_template_folder *folder,
                                     const struct dpone_package_spec *spec, struct dpone_error *error);

/* The sequence of native capabilities in the type's index. */
const struct dpone_node *dpone_template_folder_native(const struct dpone_template_folder *folder);

void dpone_template_folder_clear(struct dpone_template_folder *folder);

#endif
