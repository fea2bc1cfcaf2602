/* Entry functions of the commands that the generator itself implements; other layers declare theirs in
 * headers of their own. Each prints its result on standard output, its diagnostics on standard error, and
 * returns an enum dpone_exit. */
#ifndef DPONE_GENERATOR_ENTRY_H
#define DPONE_GENERATOR_ENTRY_H

#include "manifest/arguments.h"

int32_t dpone_connectors_scaffold_command(const struct dpone_arguments *arguments);
int32_t dpone_template_render_command(const struct dpone_arguments *arguments);

#endif
