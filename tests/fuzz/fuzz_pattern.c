/* Pattern and text from one input, separated by the first NUL. What compiles must match without running away,
 * and the same with and without machine code. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <dpone/validate.h>

#include "manifest/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *separator = size == 0 ? NULL : memchr(data, '\0', size);
    struct dpone_pattern *pattern = NULL;
    if (separator == NULL || dpone_utf8_valid_prefix(data, size) != size) {
        return 0;
    }
    struct dpone_string source = {(const char *)data, (size_t)(separator - data)};
    struct dpone_string text = {(const char *)separator + 1, size - source.size - 1};
    if (dpone_pattern_compile(&pattern, source, NULL) == DPONE_OK) {
        struct dpone_pattern_scratch *scratch = dpone_pattern_scratch_new();
        int slow = dpone_pattern_matches(pattern, scratch, text);
        dpone_pattern_speed_up(pattern);
        int fast = dpone_pattern_matches(pattern, scratch, text);
        if (slow >= 0 && fast >= 0 && slow != fast) {
            abort();
        }
        dpone_pattern_scratch_free(scratch);
        dpone_pattern_free(pattern);
    }
    return 0;
}
