/* What a plain scalar means: under the YAML 1.2 core schema, and to a YAML 1.1 reader such as PyYAML, which
 * dpone uses. */
#ifndef DPONE_MANIFEST_YAML_SCALAR_H
#define DPONE_MANIFEST_YAML_SCALAR_H

#include "manifest/tree.h"

/* The kind of a plain scalar under the core schema: null, bool, int, float or string. */
enum dpone_node_kind dpone_yaml_scalar_kind(struct dpone_string text);

enum { DPONE_YAML_READING_BYTES = 160 };

/* How the two versions read a scalar, for a message: "the boolean true", "the string". */
struct dpone_yaml_ambiguity {
    char yaml_1_1[DPONE_YAML_READING_BYTES];
    char yaml_1_2[DPONE_YAML_READING_BYTES];
    char spelling[DPONE_YAML_READING_BYTES + 48]; /* what to write instead: "true or \"yes\"" */
};

/* 1 when the two versions read a plain scalar differently; `kind` is what dpone_yaml_scalar_kind() gives for
 * it. */
int dpone_yaml_scalar_is_ambiguous(struct dpone_string text, enum dpone_node_kind kind);

/* Fills *out for a scalar that is ambiguous. */
void dpone_yaml_scalar_describe(struct dpone_yaml_ambiguity *out, struct dpone_string text);

#endif
