/* Binding options to a config struct by a table (dpone/option.h). One function per kind of field reads a
 * value; every refusal is worded in one place: what was found, and what is wanted. */
#include <dpone/option.h>

#include <stdio.h>
#include <string.h>

#include <dpone/value_text.h>

#include "memory.h"

/* Room for "an integer from ... to ..." and for lists of names. */
#define WANTED_BYTES 512
#define FOUND_BYTES 64

static const char *const kind_names[] = {
    [DPONE_OPTION_NULL] = "null",          [DPONE_OPTION_BOOL] = "a boolean",
    [DPONE_OPTION_INTEGER] = "an integer", [DPONE_OPTION_FLOAT] = "a number with a fraction",
    [DPONE_OPTION_STRING] = "a string",    [DPONE_OPTION_LIST] = "a list",
    [DPONE_OPTION_MAP] = "a map",          [DPONE_OPTION_SECRET] = "a secret reference",
};

static const char *bind_kind_name(int32_t kind) {
    size_t count = sizeof(kind_names) / sizeof(kind_names[0]);
    return kind >= 0 && (size_t)kind < count ? kind_names[kind] : "a value of unknown kind";
}

static void *bind_member(void *config, const struct dpone_option_rule *rule) {
    return (char *)config + rule->offset;
}

/* " at 3:5", or nothing when the place is not known. */
static const char *bind_place(char out[FOUND_BYTES], const struct dpone_option *option) {
    out[0] = '\0';
    if (option != NULL && DPONE_HAS(option, struct dpone_option, column) && option->line > 0)
        (void)snprintf(out, FOUND_BYTES, " at %u:%u", (unsigned)option->line, (unsigned)option->column);
    return out;
}

/* "GET, POST, PUT" */
static void bind_join(char out[WANTED_BYTES], const char *first, const char *const *names) {
    size_t size = (size_t)snprintf(out, WANTED_BYTES, "%s", first);
    for (size_t i = 0; names[i] != NULL && size < WANTED_BYTES; i++)
        size += (size_t)snprintf(out + size, WANTED_BYTES - size, "%s%s", i == 0 ? "" : ", ", names[i]);
}

static const char *bind_wanted(char out[WANTED_BYTES], const struct dpone_option_rule *rule) {
    switch (rule->field) {
    case DPONE_FIELD_BOOL:
        return "true or false";
    case DPONE_FIELD_FLOAT:
        return "a number";
    case DPONE_FIELD_SECRET:
        return "a secret reference, {secret: env:NAME} or {secret: file:PATH}";
    case DPONE_FIELD_TREE:
        return "a list or a map";
    case DPONE_FIELD_INTEGER:
        (void)snprintf(out, WANTED_BYTES, "an integer from %lld to %lld", (long long)rule->minimum,
                       (long long)rule->maximum);
        return out;
    case DPONE_FIELD_CHOICE:
        bind_join(out, "one of ", rule->choices);
        return out;
    default:
        if (rule->maximum <= 0)
            return "a string without a NUL byte";
        (void)snprintf(out, WANTED_BYTES, "a string of %lld to %lld bytes without a NUL byte",
                       (long long)rule->minimum, (long long)rule->maximum);
        return out;
    }
}

static int bind_has_nul(struct dpone_string text) {
    return text.size > 0 && memchr(text.data, 0, text.size) != NULL;
}

/* What stands there, without ever quoting what may be a secret. */
static const char *bind_found(char out[FOUND_BYTES], const struct dpone_option_rule *rule,
                              const struct dpone_option *option) {
    if (option->kind == DPONE_OPTION_INTEGER && rule->field == DPONE_FIELD_INTEGER)
        (void)snprintf(out, FOUND_BYTES, "%lld", (long long)option->integer);
    else if (option->kind == DPONE_OPTION_STRING && rule->field == DPONE_FIELD_CHOICE)
        (void)snprintf(out, FOUND_BYTES, "\"%.*s\"", (int)(option->text.size < 40 ? option->text.size : 40),
                       option->text.size == 0 ? "" : option->text.data);
    else if (option->kind == DPONE_OPTION_STRING && rule->field == DPONE_FIELD_STRING)
        (void)snprintf(out, FOUND_BYTES, "a string of %zu bytes%s", option->text.size,
                       bind_has_nul(option->text) ? " with a NUL byte" : "");
    else
        return bind_kind_name(option->kind);
    return out;
}

static int32_t bind_refuse(const struct dpone_option_rule *rule, const struct dpone_option *option,
                           struct dpone_error *error) {
    char place[FOUND_BYTES];
    char found[FOUND_BYTES];
    char wanted[WANTED_BYTES];
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "option \"%s\"%s: found %s, want %s", rule->name,
                           bind_place(place, option), bind_found(found, rule, option),
                           bind_wanted(wanted, rule));
}

static int32_t bind_out_of_memory(const struct dpone_option_rule *rule, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for option \"%s\"", rule->name);
}

static int32_t bind_bool(void *member, const struct dpone_option_rule *rule,
                         const struct dpone_option *option, struct dpone_error *error) {
    if (option->kind != DPONE_OPTION_BOOL)
        return bind_refuse(rule, option, error);
    *(int32_t *)member = option->integer != 0;
    return DPONE_OK;
}

static int32_t bind_integer(void *member, const struct dpone_option_rule *rule,
                            const struct dpone_option *option, struct dpone_error *error) {
    if (option->kind != DPONE_OPTION_INTEGER || option->integer < rule->minimum ||
        option->integer > rule->maximum)
        return bind_refuse(rule, option, error);
    *(int64_t *)member = option->integer;
    return DPONE_OK;
}

static int32_t bind_float(void *member, const struct dpone_option_rule *rule,
                          const struct dpone_option *option, struct dpone_error *error) {
    if (option->kind != DPONE_OPTION_FLOAT && option->kind != DPONE_OPTION_INTEGER)
        return bind_refuse(rule, option, error);
    *(double *)member = option->kind == DPONE_OPTION_FLOAT ? option->real : (double)option->integer;
    return DPONE_OK;
}

/* STRING and SECRET: a terminated copy of the text. */
static int32_t bind_text(void *member, const struct dpone_option_rule *rule,
                         const struct dpone_option *option, struct dpone_error *error) {
    int secret = rule->field == DPONE_FIELD_SECRET;
    struct dpone_string text = option->text;
    if (option->kind != (secret ? DPONE_OPTION_SECRET : DPONE_OPTION_STRING) || bind_has_nul(text))
        return bind_refuse(rule, option, error);
    if (rule->maximum > 0 && ((int64_t)text.size < rule->minimum || (int64_t)text.size > rule->maximum))
        return bind_refuse(rule, option, error);
    char *copy = dpone_memory_copy_text(text.data, text.size);
    if (copy == NULL)
        return bind_out_of_memory(rule, error);
    *(char **)member = copy;
    return DPONE_OK;
}

static int32_t bind_choice(void *member, const struct dpone_option_rule *rule,
                           const struct dpone_option *option, struct dpone_error *error) {
    for (int32_t i = 0; option->kind == DPONE_OPTION_STRING && rule->choices[i] != NULL; i++)
        if (dpone_string_equal(option->text, dpone_string_of(rule->choices[i]))) {
            *(int32_t *)member = i;
            return DPONE_OK;
        }
    return bind_refuse(rule, option, error);
}

static int32_t bind_tree(void *member, const struct dpone_option_rule *rule,
                         const struct dpone_option *option, struct dpone_error *error) {
    if (option->kind != DPONE_OPTION_LIST && option->kind != DPONE_OPTION_MAP)
        return bind_refuse(rule, option, error);
    if (dpone_option_copy((struct dpone_option **)member, option) != DPONE_OK)
        return bind_out_of_memory(rule, error);
    return DPONE_OK;
}

/* How each field is read, and what it occupies in the config struct. */
static const struct field_row {
    int32_t (*read)(void *member, const struct dpone_option_rule *rule, const struct dpone_option *option,
                    struct dpone_error *error);
    size_t bytes;
    int32_t default_kind; /* what the default's text is read as */
} fields[] = {
    [DPONE_FIELD_BOOL] = {bind_bool, sizeof(int32_t), DPONE_OPTION_BOOL},
    [DPONE_FIELD_INTEGER] = {bind_integer, sizeof(int64_t), DPONE_OPTION_INTEGER},
    [DPONE_FIELD_FLOAT] = {bind_float, sizeof(double), DPONE_OPTION_FLOAT},
    [DPONE_FIELD_STRING] = {bind_text, sizeof(char *), DPONE_OPTION_STRING},
    [DPONE_FIELD_CHOICE] = {bind_choice, sizeof(int32_t), DPONE_OPTION_STRING},
    [DPONE_FIELD_SECRET] = {bind_text, sizeof(char *), DPONE_OPTION_SECRET},
    [DPONE_FIELD_TREE] = {bind_tree, sizeof(struct dpone_option *), DPONE_OPTION_NULL},
};

/* Reads the default of a rule through the same function as a given value. */
static int32_t bind_default(void *member, const struct dpone_option_rule *rule, struct dpone_error *error) {
    static const struct dpone_column readers[] = {
        [DPONE_OPTION_BOOL] = {.type = DPONE_TYPE_BOOL},
        [DPONE_OPTION_INTEGER] = {.type = DPONE_TYPE_INT64},
        [DPONE_OPTION_FLOAT] = {.type = DPONE_TYPE_FLOAT64},
    };
    if (rule->default_text == NULL)
        return DPONE_OK;
    struct dpone_option value = {.struct_size = (uint32_t)sizeof(value),
                                 .kind = fields[rule->field].default_kind,
                                 .text = dpone_string_of(rule->default_text)};
    int32_t status = DPONE_OK;
    int32_t truth = 0;
    if (value.kind == DPONE_OPTION_BOOL)
        status = dpone_value_text_read(&truth, &readers[value.kind], value.text, error);
    else if (value.kind == DPONE_OPTION_INTEGER)
        status = dpone_value_text_read(&value.integer, &readers[value.kind], value.text, error);
    else if (value.kind == DPONE_OPTION_FLOAT)
        status = dpone_value_text_read(&value.real, &readers[value.kind], value.text, error);
    if (value.kind == DPONE_OPTION_BOOL)
        value.integer = truth;
    if (status == DPONE_OK)
        status = fields[rule->field].read(member, rule, &value, error);
    if (status == DPONE_INVALID_ARGUMENT)
        status =
            dpone_error_set(error, DPONE_INTERNAL, "option \"%s\": the default \"%s\" is not a valid value",
                            rule->name, rule->default_text);
    return status;
}

static int32_t bind_unknown(const struct dpone_option *option, const struct dpone_option_rule *rules,
                            struct dpone_error *error) {
    char place[FOUND_BYTES];
    char known[WANTED_BYTES] = "none";
    size_t size = 0;
    for (const struct dpone_option_rule *rule = rules; rule->name != NULL && size < sizeof(known); rule++)
        size += (size_t)snprintf(known + size, sizeof(known) - size, "%s%s", rule == rules ? "" : ", ",
                                 rule->name);
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                           "option \"%.*s\"%s is unknown: remove it, or use one of %s",
                           (int)(option->key.size < 64 ? option->key.size : 64),
                           option->key.size == 0 ? "" : option->key.data, bind_place(place, option), known);
}

/* Every given option is known, and given once. */
static int32_t bind_check_keys(const struct dpone_option *options, const struct dpone_option_rule *rules,
                               struct dpone_error *error) {
    for (size_t i = 0; i < options->child_count; i++) {
        const struct dpone_option *option = options->children[i];
        const struct dpone_option_rule *rule = rules;
        while (rule->name != NULL && !dpone_string_equal(option->key, dpone_string_of(rule->name)))
            rule++;
        if (rule->name == NULL)
            return bind_unknown(option, rules, error);
        char place[FOUND_BYTES];
        if (dpone_option_get(options, rule->name) != option)
            return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "option \"%s\"%s is given twice: keep one",
                                   rule->name, bind_place(place, option));
    }
    return DPONE_OK;
}

static int32_t bind_rule(void *config, const struct dpone_option_rule *rule,
                         const struct dpone_option *options, struct dpone_error *error) {
    const struct dpone_option *option = dpone_option_get(options, rule->name);
    char place[FOUND_BYTES];
    if (option != NULL)
        return fields[rule->field].read(bind_member(config, rule), rule, option, error);
    if (rule->required)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "option \"%s\" is missing: add it to the options%s", rule->name,
                               bind_place(place, options));
    return bind_default(bind_member(config, rule), rule, error);
}

int32_t dpone_options_bind(void *config, const struct dpone_option_rule *rules,
                           const struct dpone_option *options, struct dpone_error *error) {
    int32_t status = DPONE_OK;
    char place[FOUND_BYTES];
    for (const struct dpone_option_rule *rule = rules; rule->name != NULL; rule++)
        memset(bind_member(config, rule), 0, fields[rule->field].bytes);
    if (options != NULL && options->kind != DPONE_OPTION_MAP)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the options%s: found %s, want a map",
                               bind_place(place, options), bind_kind_name(options->kind));
    if (options != NULL)
        status = bind_check_keys(options, rules, error);
    for (const struct dpone_option_rule *rule = rules; rule->name != NULL && status == DPONE_OK; rule++)
        status = bind_rule(config, rule, options, error);
    if (status != DPONE_OK)
        dpone_options_clear(config, rules);
    return status;
}

void dpone_options_clear(void *config, const struct dpone_option_rule *rules) {
    for (const struct dpone_option_rule *rule = rules; rule->name != NULL; rule++) {
        void *member = bind_member(config, rule);
        if (rule->field == DPONE_FIELD_STRING || rule->field == DPONE_FIELD_SECRET)
            dpone_memory_free(*(char **)member);
        else if (rule->field == DPONE_FIELD_TREE)
            dpone_option_free(*(struct dpone_option **)member);
        memset(member, 0, fields[rule->field].bytes);
    }
}
