/* The values that a column may hold, as canonical texts of its type. */
#ifndef DPONE_RUNTIME_VALUE_SET_H
#define DPONE_RUNTIME_VALUE_SET_H

#include <dpone/schema.h>

struct dpone_value_set;

/* Reads every text as a value of the column and keeps its one spelling ("1.50" of a float64 is 1.5).
 * DPONE_INVALID_ARGUMENT names the text that is none. The caller frees `*out`. */
int32_t dpone_value_set_new(struct dpone_value_set **out, const struct dpone_column *column,
                            const struct dpone_string *texts, size_t count, struct dpone_error *error);
void dpone_value_set_free(struct dpone_value_set *set);

/* 1 when the canonical text is one of them. */
int dpone_value_set_has(const struct dpone_value_set *set, struct dpone_string text);

#endif
