/* The interface between a certification check and what runs it.
 *
 * A check is one table entry in a file of its own (checks/<id>.c). It runs in a process of its own, so it may
 * crash, hang or leak without harm to the certification, and it talks to the harness only through the
 * functions here. A check is a list of cases; a case is a list of expectations; a case that expected nothing
 * has failed. */
#ifndef DPONE_CERTIFICATION_CHECK_H
#define DPONE_CERTIFICATION_CHECK_H

#include <dpone/error.h>

#include <stddef.h>
#include <stdint.h>

struct dpone_subject;

/* The order of severity: a check is as bad as its worst case. */
enum dpone_verdict {
    DPONE_VERDICT_PASSED = 0,
    DPONE_VERDICT_SKIPPED = 1,    /* cannot run here; the reason is recorded */
    DPONE_VERDICT_UNVERIFIED = 2, /* should have run and did not */
    DPONE_VERDICT_FAILED = 3
};

/* "passed", "skipped", "unverified", "failed"; and back, -1 for a word that is none. */
const char *dpone_verdict_name(int32_t verdict);
int32_t dpone_verdict_parse(const char *name);

/* Which kinds of connector a check concerns. */
enum dpone_capability {
    DPONE_CAPABILITY_SOURCE = 1,
    DPONE_CAPABILITY_SINK = 2,
    DPONE_CAPABILITY_STATE = 4,
    DPONE_CAPABILITY_NATIVE_TRANSFER = 8
};

/* What a profile may use; each includes the ones before it. */
enum dpone_profile {
    DPONE_PROFILE_STATIC = 0,     /* no connector code runs */
    DPONE_PROFILE_LOCAL = 1,      /* embedded fixtures */
    DPONE_PROFILE_LOCAL_LIVE = 2, /* and private servers: PostgreSQL */
    DPONE_PROFILE_VENDOR_LIVE = 3 /* and the author's own system */
};

const char *dpone_profile_name(int32_t profile);
int32_t dpone_profile_parse(const char *name); /* -1 for a word that is none */

/* The chapters of the catalogue, in their order. */
enum dpone_check_group {
    DPONE_GROUP_PACKAGE = 0, /* static: files only */
    DPONE_GROUP_LOADING = 1,
    DPONE_GROUP_SOURCE = 2,
    DPONE_GROUP_SINK = 3,
    DPONE_GROUP_STATE = 4,
    DPONE_GROUP_EVIDENCE = 5
};

const char *dpone_check_group_name(int32_t group);

/* What a check uses beside the files of the package. */
enum dpone_check_need {
    DPONE_NEED_PLUGIN = 1,  /* the binary, which evidence is then bound to */
    DPONE_NEED_FIXTURE = 2, /* the system that certification.yaml names */
    DPONE_USES_PLUGIN =
        4, /* the binary if there is one: evidence is bound to it, and without it less is checked */
    DPONE_NEED_CONTRACT = 16, /* certification.yaml, readable */
    DPONE_READS_EVIDENCE = 8  /* the evidence of the other checks, so it runs after them */
};

/* A condition beside the capabilities: 0 for none. */
enum dpone_check_condition {
    DPONE_WHEN_SOURCE_INCREMENTAL = 1, /* the source declares incremental_append */
    DPONE_WHEN_SINK_FULL_REFRESH = 2,  /* the sink declares the strategy */
    DPONE_WHEN_SINK_APPEND = 3,
    DPONE_WHEN_SINK_MERGE = 4,
    DPONE_WHEN_SINK_REPLACE = 5,
    DPONE_WHEN_PARTITIONS = 6, /* the source offers partitions */
    DPONE_WHEN_NATIVE = 7      /* the native transfer that the id names is declared */
};

struct dpone_check_run;

/* One row of the catalogue. All strings are static. */
struct dpone_check {
    const char *id;
    const char *title;  /* a heading */
    const char *proves; /* one sentence: what is true of a connector that passes */
    const char *remedy; /* one sentence: what an author does who fails; a case may say it more exactly */
    int32_t group;
    uint32_t capabilities; /* bits of enum dpone_capability, any of which makes the check required; 0: every
                              connector */
    int32_t condition;     /* enum dpone_check_condition */
    int32_t profile;       /* the first enum dpone_profile in which it can run */
    uint32_t needs;        /* bits of enum dpone_check_need */
    const char *const *inputs; /* paths in the package (a folder ends with '/') whose bytes the verdict
                                  depends on; NULL-terminated, NULL: none */
    int32_t time_limit_s;      /* 0: 60 */
    int32_t memory_limit_mib;  /* of all processes of the check together; 0: 1024 */
    void (*run)(struct dpone_check_run *run); /* NULL: not available in this version */
};

/* What a running check may look at. Valid while run() runs. */
struct dpone_check_run {
    const struct dpone_check *check;
    const struct dpone_subject *subject; /* package, contract and plug-in */
    const char *directory;               /* private to this check, absolute, removed afterwards */
    uint64_t seed;
    int32_t profile;
    const char *artifact_directory; /* evidence of other checks; for evidence_binding alone */
    struct dpone_recorder *recorder;
};

/* ---- Cases ---- */

/* Opens a case. 1: run it; 0: another one was asked for (--case), go on to the next. Ids are [a-z0-9_.-]. */
int dpone_case_begin(struct dpone_check_run *run, const char *id);

/* What the author should do if an expectation of this case fails; without it the check's own remedy is
 * printed. */
void dpone_case_remedy(struct dpone_check_run *run, const char *format, ...) DPONE_PRINTF(2, 3);

/* Gives the open case up for a reason that is no fault of the connector. */
void dpone_case_skip(struct dpone_check_run *run, const char *format, ...) DPONE_PRINTF(2, 3);

/* Closes the open case. */
void dpone_case_end(struct dpone_check_run *run);

/* begin, function(run, context), end. */
void dpone_case_run(struct dpone_check_run *run, const char *id,
                    void (*function)(struct dpone_check_run *run, void *context), void *context);

/* ---- Expectations: each returns 1 when it holds; else records where, expected and observed, and returns 0.
 * Outside of a case one that does not hold is a failed case of its own, "preparation". ---- */

/* The general form; `observed` is formatted. All texts are copied. */
int dpone_expect(struct dpone_check_run *run, int holds, const char *where, const char *expected,
                 const char *observed_format, ...) DPONE_PRINTF(5, 6);

int dpone_expect_integer(struct dpone_check_run *run, const char *where, int64_t expected, int64_t observed);
int dpone_expect_text(struct dpone_check_run *run, const char *where, const char *expected,
                      const char *observed);

/* Statuses by name, with the connector's message. */
int dpone_expect_status(struct dpone_check_run *run, const char *where, int32_t expected, int32_t observed,
                        const struct dpone_error *error);

/* Two dumps (canonical.h): the first differing row and column are recorded. `order` is enum
 * dpone_compare_order. */
int dpone_expect_dump(struct dpone_check_run *run, const char *where, const char *expected_path,
                      const char *observed_path, int32_t order);

/* ---- The whole check ---- */

/* Gives the check up: skipped for a reason of the machine (valgrind, a kernel that refuses). run() returns
 * next. */
void dpone_check_skip(struct dpone_check_run *run, const char *format, ...) DPONE_PRINTF(2, 3);

/* Gives the check up because the environment failed (a fixture that does not start): unverified, exit
 * status 3. */
void dpone_check_environment(struct dpone_check_run *run, const char *what, const struct dpone_error *error);

/* 1 once the check was given up. */
int dpone_check_given_up(const struct dpone_check_run *run);

#endif
