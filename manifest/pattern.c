/* Compiling and matching through PCRE2: see pattern.h. */
#include "manifest/pattern.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct dpone_pattern {
    pcre2_code *code;
};

struct dpone_pattern_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

/* Memory of one match that goes back and forth; beyond it counts as too many steps. */
enum { HEAP_KIBIBYTES = 32 * 1024 };

/* Steps of one match: enough for any sane pattern, and over in a few milliseconds. */
enum { STEPS = 100000, STEPS_FOR_EACH_BYTE = 50, STEPS_AT_MOST = 50000000 };

int32_t dpone_pattern_compile(struct dpone_pattern **out, struct dpone_string ecma,
                              struct dpone_error *error) {
    size_t size;
    char *translated = dpone_pattern_translate(ecma, &size, error);
    if (translated == NULL) {
        return error == NULL ? DPONE_INVALID_ARGUMENT : error->status;
    }
    int number;
    PCRE2_SIZE at;
    uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)translated, size, options, &number, &at, NULL);
    free(translated);
    if (code == NULL) {
        char what[200];
        pcre2_get_error_message(number, (PCRE2_UCHAR *)what, sizeof what);
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s", what);
    }
    *out = malloc(sizeof **out);
    if (*out == NULL) {
        pcre2_code_free(code);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "not enough memory for a pattern");
    }
    (*out)->code = code;
    return DPONE_OK;
}

void dpone_pattern_free(struct dpone_pattern *pattern) {
    if (pattern != NULL) {
        pcre2_code_free(pattern->code);
        free(pattern);
    }
}

void dpone_pattern_speed_up(struct dpone_pattern *pattern) {
    /* Without machine code, where the processor has none or memory is short, matching is only slower. */
    (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
}

struct dpone_pattern_scratch *dpone_pattern_scratch_new(void) {
    struct dpone_pattern_scratch *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL) {
        return NULL;
    }
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    if (scratch->data == NULL || scratch->context == NULL) {
        dpone_pattern_scratch_free(scratch);
        return NULL;
    }
    pcre2_set_heap_limit(scratch->context, HEAP_KIBIBYTES);
    return scratch;
}

void dpone_pattern_scratch_free(struct dpone_pattern_scratch *scratch) {
    if (scratch != NULL) {
        pcre2_match_data_free(scratch->data);
        pcre2_match_context_free(scratch->context);
        free(scratch);
    }
}

static uint32_t step_limit(size_t size) {
    return size > STEPS_AT_MOST / STEPS_FOR_EACH_BYTE - STEPS ? (uint32_t)STEPS_AT_MOST
                                                              : STEPS + STEPS_FOR_EACH_BYTE * (uint32_t)size;
}

int dpone_pattern_matches(const struct dpone_pattern *pattern, struct dpone_pattern_scratch *scratch,
                          struct dpone_string text) {
    PCRE2_SPTR subject = (PCRE2_SPTR)(text.size == 0 ? "" : text.data);
    pcre2_set_match_limit(scratch->context, step_limit(text.size));
    int outcome = pcre2_match(pattern->code, subject, text.size, 0, PCRE2_NO_UTF_CHECK, scratch->data,
                              scratch->context);
    if (outcome == PCRE2_ERROR_JIT_STACKLIMIT) { /* the interpreter keeps its state on the heap */
        outcome = pcre2_match(pattern->code, subject, text.size, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                              scratch->data, scratch->context);
    }
    return outcome >= 0 ? 1 : outcome == PCRE2_ERROR_NOMATCH ? 0 : -1;
}
