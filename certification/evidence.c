/* Evidence: one sealed JSON file per check. */
#include "evidence.h"

#include "path.h"

#include <dpone/version.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#define DIFFERENCES_NAMED 8

static int32_t no_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for evidence");
}

/* A path that is not UTF-8 stands as the hexadecimal of its bytes. */
static int set_file(json_t *object, const struct dpone_file_digest *file) {
    if (json_object_set_new(object, file->path, json_string(file->sha256)) == 0) {
        return 1;
    }
    char *name = dpone_hex_of((struct dpone_bytes){(const uint8_t *)file->path, strlen(file->path)});
    int set = name != NULL && json_object_set_new(object, name, json_string(file->sha256)) == 0;
    free(name);
    return set;
}

json_t *dpone_evidence_files(const struct dpone_file_digests *files) {
    json_t *object = json_object();
    for (size_t i = 0; object != NULL && i < files->count; i++) {
        if (!set_file(object, &files->items[i])) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

int32_t dpone_evidence_inputs(json_t **out, const struct dpone_check *check,
                              const struct dpone_subject *subject, struct dpone_error *error) {
    static const char *const no_inputs[] = {NULL};
    struct dpone_file_digests files = {0};
    const char *const *paths = check->inputs == NULL ? no_inputs : check->inputs;
    *out = NULL;
    int32_t status =
        dpone_package_digests(&files, subject->package->directory, paths, subject->artifact_directory, error);
    if (status != DPONE_OK) {
        return status;
    }
    json_t *inputs = json_pack("{s:s, s:s, s:I, s:o}", "dpone_version", DPONE_VERSION, "profile",
                               dpone_profile_name(subject->profile), "seed", (json_int_t)subject->seed,
                               "files", dpone_evidence_files(&files));
    dpone_file_digests_clear(&files);
    if (inputs != NULL && (check->needs & (DPONE_NEED_PLUGIN | DPONE_USES_PLUGIN)) &&
        subject->plugin != NULL) {
        (void)json_object_set_new(inputs, "plugin", json_string(subject->plugin_sha256));
    }
    *out = inputs;
    return inputs == NULL ? no_memory(error) : DPONE_OK;
}

/* ---- Differences ---- */

struct differences {
    char *out;
    size_t out_bytes;
    int count;
};

static void name_difference(struct differences *differences, const char *name) {
    size_t used = strlen(differences->out);
    if (differences->count++ < DIFFERENCES_NAMED) {
        (void)snprintf(differences->out + used, differences->out_bytes - used, "%s%s", used > 0 ? ", " : "",
                       name);
    } else if (differences->count == DIFFERENCES_NAMED + 1) {
        (void)snprintf(differences->out + used, differences->out_bytes - used, ", ...");
    }
}

/* Members of either object that are not equal; those called "files" are looked into. */
static void compare_members(struct differences *differences, const json_t *recorded, const json_t *current) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)recorded, key, value) {
        const json_t *other = json_object_get(current, key);
        if (strcmp(key, "files") == 0) {
            compare_members(differences, value, other);
        } else if (!json_equal(value, other)) {
            name_difference(differences, key);
        }
    }
    json_object_foreach((json_t *)(uintptr_t)current, key, value) {
        if (json_object_get(recorded, key) == NULL) {
            name_difference(differences, key);
        }
    }
}

void dpone_evidence_differences(const json_t *recorded, const json_t *current, char *out, size_t out_bytes) {
    struct differences differences = {out, out_bytes, 0};
    out[0] = '\0';
    compare_members(&differences, recorded, current);
}

/* ---- The document ---- */

void dpone_evidence_time(char out[32]) {
    struct timespec now;
    struct tm parts;
    char seconds[24];
    clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    (void)strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(out, 32, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000));
}

json_t *dpone_evidence_platform(void) {
    struct utsname name;
    if (uname(&name) != 0) {
        return json_object();
    }
    return json_pack("{s:s, s:s, s:s}", "system", name.sysname, "release", name.release, "machine",
                     name.machine);
}

json_t *dpone_evidence_new(const struct dpone_check *check, const struct dpone_subject *subject,
                           json_t *inputs) {
    char now[32];
    dpone_evidence_time(now);
    return json_pack("{s:s, s:s, s:s, s:s, s:O, s:o, s:s}", "evidence_version", "1", "check", check->id,
                     "title", check->title, "connector", subject->package->connector, "inputs", inputs,
                     "platform", dpone_evidence_platform(), "started_at", now);
}

/* [check, verdict, [[case, verdict], ...]] */
static json_t *verdict_summary(const json_t *evidence) {
    json_t *cases = json_array();
    const json_t *all = json_object_get(evidence, "cases");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *entry = json_array_get(all, i);
        (void)json_array_append_new(
            cases, json_pack("[O, O]", json_object_get(entry, "case"), json_object_get(entry, "verdict")));
    }
    return json_pack("[O, O, o]", json_object_get(evidence, "check"), json_object_get(evidence, "verdict"),
                     cases);
}

int32_t dpone_evidence_verdict_digest(char out[DPONE_SHA256_TEXT_BYTES], const json_t *evidence) {
    json_t *summary = verdict_summary(evidence);
    int32_t status = summary == NULL ? (int32_t)DPONE_OUT_OF_MEMORY : dpone_sealed_digest(out, summary);
    json_decref(summary);
    return status;
}

int32_t dpone_evidence_set_outcome(json_t *evidence, json_t *outcome, struct dpone_error *error) {
    char digest[DPONE_SHA256_TEXT_BYTES];
    (void)json_object_del(evidence, "reason");
    (void)json_object_del(evidence, "environment");
    if (json_object_update(evidence, outcome) != 0 ||
        dpone_evidence_verdict_digest(digest, evidence) != DPONE_OK ||
        json_object_set_new(evidence, "verdict_digest", json_string(digest)) != 0) {
        return no_memory(error);
    }
    return DPONE_OK;
}

/* ---- How to go on ---- */

/* The text as one word of a shell; on the heap. */
static char *shell_word(const char *text) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:,@%";
    if (*text != '\0' && strspn(text, plain) == strlen(text)) {
        return strdup(text);
    }
    char *word = malloc(strlen(text) * 4 + 3);
    char *out = word;
    if (word == NULL) {
        return NULL;
    }
    *out++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(out, "'\\''", 4);
            out += 4;
        } else {
            *out++ = *text;
        }
    }
    *out++ = '\'';
    *out = '\0';
    return word;
}

char *dpone_evidence_rerun(const struct dpone_subject *subject, const char *check, const char *case_id) {
    char *package = shell_word(subject->package->directory);
    char *plugin = shell_word(subject->plugin == NULL ? "" : subject->plugin);
    char *command = NULL;
    if (package != NULL && plugin != NULL) {
        command = dpone_format(
            "dpone connectors certify --package %s%s%s --profile %s --check %s%s%s --seed %llu", package,
            subject->plugin == NULL ? "" : " --plugin ", subject->plugin == NULL ? "" : plugin,
            dpone_profile_name(subject->profile), check, case_id == NULL ? "" : " --case ",
            case_id == NULL ? "" : case_id, (unsigned long long)subject->seed);
    }
    free(package);
    free(plugin);
    return command;
}

void dpone_evidence_explain(json_t *outcome, const struct dpone_check *check,
                            const struct dpone_subject *subject) {
    const json_t *cases = json_object_get(outcome, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *entry = json_array_get(cases, i);
        const char *verdict = json_string_value(json_object_get(entry, "verdict"));
        if (verdict == NULL || dpone_verdict_parse(verdict) != DPONE_VERDICT_FAILED) {
            (void)json_object_del(entry, "remedy");
            continue;
        }
        char *rerun =
            dpone_evidence_rerun(subject, check->id, json_string_value(json_object_get(entry, "case")));
        if (json_object_get(entry, "remedy") == NULL) {
            (void)json_object_set_new(entry, "remedy", json_string(check->remedy));
        }
        if (rerun != NULL) {
            (void)json_object_set_new(entry, "rerun", json_string(rerun));
        }
        free(rerun);
    }
}

/* ---- The file ---- */

char *dpone_evidence_path(const char *artifact_directory, const char *check) {
    return dpone_format("%s/evidence/%s.json", artifact_directory, check);
}

int32_t dpone_evidence_write(json_t *evidence, const char *artifact_directory, struct dpone_error *error) {
    char *path =
        dpone_evidence_path(artifact_directory, json_string_value(json_object_get(evidence, "check")));
    int32_t status = path == NULL ? no_memory(error) : dpone_sealed_write(path, evidence, error);
    free(path);
    return status;
}

int32_t dpone_evidence_read(json_t **out, const char *artifact_directory, const char *check,
                            struct dpone_error *error) {
    char digest[DPONE_SHA256_TEXT_BYTES] = "";
    char *path = dpone_evidence_path(artifact_directory, check);
    int32_t status = path == NULL ? no_memory(error) : dpone_sealed_read(out, path, error);
    if (status == DPONE_OK) {
        const char *recorded = json_string_value(json_object_get(*out, "verdict_digest"));
        const char *name = json_string_value(json_object_get(*out, "check"));
        status = dpone_evidence_verdict_digest(digest, *out);
        if (status != DPONE_OK || recorded == NULL || strcmp(recorded, digest) != 0 ||
            strcmp(name, check) != 0) {
            status = dpone_error_set(
                error, DPONE_DATA_CORRUPT,
                "%s: was edited: its verdict_digest is not that of its cases; certify again", path);
            json_decref(*out);
            *out = NULL;
        }
    }
    free(path);
    return status;
}
