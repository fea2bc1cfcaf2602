/* What libyaml finds wrong, in words that say what to do, and the place where a reader would look for it. */
#ifndef DPONE_MANIFEST_YAML_PROBLEM_H
#define DPONE_MANIFEST_YAML_PROBLEM_H

#include <stddef.h>

#include "manifest/source.h"

/* A failure of libyaml's parser. Offsets count bytes and lie within the source. */
struct dpone_yaml_failure {
    const char *problem; /* libyaml's words; NULL: none */
    size_t at;           /* where libyaml noticed it */
    size_t since;        /* where the quote, bracket, key or tag begins that it was reading */
};

/* Adds the problem to `diagnostics`. */
void dpone_yaml_problem_report(const struct dpone_source *source, const struct dpone_yaml_failure *failure,
                               struct dpone_diagnostics *diagnostics);

#endif
