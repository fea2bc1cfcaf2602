/* Values as JSON Schema compares them: 1.0 is 1, the order of keys does not count, true is not 1. */
#ifndef DPONE_MANIFEST_VALUE_H
#define DPONE_MANIFEST_VALUE_H

#include "manifest/tree.h"

int dpone_value_equal(const struct dpone_node *left, const struct dpone_node *right);

/* Equal values have equal hashes. */
uint64_t dpone_value_hash(const struct dpone_node *node);

/* 1 when the node is a number without a fraction, 1.0 and 1e3 included. */
int dpone_value_is_integer(const struct dpone_node *node);

#endif
