/* The keywords of draft-07 as a table: where subschemas stand in them, and how each becomes a rule. */
#include "manifest/schema_internal.h"
#include "manifest/value.h"

/* What a keyword's value holds besides plain data. */
enum keyword_shape {
    HOLDS_DATA,
    HOLDS_SCHEMA,
    HOLDS_SCHEMA_LIST,
    HOLDS_SCHEMA_OR_LIST,
    HOLDS_SCHEMA_MAP /* values that are no schema are passed over */
};

/* In the order in which rules apply: what is cheap or says most comes first. */
enum keyword {
    TYPE,
    CONST,
    ENUM,
    MULTIPLE_OF,
    MINIMUM,
    EXCLUSIVE_MINIMUM,
    MAXIMUM,
    EXCLUSIVE_MAXIMUM,
    MIN_LENGTH,
    MAX_LENGTH,
    PATTERN,
    FORMAT,
    MIN_ITEMS,
    MAX_ITEMS,
    UNIQUE_ITEMS,
    ITEMS,
    ADDITIONAL_ITEMS,
    CONTAINS,
    REQUIRED,
    MIN_PROPERTIES,
    MAX_PROPERTIES,
    PROPERTIES,
    PATTERN_PROPERTIES,
    ADDITIONAL_PROPERTIES,
    PROPERTY_NAMES,
    DEPENDENCIES,
    ALL_OF,
    ANY_OF,
    ONE_OF,
    NOT,
    IF,
    THEN,
    ELSE,
    DEFINITIONS,
    KEYWORD_COUNT
};

static const struct {
    const char *name;
    enum keyword_shape shape;
} keywords[KEYWORD_COUNT] = {
    [TYPE] = {"type", HOLDS_DATA},
    [CONST] = {"const", HOLDS_DATA},
    [ENUM] = {"enum", HOLDS_DATA},
    [MULTIPLE_OF] = {"multipleOf", HOLDS_DATA},
    [MINIMUM] = {"minimum", HOLDS_DATA},
    [EXCLUSIVE_MINIMUM] = {"exclusiveMinimum", HOLDS_DATA},
    [MAXIMUM] = {"maximum", HOLDS_DATA},
    [EXCLUSIVE_MAXIMUM] = {"exclusiveMaximum", HOLDS_DATA},
    [MIN_LENGTH] = {"minLength", HOLDS_DATA},
    [MAX_LENGTH] = {"maxLength", HOLDS_DATA},
    [PATTERN] = {"pattern", HOLDS_DATA},
    [FORMAT] = {"format", HOLDS_DATA},
    [MIN_ITEMS] = {"minItems", HOLDS_DATA},
    [MAX_ITEMS] = {"maxItems", HOLDS_DATA},
    [UNIQUE_ITEMS] = {"uniqueItems", HOLDS_DATA},
    [ITEMS] = {"items", HOLDS_SCHEMA_OR_LIST},
    [ADDITIONAL_ITEMS] = {"additionalItems", HOLDS_SCHEMA},
    [CONTAINS] = {"contains", HOLDS_SCHEMA},
    [REQUIRED] = {"required", HOLDS_DATA},
    [MIN_PROPERTIES] = {"minProperties", HOLDS_DATA},
    [MAX_PROPERTIES] = {"maxProperties", HOLDS_DATA},
    [PROPERTIES] = {"properties", HOLDS_SCHEMA_MAP},
    [PATTERN_PROPERTIES] = {"patternProperties", HOLDS_SCHEMA_MAP},
    [ADDITIONAL_PROPERTIES] = {"additionalProperties", HOLDS_SCHEMA},
    [PROPERTY_NAMES] = {"propertyNames", HOLDS_SCHEMA},
    [DEPENDENCIES] = {"dependencies", HOLDS_SCHEMA_MAP},
    [ALL_OF] = {"allOf", HOLDS_SCHEMA_LIST},
    [ANY_OF] = {"anyOf", HOLDS_SCHEMA_LIST},
    [ONE_OF] = {"oneOf", HOLDS_SCHEMA_LIST},
    [NOT] = {"not", HOLDS_SCHEMA},
    [IF] = {"if", HOLDS_SCHEMA},
    [THEN] = {"then", HOLDS_SCHEMA},
    [ELSE] = {"else", HOLDS_SCHEMA},
    [DEFINITIONS] = {"definitions", HOLDS_SCHEMA_MAP},
};

int dpone_compile_keyword_ids(struct dpone_compiler *compiler) {
    for (uint32_t i = 0; i < KEYWORD_COUNT; i++) {
        if (dpone_string_map_put(&compiler->keyword_ids, dpone_string_of(keywords[i].name), i, NULL) ==
            NULL) {
            return dpone_compiler_out_of_memory(compiler);
        }
    }
    return 1;
}

static int is_schema(const struct dpone_node *node) {
    return dpone_node_kind(node) == DPONE_NODE_MAPPING || dpone_node_kind(node) == DPONE_NODE_BOOL;
}

static int visit_each(const struct dpone_node *collection, dpone_json_schema_visit visit, void *context) {
    struct dpone_cursor cursor = dpone_cursor_of(collection);
    const struct dpone_node *key = NULL;
    const struct dpone_node *value;
    while (dpone_cursor_next(&cursor, &key, &value)) {
        value = dpone_tape_resolve(value);
        if (is_schema(value) && !visit(context, value)) {
            return 0;
        }
    }
    return 1;
}

int dpone_json_schema_children(const struct dpone_node *schema, dpone_json_schema_visit visit,
                               void *context) {
    for (int i = 0; i < KEYWORD_COUNT; i++) {
        if (keywords[i].shape == HOLDS_DATA) {
            continue;
        }
        const struct dpone_node *value = dpone_node_get(schema, keywords[i].name);
        int is_list = dpone_node_kind(value) == DPONE_NODE_SEQUENCE;
        int holds_many = keywords[i].shape == HOLDS_SCHEMA_MAP || keywords[i].shape == HOLDS_SCHEMA_LIST ||
                         (keywords[i].shape == HOLDS_SCHEMA_OR_LIST && is_list);
        int good = value == NULL ? 1
                   : holds_many  ? visit_each(value, visit, context)
                                 : !is_schema(value) || visit(context, value);
        if (!good) {
            return 0;
        }
    }
    return 1;
}

/* One subschema being compiled: the values of the keywords it has. */
struct draft {
    struct dpone_compiler *compiler;
    struct dpone_json_schema_document *document;
    const struct dpone_node *values[KEYWORD_COUNT];
};

static void *take(struct draft *draft, size_t count, size_t item_bytes) {
    void *taken = dpone_arena_take(&draft->compiler->schema->arena, count, item_bytes);
    if (taken == NULL) {
        dpone_compiler_out_of_memory(draft->compiler);
    }
    return taken;
}

static int make_schema(struct draft *draft, const struct dpone_node *node,
                       const struct dpone_subschema **out) {
    *out = dpone_compiler_subschema(draft->compiler, draft->document, node);
    return *out != NULL;
}

static int make_optional(struct draft *draft, enum keyword keyword, const struct dpone_subschema **out) {
    const struct dpone_node *node = draft->values[keyword];
    *out = NULL;
    return node == NULL || make_schema(draft, node, out);
}

static int make_list(struct draft *draft, const struct dpone_node *node, struct dpone_subschema_list *list) {
    list->count = dpone_node_count(node);
    list->items = take(draft, list->count, sizeof(struct dpone_subschema *));
    if (list->items == NULL) {
        return 0;
    }
    for (size_t i = 0; i < list->count; i++) {
        list->items[i] = dpone_compiler_subschema(draft->compiler, draft->document, dpone_node_at(node, i));
        if (list->items[i] == NULL) {
            return 0;
        }
    }
    return 1;
}

static uint32_t type_bits(struct dpone_string name) {
    static const struct {
        const char *name;
        uint32_t bits;
    } types[] = {{"null", DPONE_KIND_BIT(DPONE_NODE_NULL)},
                 {"boolean", DPONE_KIND_BIT(DPONE_NODE_BOOL)},
                 {"integer", DPONE_KIND_BIT(DPONE_NODE_INT) | DPONE_TYPE_INTEGER},
                 {"number", DPONE_KIND_BIT(DPONE_NODE_INT) | DPONE_KIND_BIT(DPONE_NODE_FLOAT)},
                 {"string", DPONE_KIND_BIT(DPONE_NODE_STRING)},
                 {"array", DPONE_KIND_BIT(DPONE_NODE_SEQUENCE)},
                 {"object", DPONE_KIND_BIT(DPONE_NODE_MAPPING)}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (dpone_string_equal(name, dpone_string_of(types[i].name))) {
            return types[i].bits;
        }
    }
    return 0;
}

static int make_type(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    const struct dpone_node *value = draft->values[keyword];
    rule->as.types = type_bits(dpone_node_text(value));
    for (size_t i = 0; i < dpone_node_count(value); i++) {
        rule->as.types |= type_bits(dpone_node_text(dpone_node_at(value, i)));
    }
    return 1;
}

enum { FEW_VALUES = 8 };

static int hash_values(struct draft *draft, struct dpone_value_set *set) {
    uint32_t slots = 16;
    while (slots / 2 < set->count) {
        slots *= 2;
    }
    set->slots = take(draft, slots, sizeof *set->slots);
    set->mask = slots - 1;
    if (set->slots == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t slot = (uint32_t)dpone_value_hash(set->values[i]) & set->mask;
        while (set->slots[slot] != 0) {
            slot = (slot + 1) & set->mask;
        }
        set->slots[slot] = i + 1;
    }
    return 1;
}

static int make_values(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    const struct dpone_node *value = draft->values[keyword];
    uint32_t numbers = DPONE_KIND_BIT(DPONE_NODE_INT) | DPONE_KIND_BIT(DPONE_NODE_FLOAT);
    struct dpone_value_set *set = take(draft, 1, sizeof *set);
    if (set == NULL) {
        return 0;
    }
    set->count = keyword == CONST ? 1 : (uint32_t)dpone_node_count(value);
    set->values = take(draft, set->count, sizeof(const struct dpone_node *));
    if (set->values == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        set->values[i] = keyword == CONST ? value : dpone_node_at(value, i);
        uint32_t bit = DPONE_KIND_BIT(dpone_node_kind(set->values[i]));
        set->kinds |= bit & numbers ? numbers : bit;
    }
    rule->as.values = set;
    return set->count <= FEW_VALUES || hash_values(draft, set);
}

static int make_bound(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    const struct dpone_node *value = draft->values[keyword];
    struct dpone_bound *bound = take(draft, 1, sizeof *bound);
    if (bound == NULL) {
        return 0;
    }
    dpone_number_read(&bound->number, dpone_node_text(value));
    bound->is_int64 = dpone_node_int64(value, &bound->value);
    if (keyword == MULTIPLE_OF && (bound->number.class != DPONE_NUMBER_FINITE || bound->number.negative ||
                                   bound->number.digit_count == 0)) {
        return dpone_compiler_fail(draft->compiler, value, "multipleOf needs a number above 0");
    }
    if (keyword == MULTIPLE_OF && bound->number.digit_count > DPONE_NUMBER_DIVISOR_DIGITS) {
        return dpone_compiler_fail(draft->compiler, value, "multipleOf has more than %d digits",
                                   DPONE_NUMBER_DIVISOR_DIGITS);
    }
    rule->as.bound = bound;
    return 1;
}

static int make_limit(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    const struct dpone_node *value = draft->values[keyword];
    int64_t whole;
    double number = 0;
    if (dpone_node_int64(value, &whole)) {
        rule->as.limit = (uint64_t)whole;
    } else {
        dpone_node_float64(value, &number);
        rule->as.limit = number < 1e18 ? (uint64_t)number : UINT64_MAX;
    }
    return 1;
}

static int make_pattern(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    const struct dpone_node *value = draft->values[keyword];
    rule->as.pattern = dpone_compiler_pattern(draft->compiler, value, dpone_node_text(value));
    return rule->as.pattern != NULL;
}

/* Leaves the rule out (evaluate NULL) where it would never fail. */
static int make_format(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    rule->as.format = dpone_format_find(dpone_node_text(draft->values[keyword]));
    if (!draft->compiler->options.format_assertion || rule->as.format == NULL) {
        rule->evaluate = NULL;
    }
    return 1;
}

static int make_unique(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    int wanted = 0;
    dpone_node_bool(draft->values[keyword], &wanted);
    rule->evaluate = wanted ? rule->evaluate : NULL;
    return 1;
}

static int make_items(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    const struct dpone_node *value = draft->values[keyword];
    struct dpone_items *items = take(draft, 1, sizeof *items);
    if (items == NULL) {
        return 0;
    }
    rule->as.items = items;
    if (dpone_node_kind(value) != DPONE_NODE_SEQUENCE) {
        return make_schema(draft, value, &items->rest);
    }
    return make_list(draft, value, &items->tuple) && make_optional(draft, ADDITIONAL_ITEMS, &items->rest);
}

static int make_names(struct draft *draft, const struct dpone_node *list, struct dpone_names *names) {
    names->count = dpone_node_count(list);
    names->items = take(draft, names->count, sizeof *names->items);
    for (size_t i = 0; names->items != NULL && i < names->count; i++) {
        names->items[i] = dpone_node_text(dpone_node_at(list, i));
    }
    return names->items != NULL;
}

static int make_required(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    struct dpone_names *names = take(draft, 1, sizeof *names);
    rule->as.names = names;
    return names != NULL && make_names(draft, draft->values[keyword], names);
}

static int make_properties(struct draft *draft, struct dpone_members *members) {
    const struct dpone_node *properties = draft->values[PROPERTIES];
    members->schemas = take(draft, dpone_node_count(properties), sizeof(struct dpone_subschema *));
    struct dpone_cursor cursor = dpone_cursor_of(properties);
    const struct dpone_node *key = NULL;
    const struct dpone_node *value;
    for (uint32_t i = 0; members->schemas != NULL && dpone_cursor_next(&cursor, &key, &value); i++) {
        struct dpone_string name = dpone_node_text(dpone_tape_resolve(key));
        members->schemas[i] =
            dpone_compiler_subschema(draft->compiler, draft->document, dpone_tape_resolve(value));
        if (members->schemas[i] == NULL) {
            return 0;
        }
        if (dpone_string_map_put(&members->names, name, i, NULL) == NULL) {
            return dpone_compiler_out_of_memory(draft->compiler);
        }
    }
    return members->schemas != NULL;
}

static int make_pattern_properties(struct draft *draft, struct dpone_members *members) {
    const struct dpone_node *patterns = draft->values[PATTERN_PROPERTIES];
    members->pattern_count = dpone_node_count(patterns);
    members->patterns = take(draft, members->pattern_count, sizeof *members->patterns);
    for (size_t i = 0; members->patterns != NULL && i < members->pattern_count; i++) {
        const struct dpone_node *key = dpone_node_key_at(patterns, i);
        struct dpone_pattern_member *member = &members->patterns[i];
        member->pattern = dpone_compiler_pattern(draft->compiler, key, dpone_node_text(key));
        if (member->pattern == NULL || !make_schema(draft, dpone_node_at(patterns, i), &member->schema)) {
            return 0;
        }
    }
    return members->patterns != NULL;
}

/* One rule for properties, patternProperties and additionalProperties; `keyword` is the first that is there.
 */
static int make_members(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    (void)keyword;
    struct dpone_members *members = take(draft, 1, sizeof *members);
    if (members == NULL) {
        return 0;
    }
    rule->as.members = members;
    members->next = draft->compiler->schema->members;
    draft->compiler->schema->members = members;
    int allowed = 1;
    dpone_node_bool(draft->values[ADDITIONAL_PROPERTIES], &allowed);
    members->rest_is_false = !allowed;
    members->refuse_typos = draft->compiler->options.refuse_typos && draft->values[PROPERTIES] != NULL &&
                            draft->values[TYPE] != NULL; /* a whole object, not a part of a condition */
    return (draft->values[PROPERTIES] == NULL || make_properties(draft, members)) &&
           (draft->values[PATTERN_PROPERTIES] == NULL || make_pattern_properties(draft, members)) &&
           make_optional(draft, ADDITIONAL_PROPERTIES, &members->rest);
}

static int make_one_schema(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    return make_schema(draft, draft->values[keyword], &rule->as.schema);
}

static int make_schema_list(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    struct dpone_subschema_list *list = take(draft, 1, sizeof *list);
    rule->as.list = list;
    return list != NULL && make_list(draft, draft->values[keyword], list);
}

static int make_dependencies(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    const struct dpone_node *value = draft->values[keyword];
    struct dpone_dependencies *dependencies = take(draft, 1, sizeof *dependencies);
    rule->as.dependencies = dependencies;
    if (dependencies == NULL) {
        return 0;
    }
    dependencies->count = dpone_node_count(value);
    dependencies->items = take(draft, dependencies->count, sizeof *dependencies->items);
    for (size_t i = 0; dependencies->items != NULL && i < dependencies->count; i++) {
        struct dpone_dependency *dependency = &dependencies->items[i];
        const struct dpone_node *needs = dpone_node_at(value, i);
        dependency->name = dpone_node_text(dpone_node_key_at(value, i));
        int is_list = dpone_node_kind(needs) == DPONE_NODE_SEQUENCE;
        if (is_list ? !make_names(draft, needs, &dependency->names)
                    : !make_schema(draft, needs, &dependency->schema)) {
            return 0;
        }
    }
    return dependencies->items != NULL;
}

static int make_if(struct draft *draft, enum keyword keyword, struct dpone_rule *rule) {
    struct dpone_condition *condition = take(draft, 1, sizeof *condition);
    rule->as.condition = condition;
    if (draft->values[THEN] == NULL && draft->values[ELSE] == NULL) {
        rule->evaluate = NULL;
        return 1;
    }
    return condition != NULL && make_schema(draft, draft->values[keyword], &condition->test) &&
           make_optional(draft, THEN, &condition->then) && make_optional(draft, ELSE, &condition->otherwise);
}

enum {
    ANY_KIND = 0xFF,
    NUMBERS = 1 << DPONE_NODE_INT | 1 << DPONE_NODE_FLOAT,
    STRINGS = 1 << DPONE_NODE_STRING,
    SEQUENCES = 1 << DPONE_NODE_SEQUENCE,
    MAPPINGS = 1 << DPONE_NODE_MAPPING
};

/* The rules that keywords make. A keyword without a row is read by the row of another. */
static const struct {
    enum keyword keyword;
    uint32_t kinds;
    int32_t stops;
    int (*make)(struct draft *draft, enum keyword keyword, struct dpone_rule *rule);
    dpone_rule_evaluate evaluate;
} makers[] = {
    {TYPE, ANY_KIND, 1, make_type, dpone_rule_type},
    {CONST, ANY_KIND, 1, make_values, dpone_rule_values},
    {ENUM, ANY_KIND, 1, make_values, dpone_rule_values},
    {MULTIPLE_OF, NUMBERS, 0, make_bound, dpone_rule_multiple_of},
    {MINIMUM, NUMBERS, 0, make_bound, dpone_rule_minimum},
    {EXCLUSIVE_MINIMUM, NUMBERS, 0, make_bound, dpone_rule_exclusive_minimum},
    {MAXIMUM, NUMBERS, 0, make_bound, dpone_rule_maximum},
    {EXCLUSIVE_MAXIMUM, NUMBERS, 0, make_bound, dpone_rule_exclusive_maximum},
    {MIN_LENGTH, STRINGS, 0, make_limit, dpone_rule_min_length},
    {MAX_LENGTH, STRINGS, 0, make_limit, dpone_rule_max_length},
    {PATTERN, STRINGS, 0, make_pattern, dpone_rule_pattern},
    {FORMAT, STRINGS, 0, make_format, dpone_rule_format},
    {MIN_ITEMS, SEQUENCES, 0, make_limit, dpone_rule_min_count},
    {MAX_ITEMS, SEQUENCES, 0, make_limit, dpone_rule_max_count},
    {UNIQUE_ITEMS, SEQUENCES, 0, make_unique, dpone_rule_unique_items},
    {ITEMS, SEQUENCES, 0, make_items, dpone_rule_items},
    {CONTAINS, SEQUENCES, 0, make_one_schema, dpone_rule_contains},
    {REQUIRED, MAPPINGS, 0, make_required, dpone_rule_required},
    {MIN_PROPERTIES, MAPPINGS, 0, make_limit, dpone_rule_min_count},
    {MAX_PROPERTIES, MAPPINGS, 0, make_limit, dpone_rule_max_count},
    {PROPERTIES, MAPPINGS, 0, make_members, dpone_rule_members},
    {PATTERN_PROPERTIES, MAPPINGS, 0, make_members, dpone_rule_members},
    {ADDITIONAL_PROPERTIES, MAPPINGS, 0, make_members, dpone_rule_members},
    {PROPERTY_NAMES, MAPPINGS, 0, make_one_schema, dpone_rule_property_names},
    {DEPENDENCIES, MAPPINGS, 0, make_dependencies, dpone_rule_dependencies},
    {ALL_OF, ANY_KIND, 0, make_schema_list, dpone_rule_all_of},
    {ANY_OF, ANY_KIND, 0, make_schema_list, dpone_rule_any_of},
    {ONE_OF, ANY_KIND, 0, make_schema_list, dpone_rule_one_of},
    {NOT, ANY_KIND, 0, make_one_schema, dpone_rule_not},
    {IF, ANY_KIND, 0, make_if, dpone_rule_if},
};

static void read_values(struct draft *draft, const struct dpone_node *schema) {
    struct dpone_cursor cursor = dpone_cursor_of(schema);
    const struct dpone_node *key = NULL;
    const struct dpone_node *value;
    while (dpone_cursor_next(&cursor, &key, &value)) {
        const uint32_t *id =
            dpone_string_map_find(&draft->compiler->keyword_ids, dpone_node_text(dpone_tape_resolve(key)));
        if (id != NULL) {
            draft->values[*id] = dpone_tape_resolve(value);
        }
    }
}

/* Makes the rules of `draft` into `rules` and counts them; 0 after a problem. */
static int make_rules(struct draft *draft, const struct dpone_subschema *subschema, struct dpone_rule *rules,
                      uint32_t *count) {
    int has_members = 0;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        int is_member = makers[i].evaluate == dpone_rule_members;
        if (draft->values[makers[i].keyword] == NULL || (is_member && has_members)) {
            continue;
        }
        has_members |= is_member;
        struct dpone_rule *rule = &rules[*count];
        *rule = (struct dpone_rule){.evaluate = makers[i].evaluate,
                                    .keyword = keywords[makers[i].keyword].name,
                                    .kinds = makers[i].kinds,
                                    .stops = makers[i].stops,
                                    .owner = subschema};
        if (!makers[i].make(draft, makers[i].keyword, rule)) {
            return 0;
        }
        *count += rule->evaluate != NULL;
    }
    return 1;
}

static int compile_false(struct dpone_compiler *compiler, struct dpone_subschema *subschema) {
    struct dpone_rule *rule = dpone_arena_take(&compiler->schema->arena, 1, sizeof *rule);
    if (rule == NULL) {
        return dpone_compiler_out_of_memory(compiler);
    }
    *rule = (struct dpone_rule){
        .evaluate = dpone_rule_false, .keyword = "false", .kinds = ANY_KIND, .owner = subschema};
    subschema->rules = rule;
    subschema->rule_count = 1;
    return 1;
}

int dpone_compile_rules(struct dpone_compiler *compiler, struct dpone_json_schema_document *document,
                        struct dpone_subschema *subschema) {
    int allowed = 1;
    if (dpone_node_bool(subschema->node, &allowed) && !allowed) {
        return compile_false(compiler, subschema);
    }
    struct draft draft = {.compiler = compiler, .document = document};
    struct dpone_rule made[KEYWORD_COUNT];
    uint32_t count = 0;
    read_values(&draft, subschema->node);
    if (!make_rules(&draft, subschema, made, &count)) {
        return 0;
    }
    struct dpone_rule *rules = dpone_arena_take(&compiler->schema->arena, count, sizeof *rules);
    if (rules == NULL) {
        return dpone_compiler_out_of_memory(compiler);
    }
    for (uint32_t i = 0; i < count; i++) {
        rules[i] = made[i];
    }
    subschema->rules = rules;
    subschema->rule_count = count;
    return 1;
}
