/* A connector package on disk: its manifest, its contract, and the digests of its files. */
#ifndef DPONE_CERTIFICATION_PACKAGE_H
#define DPONE_CERTIFICATION_PACKAGE_H

#include "contract.h"

#include "runtime/digest.h"

#define DPONE_PACKAGE_MANIFEST "dpone_connector_manifest.json"
#define DPONE_PACKAGE_CONTRACT "certification/certification.yaml"

/* A list of strings on the heap. */
struct dpone_names {
    char **items;
    size_t count;
};

/* One file and the digest of its bytes. */
struct dpone_file_digest {
    char *path; /* relative to the package */
    char sha256[DPONE_SHA256_TEXT_BYTES];
};

/* Files in the order of their names, byte by byte. */
struct dpone_file_digests {
    struct dpone_file_digest *items;
    size_t count;
};

struct dpone_package {
    char *directory; /* absolute, without links */
    char *connector; /* the manifest's fields; "" when absent */
    char *connector_type;
    char *import_package;
    char *version;         /* "" when the manifest names none */
    uint32_t capabilities; /* bits of enum dpone_capability */
    struct dpone_names native_capabilities;
    struct dpone_names required_libraries; /* as the manifest writes them: "libcurl.so.4" */
    struct dpone_names optional_libraries;
    struct dpone_contract *contract; /* NULL when it could not be read */
    struct dpone_diagnostics manifest_problems;
    struct dpone_diagnostics contract_problems;
};

/* Finds the package folder: `directory` when given; else the current folder, else the plug-in's and its three
 * parents, the first that holds the manifest. The caller frees `*out`. DPONE_NOT_FOUND names what was
 * searched. */
int32_t dpone_package_find(char **out, const char *directory, const char *plugin, struct dpone_error *error);

/* Reads manifest and contract of the package in `directory`. Problems inside these files are kept in the two
 * lists, so that checks can report them; DPONE_NOT_FOUND or DPONE_IO when the folder or the manifest is not
 * there at all, DPONE_OUT_OF_MEMORY. */
int32_t dpone_package_open(struct dpone_package **out, const char *directory, struct dpone_error *error);
void dpone_package_close(struct dpone_package *package);

/* Absolute path of a file of the package, on the heap; NULL when memory is short. */
char *dpone_package_path(const struct dpone_package *package, const char *relative);

/* Digests of the files whose path is one of `inputs` or lies below one that ends with '/'; every file when
 * `inputs` is NULL. Build trees (folders with a CMakeCache.txt), `.git`, `test_artifacts` and `exclude`
 * (absolute, nullable) are left out, and so is what is no regular file. Free by dpone_file_digests_clear().
 */
int32_t dpone_package_digests(struct dpone_file_digests *out, const char *directory,
                              const char *const *inputs, const char *exclude, struct dpone_error *error);
void dpone_file_digests_clear(struct dpone_file_digests *digests);

void dpone_names_clear(struct dpone_names *names);
/* 1 when `name` is one of them. */
int dpone_names_hold(const struct dpone_names *names, const char *name);

#endif
