/* package_layout: the files a package must have, and that everything which names it says the same. */
#include "../check.h"

#include "../catalogue.h"
#include "../path.h"
#include "../probe.h"
#include "../sealed.h"
#include "../subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAXIMUM ((size_t)4 << 20)

/* A file that a package needs; `%1$s` in C has no place here, so the names are put in by kind. */
struct layout_file {
    const char *path;      /* {package}: the import package, {name}: the connector */
    uint32_t capabilities; /* 0: always */
};

static const struct layout_file layout_files[] = {
    {"CMakeLists.txt", 0},
    {"CMakePresets.json", 0},
    {"README.md", 0},
    {DPONE_PACKAGE_MANIFEST, 0},
    {"src/{package}/connector.c", 0},
    {"src/{package}/connector.h", 0},
    {"src/{package}/client.c", 0},
    {"src/{package}/client.h", 0},
    {"src/{package}/source.c", DPONE_CAPABILITY_SOURCE},
    {"src/{package}/sink.c", DPONE_CAPABILITY_SINK},
    {"src/{package}/state.c", DPONE_CAPABILITY_STATE},
    {"schemas/options.schema.json", 0},
    {"docs/{name}.md", 0},
    {"tests/test_{name}_contract.c", 0},
    {DPONE_PACKAGE_CONTRACT, 0},
    {"certification/run_certification.cmake", 0},
    {".github/workflows/certification.yml", 0},
};

static const char *const inputs[] = {
    "CMakeLists.txt", "CMakePresets.json", "README.md", DPONE_PACKAGE_MANIFEST,
    "src/",           "schemas/",          "docs/",     "tests/",
    "examples/",      "certification/",    ".github/",  NULL};

/* The path with its names put in, on the heap. */
static char *expand_path(const char *path, const struct dpone_package *package) {
    const char *open = strchr(path, '{');
    if (open == NULL) {
        return strdup(path);
    }
    const char *close = strchr(open, '}');
    const char *name = strncmp(open, "{package}", 9) == 0 ? package->import_package : package->connector;
    return dpone_format("%.*s%s%s", (int)(open - path), path, name, close + 1);
}

static void check_files(struct dpone_check_run *run, void *context) {
    const struct dpone_package *package = run->subject->package;
    (void)context;
    for (size_t i = 0; i < sizeof(layout_files) / sizeof(layout_files[0]); i++) {
        const struct layout_file *file = &layout_files[i];
        if (file->capabilities != 0 && (file->capabilities & package->capabilities) == 0) {
            continue;
        }
        struct dpone_error error = DPONE_ERROR_INIT;
        char *relative = expand_path(file->path, package);
        char *path = relative == NULL ? NULL : dpone_package_path(package, relative);
        char *text = NULL;
        size_t size = 0;
        int32_t status = path == NULL ? dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory")
                                      : dpone_path_read(&text, &size, path, TEXT_BYTES_MAXIMUM, &error);
        dpone_expect(run, status == DPONE_OK && size > 0, relative == NULL ? file->path : relative,
                     "a file with content", "%s", status != DPONE_OK ? error.message : "the file is empty");
        free(text);
        free(path);
        free(relative);
    }
}

/* ---- What the two contract files say ---- */

static void expect_no_problems(struct dpone_check_run *run, const struct dpone_diagnostics *diagnostics,
                               const char *file) {
    char where[256];
    dpone_expect(run, diagnostics->errors == 0 || diagnostics->count > 0, file, "no error", "%zu errors",
                 diagnostics->errors);
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct dpone_diagnostic *item = &diagnostics->items[i];
        if (item->start.line == 0) {
            (void)snprintf(where, sizeof(where), "%s", file);
        } else {
            (void)snprintf(where, sizeof(where), "%s:%u:%u", file, item->start.line, item->start.column);
        }
        dpone_expect(run, item->severity != DPONE_SEVERITY_ERROR, where, "no error", "%s", item->message);
    }
}

static int has_place(const struct dpone_diagnostics *diagnostics) {
    return diagnostics->count > 0 && diagnostics->items[0].start.line > 0;
}

static const char *contract_remedy(const struct dpone_package *package) {
    return has_place(&package->manifest_problems) || has_place(&package->contract_problems)
               ? "Correct the file in the line that is named, as its message says."
               : "Restore the file, or generate a package of the same name elsewhere and copy it.";
}

static void check_contract(struct dpone_check_run *run, void *context) {
    (void)context;
    dpone_case_remedy(run, "%s", contract_remedy(run->subject->package));
    expect_no_problems(run, &run->subject->package->manifest_problems, DPONE_PACKAGE_MANIFEST);
    expect_no_problems(run, &run->subject->package->contract_problems, DPONE_PACKAGE_CONTRACT);
}

static void words_of(uint32_t capabilities, char out[64]) {
    out[0] = '\0';
    for (uint32_t bit = DPONE_CAPABILITY_SOURCE; bit <= DPONE_CAPABILITY_STATE; bit <<= 1) {
        if (capabilities & bit) {
            size_t used = strlen(out);
            (void)snprintf(out + used, 64 - used, "%s%s", used > 0 ? " " : "", dpone_capability_name(bit));
        }
    }
}

static void expect_string(struct dpone_check_run *run, const char *where, const char *expected,
                          struct dpone_string observed) {
    dpone_expect(run, dpone_string_equal(observed, dpone_string_of(expected)), where, expected, "%.*s",
                 (int)observed.size, observed.size == 0 ? "" : observed.data);
}

static void check_agreement(struct dpone_check_run *run, void *context) {
    const struct dpone_package *package = run->subject->package;
    char declared[64];
    char promised[64];
    (void)context;
    dpone_case_remedy(run, "Write the same name, type and capabilities into " DPONE_PACKAGE_MANIFEST
                           " and " DPONE_PACKAGE_CONTRACT ".");
    if (package->contract == NULL) {
        dpone_case_remedy(run, "Correct " DPONE_PACKAGE_CONTRACT " as the case contract says.");
        dpone_expect(run, 0, DPONE_PACKAGE_CONTRACT, "a readable contract", "none");
        return;
    }
    expect_string(run, DPONE_PACKAGE_CONTRACT ", connector", package->connector,
                  package->contract->connector);
    expect_string(run, DPONE_PACKAGE_CONTRACT ", connector_type", package->connector_type,
                  package->contract->connector_type);
    words_of(package->capabilities, declared);
    words_of(dpone_contract_capabilities(package->contract), promised);
    dpone_expect_text(run, DPONE_PACKAGE_CONTRACT ", capabilities", declared, promised);
    for (size_t i = 0; i < package->native_capabilities.count; i++) {
        const char *name = package->native_capabilities.items[i];
        dpone_expect(run, dpone_node_get(package->contract->native_capabilities, name) != NULL,
                     DPONE_PACKAGE_CONTRACT ", native_transfer.capabilities", name, "it is not listed");
    }
}

/* ---- CMakeLists.txt ---- */

static int is_word_byte(char byte) {
    return byte != '\0' && strchr(" \t\r\n()\"#;", byte) == NULL;
}

/* The word after the first `word` that stands alone in the arguments at `text`; "" when there is none. */
static void argument_after(const char *text, const char *word, char out[128]) {
    size_t size = strlen(word);
    const char *end = strchr(text, ')');
    out[0] = '\0';
    for (const char *at = strstr(text, word); at != NULL && (end == NULL || at < end);
         at = strstr(at + 1, word)) {
        if (is_word_byte(at[-1]) || is_word_byte(at[size])) {
            continue;
        }
        const char *value = at + size;
        value += strspn(value, " \t\r\n\"");
        size_t length = 0;
        while (is_word_byte(value[length]) && length < 127) {
            out[length] = value[length];
            length++;
        }
        out[length] = '\0';
        return;
    }
}

/* The arguments of the call dpone_connector_library(<name> ...), or NULL. */
static const char *library_call(const char *text, char name[128]) {
    const char *call = strstr(text, "dpone_connector_library");
    const char *open = call == NULL ? NULL : strchr(call, '(');
    if (open == NULL) {
        return NULL;
    }
    const char *word = open + 1 + strspn(open + 1, " \t\r\n\"");
    size_t length = 0;
    while (is_word_byte(word[length]) && length < 127) {
        name[length] = word[length];
        length++;
    }
    name[length] = '\0';
    return word + length;
}

/* The version that CMakeLists.txt gives the plug-in: VERSION of dpone_connector_library(), or of project()
 * when that is a variable. */
static void read_cmake(const struct dpone_package *package, char name[128], char version[128]) {
    char *path = dpone_package_path(package, "CMakeLists.txt");
    char *text = NULL;
    size_t size = 0;
    name[0] = '\0';
    version[0] = '\0';
    if (path != NULL && dpone_path_read(&text, &size, path, TEXT_BYTES_MAXIMUM, NULL) == DPONE_OK) {
        const char *arguments = library_call(text, name);
        if (arguments != NULL) {
            argument_after(arguments, "VERSION", version);
        }
        const char *project = strstr(text, "project(");
        if (version[0] == '$' && project != NULL) {
            argument_after(project, "VERSION", version);
        }
    }
    free(text);
    free(path);
}

static void check_cmake(struct dpone_check_run *run, void *context) {
    const struct dpone_package *package = run->subject->package;
    char name[128];
    char version[128];
    (void)context;
    dpone_case_remedy(run,
                      "Call dpone_connector_library(%s VERSION x.y.z ...) in CMakeLists.txt with the version "
                      "that " DPONE_PACKAGE_MANIFEST " names.",
                      package->connector);
    read_cmake(package, name, version);
    dpone_expect_text(run, "CMakeLists.txt, dpone_connector_library()", package->connector, name);
    dpone_expect(run, version[0] != '\0', "CMakeLists.txt, dpone_connector_library(), VERSION", "a version",
                 "none");
    if (package->version[0] != '\0') {
        dpone_expect_text(run, "CMakeLists.txt, dpone_connector_library(), VERSION", package->version,
                          version);
    }
}

/* ---- The binary ---- */

static void check_binary(struct dpone_check_run *run, void *context) {
    const struct dpone_package *package = run->subject->package;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_offer offer = {0};
    json_t *facts = NULL;
    char name[128];
    char version[128];
    char declared[64];
    char offered[64];
    (void)context;
    dpone_case_remedy(run, "Let connector.c name the package as its files do, and build it again.");
    int32_t status = dpone_probe_plugin(&facts, &offer, run->subject->plugin, &error);
    if (!dpone_expect_status(run, "loading the plug-in", DPONE_OK, status, &error)) {
        return;
    }
    read_cmake(package, name, version);
    words_of(package->capabilities, declared);
    words_of(offer.capabilities, offered);
    dpone_expect_text(run, "binary, name", package->connector, dpone_json_text(facts, "name"));
    dpone_expect_text(run, "binary, connector_type", package->connector_type,
                      dpone_json_text(facts, "connector_type"));
    dpone_expect_text(run, "binary, version", version, dpone_json_text(facts, "version"));
    dpone_expect_text(run, "binary, capabilities", declared, offered);
    json_decref(facts);
}

static void check_package_layout(struct dpone_check_run *run) {
    dpone_case_run(run, "files", check_files, NULL);
    dpone_case_run(run, "contract", check_contract, NULL);
    dpone_case_run(run, "agreement", check_agreement, NULL);
    dpone_case_run(run, "cmake", check_cmake, NULL);
    if (run->subject->plugin != NULL && run->profile != DPONE_PROFILE_STATIC) {
        dpone_case_run(run, "binary", check_binary, NULL);
    }
}

const struct dpone_check dpone_check_package_layout = {
    .id = "package_layout",
    .title = "The package is complete and agrees with itself",
    .proves = "Every file that the capabilities ask for is there, and names, versions and capabilities agree "
              "across "
              "manifest, CMake, certification.yaml and binary.",
    .remedy =
        "Restore the file that is missing, or generate a package of the same name elsewhere and copy it.",
    .group = DPONE_GROUP_PACKAGE,
    .profile = DPONE_PROFILE_STATIC,
    .needs = DPONE_USES_PLUGIN,
    .inputs = inputs,
    .run = check_package_layout,
};
