/* "Did you mean": the nearest of several known words to one that is not known. */
#ifndef DPONE_MANIFEST_SUGGEST_H
#define DPONE_MANIFEST_SUGGEST_H

#include <dpone/base.h>

/* On the caller's stack; `word` and the candidates are borrowed. Start with {.word = word}. */
struct dpone_suggestion {
    struct dpone_string word;
    struct dpone_string best; /* empty until a candidate was near enough */
    size_t distance;          /* of best */
};

/* Weighs one candidate. It is near enough when at most a third of the longer word's letters (and at least
 * one) must be changed, added, dropped or swapped; of equals the one that ends as the word does, else the
 * first. Words beyond 64 bytes are never near. */
void dpone_suggestion_consider(struct dpone_suggestion *suggestion, struct dpone_string candidate);

/* Writes "; did you mean BEST?" into `out`, or an empty string, and returns `out`: made for the middle of a
 * message. */
const char *dpone_suggestion_text(const struct dpone_suggestion *suggestion, char *out, size_t out_bytes);

#endif
