/* Reading quality.gates of a manifest. */
#include <stdlib.h>
#include <string.h>

#include "runtime/files.h"
#include "runtime/spec_reader.h"

static const char *const severity_names[] = {"error", "warning", NULL};
static const char *const tolerance_names[] = {"absolute", "pct", NULL};

/* `column: a`, or `columns: a`, or `columns: [a, b]`. */
static int32_t read_columns(struct dpone_spec_reader *reader, const struct dpone_place *gate,
                            struct dpone_gate_spec *spec) {
    const char *key = dpone_node_get(gate->node, "column") != NULL ? "column" : "columns";
    return dpone_spec_names(reader, gate, key, &spec->columns, &spec->column_count);
}

static int32_t read_values(struct dpone_spec_reader *reader, const struct dpone_place *gate,
                           struct dpone_gate_spec *spec) {
    const struct dpone_node *list = dpone_node_get(gate->node, "values");
    size_t count = dpone_node_count(list);
    struct dpone_string *values = dpone_arena_take(reader->arena, count + 1, sizeof *values);
    if (values == NULL) {
        return dpone_spec_out_of_memory(reader);
    }
    for (size_t i = 0; i < count; i++) {
        struct dpone_string text = dpone_node_text(dpone_node_at(list, i));
        values[i] = (struct dpone_string){dpone_arena_text(reader->arena, text), text.size};
        if (values[i].data == NULL) {
            return dpone_spec_out_of_memory(reader);
        }
    }
    spec->values = values;
    spec->value_count = count;
    return DPONE_OK;
}

static int32_t read_tolerance(struct dpone_spec_reader *reader, const struct dpone_place *gate,
                              struct dpone_gate_spec *spec) {
    struct dpone_place tolerance = dpone_place_child(gate, "tolerance");
    (void)dpone_node_float64(dpone_node_get(tolerance.node, "value"), &spec->tolerance);
    return dpone_spec_choice(reader, &tolerance, "mode", tolerance_names, &spec->tolerance_mode);
}

/* "90s", "30m", "24h", "7d"; a bare number counts seconds. 0 when it is none of these. */
static int parse_duration(struct dpone_string text, int64_t *out_us) {
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    int64_t number = 0;
    size_t at = 0;
    for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
        number = number * 10 + (text.data[at] - '0');
        if (number > INT64_C(100000000)) {
            return 0;
        }
    }
    if (at == 0 || text.size - at > 1) {
        return 0;
    }
    char unit = at == text.size ? 's' : text.data[at];
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == unit) {
            *out_us = number * units[i].seconds * 1000000;
            return 1;
        }
    }
    return 0;
}

/* `max_age`, or its older spelling, a `threshold` in seconds. */
static int32_t read_max_age(struct dpone_spec_reader *reader, const struct dpone_place *gate,
                            struct dpone_gate_spec *spec) {
    const char *key =
        dpone_node_get(gate->node, "max_age") == NULL && dpone_node_get(gate->node, "threshold") != NULL
            ? "threshold"
            : "max_age";
    struct dpone_place place = dpone_place_child(gate, key);
    if (spec->type != DPONE_GATE_FRESHNESS ||
        parse_duration(dpone_node_text(place.node), &spec->max_age_us)) {
        return DPONE_OK;
    }
    return dpone_place_error(&place, reader->error, "freshness needs a max_age such as 90s, 30m, 24h or 7d");
}

/* Without an id of its own a gate is called after its type and its place in the list: not_null_1. */
static int32_t read_id(struct dpone_spec_reader *reader, const struct dpone_place *gate,
                       struct dpone_gate_spec *specs, size_t index) {
    int32_t status = dpone_spec_text(reader, gate, "id", &specs[index].id);
    if (status == DPONE_OK && specs[index].id == NULL) {
        char *made = dpone_format("%s_%zu", dpone_gate_type_names[specs[index].type], index + 1);
        specs[index].id = made == NULL ? NULL : dpone_arena_text(reader->arena, dpone_string_of(made));
        free(made);
        status = specs[index].id == NULL ? dpone_spec_out_of_memory(reader) : DPONE_OK;
    }
    for (size_t before = 0; status == DPONE_OK && before < index; before++) {
        if (strcmp(specs[before].id, specs[index].id) == 0) {
            struct dpone_place id = dpone_place_child(gate, "id");
            status = dpone_place_error(
                &id, reader->error, "another gate is called \"%s\" too; choose another id", specs[index].id);
        }
    }
    return status;
}

static int32_t read_threshold(struct dpone_spec_reader *reader, const struct dpone_place *gate,
                              struct dpone_gate_spec *spec) {
    return dpone_spec_integer(reader, gate, "threshold", &spec->threshold);
}

/* Gates judge every row that is staged, so these two have one value. */
static int32_t read_scope(struct dpone_spec_reader *reader, const struct dpone_place *gate,
                          struct dpone_gate_spec *spec) {
    static const char *const sides[] = {"target", NULL};
    static const char *const modes[] = {"full", NULL};
    int32_t only = 0;
    (void)spec;
    int32_t status = dpone_spec_choice(reader, gate, "side", sides, &only);
    return status == DPONE_OK ? dpone_spec_choice(reader, gate, "mode", modes, &only) : status;
}

static int32_t read_gate(struct dpone_spec_reader *reader, const struct dpone_place *gate,
                         struct dpone_gate_spec *specs, size_t index) {
    static int32_t (*const parts[])(struct dpone_spec_reader *, const struct dpone_place *,
                                    struct dpone_gate_spec *) = {read_columns, read_values,    read_tolerance,
                                                                 read_max_age, read_threshold, read_scope};
    struct dpone_gate_spec *spec = &specs[index];
    int32_t status = dpone_spec_choice(reader, gate, "type", dpone_gate_type_names, &spec->type);
    if (status == DPONE_OK) {
        status = dpone_spec_choice(reader, gate, "severity", severity_names, &spec->severity);
    }
    for (size_t i = 0; status == DPONE_OK && i < sizeof parts / sizeof parts[0]; i++) {
        status = parts[i](reader, gate, spec);
    }
    return status == DPONE_OK ? read_id(reader, gate, specs, index) : status;
}

int32_t dpone_spec_gates(struct dpone_spec_reader *reader, const struct dpone_place *root,
                         const struct dpone_gate_spec **out, size_t *count) {
    struct dpone_place quality = dpone_place_child(root, "quality");
    struct dpone_place gates = dpone_place_child(&quality, "gates");
    size_t items = dpone_node_count(gates.node);
    struct dpone_gate_spec *specs = dpone_arena_take(reader->arena, items + 1, sizeof *specs);
    int32_t status = specs == NULL ? dpone_spec_out_of_memory(reader) : DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < items; i++) {
        struct dpone_place gate = dpone_place_at(&gates, i);
        status = read_gate(reader, &gate, specs, i);
    }
    *out = specs;
    *count = status == DPONE_OK ? items : 0;
    return status;
}
