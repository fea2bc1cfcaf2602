/* The catalogue as an array, and the words of check.h. */
#include "catalogue.h"

#include "catalogue_rows.h"

#include <string.h>

#define ROW_ADDRESS(name) &dpone_check_##name,

static const struct dpone_check *const catalogue[] = {DPONE_CATALOGUE_ROWS(ROW_ADDRESS)};

const struct dpone_check *const *dpone_catalogue(size_t *count) {
    *count = sizeof(catalogue) / sizeof(catalogue[0]);
    return catalogue;
}

const struct dpone_check *dpone_catalogue_find(const char *id) {
    for (size_t i = 0; i < sizeof(catalogue) / sizeof(catalogue[0]); i++) {
        if (strcmp(catalogue[i]->id, id) == 0) {
            return catalogue[i];
        }
    }
    return NULL;
}

/* A word and its number; tables of these end with a NULL name. */
struct word {
    const char *name;
    int32_t value;
};

static const struct word capability_words[] = {{"source", DPONE_CAPABILITY_SOURCE},
                                               {"sink", DPONE_CAPABILITY_SINK},
                                               {"state", DPONE_CAPABILITY_STATE},
                                               {"native_transfer", DPONE_CAPABILITY_NATIVE_TRANSFER},
                                               {NULL, 0}};
static const struct word verdict_words[] = {{"passed", DPONE_VERDICT_PASSED},
                                            {"skipped", DPONE_VERDICT_SKIPPED},
                                            {"unverified", DPONE_VERDICT_UNVERIFIED},
                                            {"failed", DPONE_VERDICT_FAILED},
                                            {NULL, -1}};
static const struct word profile_words[] = {{"static", DPONE_PROFILE_STATIC},
                                            {"local", DPONE_PROFILE_LOCAL},
                                            {"local_live", DPONE_PROFILE_LOCAL_LIVE},
                                            {"vendor_live", DPONE_PROFILE_VENDOR_LIVE},
                                            {NULL, -1}};
static const struct word group_words[] = {{"package", DPONE_GROUP_PACKAGE},
                                          {"loading", DPONE_GROUP_LOADING},
                                          {"source", DPONE_GROUP_SOURCE},
                                          {"sink", DPONE_GROUP_SINK},
                                          {"state", DPONE_GROUP_STATE},
                                          {"evidence", DPONE_GROUP_EVIDENCE},
                                          {NULL, -1}};

/* The value of the last row stands for every word that is none. */
static int32_t value_of(const struct word *words, const char *name) {
    while (words->name != NULL && strcmp(words->name, name) != 0) {
        words++;
    }
    return words->value;
}

static const char *name_of(const struct word *words, int32_t value) {
    while (words->name != NULL && words->value != value) {
        words++;
    }
    return words->name == NULL ? "unknown" : words->name;
}

uint32_t dpone_capability_parse(const char *name) {
    return (uint32_t)value_of(capability_words, name);
}

const char *dpone_capability_name(uint32_t capability) {
    return name_of(capability_words, (int32_t)capability);
}

int32_t dpone_verdict_parse(const char *name) {
    return value_of(verdict_words, name);
}

const char *dpone_verdict_name(int32_t verdict) {
    return name_of(verdict_words, verdict);
}

int32_t dpone_profile_parse(const char *name) {
    return value_of(profile_words, name);
}

const char *dpone_profile_name(int32_t profile) {
    return name_of(profile_words, profile);
}

const char *dpone_check_group_name(int32_t group) {
    return name_of(group_words, group);
}
