/* Edit distance with swaps of neighbours (optimal string alignment), three rows at a time. */
#include "manifest/suggest.h"

#include <stdio.h>

enum { SUGGEST_WORD_BYTES = 64 };

static size_t smaller(size_t left, size_t right) {
    return left < right ? left : right;
}

/* Both words have at most SUGGEST_WORD_BYTES bytes. */
static size_t edit_distance(struct dpone_string left, struct dpone_string right) {
    size_t rows[3][SUGGEST_WORD_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= right.size; j++) {
        above[j] = j;
    }
    for (size_t i = 1; i <= left.size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= right.size; j++) {
            size_t change = above[j - 1] + (left.data[i - 1] != right.data[j - 1]);
            row[j] = smaller(change, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && left.data[i - 1] == right.data[j - 2] &&
                left.data[i - 2] == right.data[j - 1]) {
                row[j] = smaller(row[j], before[j - 2] + 1);
            }
        }
        size_t *reused = before;
        before = above;
        above = row;
        row = reused;
    }
    return above[right.size];
}

/* 1 when the end of `candidate` is that of `word`, and of the best so far is not: a letter was left out. */
static int ends_better(const struct dpone_suggestion *suggestion, struct dpone_string candidate) {
    struct dpone_string word = suggestion->word;
    struct dpone_string best = suggestion->best;
    return word.size > 0 && candidate.size > 0 &&
           candidate.data[candidate.size - 1] == word.data[word.size - 1] &&
           best.data[best.size - 1] != word.data[word.size - 1];
}

void dpone_suggestion_consider(struct dpone_suggestion *suggestion, struct dpone_string candidate) {
    size_t longer = suggestion->word.size > candidate.size ? suggestion->word.size : candidate.size;
    size_t shorter = suggestion->word.size + candidate.size - longer;
    size_t limit = longer < 3 ? 1 : longer / 3;
    if (longer > SUGGEST_WORD_BYTES || longer - shorter > limit) {
        return;
    }
    size_t distance = edit_distance(suggestion->word, candidate);
    if (distance <= limit && distance < longer &&
        (suggestion->best.size == 0 || distance < suggestion->distance ||
         (distance == suggestion->distance && ends_better(suggestion, candidate)))) {
        suggestion->best = candidate;
        suggestion->distance = distance;
    }
}

const char *dpone_suggestion_text(const struct dpone_suggestion *suggestion, char *out, size_t out_bytes) {
    out[0] = '\0';
    if (suggestion->best.size > 0) {
        (void)snprintf(out, out_bytes, "; did you mean %.*s?", (int)suggestion->best.size,
                       suggestion->best.data);
    }
    return out;
}
