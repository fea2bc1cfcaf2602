/* evidence_binding: the digests in the evidence are those of what was really loaded and read, and nothing was
 * edited. */
#include "../check.h"

#include "../catalogue.h"
#include "../path.h"
#include "../report.h"

#include <dpone/connector.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const inputs[] = {DPONE_PACKAGE_MANIFEST, DPONE_PACKAGE_CONTRACT, NULL};

/* ---- The plug-in that was mapped ---- */

/* The file whose mapping holds `address`, as the kernel names it now: a file that was replaced is
 * "(deleted)". */
static void find_mapping(const void *address, char *path, size_t path_bytes) {
    char line[8192];
    FILE *maps = fopen("/proc/self/maps", "re");
    path[0] = '\0';
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long start = 0;
        unsigned long end = 0;
        const char *slash = strchr(line, '/');
        if (slash != NULL && sscanf(line, "%lx-%lx", &start, &end) == 2 && (uintptr_t)address >= start &&
            (uintptr_t)address < end) {
            (void)snprintf(path, path_bytes, "%.*s", (int)strcspn(slash, "\n"), slash);
            break;
        }
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
}

static void check_plugin(struct dpone_check_run *run, void *context) {
    const char *plugin = run->subject->plugin;
    struct dpone_error error = DPONE_ERROR_INIT;
    char sha256[DPONE_SHA256_TEXT_BYTES] = "";
    char mapped[4096];
    (void)context;
    dpone_case_remedy(run, "Do not replace the plug-in while it is being certified; certify again.");
    void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    const void *symbol = handle == NULL ? NULL : dlsym(handle, DPONE_CONNECTOR_INIT_SYMBOL);
    if (!dpone_expect(run, symbol != NULL, "dlopen", DPONE_CONNECTOR_INIT_SYMBOL, "%s",
                      symbol == NULL ? dlerror() : "")) {
        return;
    }
    find_mapping(symbol, mapped, sizeof(mapped));
    dpone_expect_text(run, "the file that was mapped", plugin, mapped);
    dpone_expect_status(run, plugin, DPONE_OK, dpone_sha256_file(sha256, plugin, &error), &error);
    dpone_expect_text(run, "SHA-256 of the mapped file", run->subject->plugin_sha256, sha256);
}

/* ---- The evidence of the other checks ---- */

static void check_one(struct dpone_check_run *run, const struct dpone_check *check) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *evidence = NULL;
    char where[96];
    int32_t status = dpone_evidence_read(&evidence, run->artifact_directory, check->id, &error);
    (void)snprintf(where, sizeof(where), "evidence of %s", check->id);
    if (status != DPONE_NOT_FOUND) {
        dpone_expect(run, status == DPONE_OK, where, "as it was written", "%s", error.message);
    }
    json_decref(evidence);
}

static void check_evidence(struct dpone_check_run *run, void *context) {
    size_t count = 0;
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    char *folder = dpone_format("%s/evidence", run->artifact_directory);
    (void)context;
    dpone_case_remedy(run, "Never edit evidence; run the check again.");
    dpone_expect(run, folder != NULL && dpone_directory_exists(folder), "artifact folder",
                 "a folder `evidence`", "there is none");
    for (size_t i = 0; i < count; i++) {
        if (checks[i] != run->check) {
            check_one(run, checks[i]);
        }
    }
    free(folder);
}

/* ---- An earlier report ---- */

static void check_report(struct dpone_check_run *run, void *context) {
    const char *path = context;
    struct dpone_error error = DPONE_ERROR_INIT;
    char digest[DPONE_SHA256_TEXT_BYTES] = "";
    json_t *report = NULL;
    dpone_case_remedy(run, "Never edit a report; make it again with `dpone connectors report`.");
    if (!dpone_expect_status(run, DPONE_REPORT_JSON, DPONE_OK, dpone_sealed_read(&report, path, &error),
                             &error)) {
        return;
    }
    dpone_expect_status(run, DPONE_REPORT_JSON, DPONE_OK, dpone_report_verdict_digest(digest, report), NULL);
    dpone_expect_text(run, DPONE_REPORT_JSON ", verdict_digest", digest,
                      dpone_json_text(report, "verdict_digest"));
    char *expected = dpone_report_markdown(report);
    char *markdown_path = dpone_format("%s/" DPONE_REPORT_MARKDOWN, run->artifact_directory);
    char *text = NULL;
    size_t size = 0;
    int same = expected != NULL && markdown_path != NULL &&
               dpone_path_read(&text, &size, markdown_path, (size_t)64 << 20, &error) == DPONE_OK &&
               strcmp(text, expected) == 0;
    dpone_expect(run, same, DPONE_REPORT_MARKDOWN, "what " DPONE_REPORT_JSON " says", "%s",
                 error.message[0] != '\0' ? error.message : "something else");
    free(text);
    free(markdown_path);
    free(expected);
    json_decref(report);
}

static void check_evidence_binding(struct dpone_check_run *run) {
    dpone_case_run(run, "plugin", check_plugin, NULL);
    dpone_case_run(run, "evidence", check_evidence, NULL);
    char *path = dpone_format("%s/" DPONE_REPORT_JSON, run->artifact_directory);
    if (path != NULL && dpone_path_is_file(path)) {
        dpone_case_run(run, "report", check_report, path);
    }
    free(path);
}

const struct dpone_check dpone_check_evidence_binding = {
    .id = "evidence_binding",
    .title = "The evidence belongs to this binary and these files",
    .proves = "The digests in the evidence are those of the plug-in that was mapped and of the files that "
              "were read, and "
              "neither evidence nor report was edited.",
    .remedy = "Certify again, and leave the files alone while the checks run.",
    .group = DPONE_GROUP_EVIDENCE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_READS_EVIDENCE,
    .inputs = inputs,
    .run = check_evidence_binding,
};
