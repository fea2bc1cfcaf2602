/* What the three spike sinks share: a copy of the load request, names of staging, and staged rows as a
 * stream. Everything about a system itself stays in its own file. */
#ifndef DPONE_SPIKE_H
#define DPONE_SPIKE_H

#include <dpone/dpone.h>

#define SPIKE_NAME_BYTES 128

/* "stage_" and 32 hexadecimal digits. */
#define SPIKE_STAGE_BYTES 40

/* The beginning of every spike's struct dpone_instance. */
struct spike_instance {
    const struct dpone_host *host;
    char *address; /* the one option: a path or a socket */
};

/* Binds {address: ...}. */
int32_t spike_instance_open(struct spike_instance *instance, const struct dpone_host *host,
                            const struct dpone_option *options, struct dpone_error *error);
void spike_instance_close(struct spike_instance *instance);

/* A load as the sink keeps it. */
struct spike_load {
    char target[SPIKE_NAME_BYTES];
    char pipeline[SPIKE_NAME_BYTES];
    char key[SPIKE_NAME_BYTES + 1];
    char stage[SPIKE_STAGE_BYTES];
    int64_t lease_ms;
    struct ArrowSchema schema;
    struct dpone_batch_view *view;
    int sealed;
    int ended; /* published or aborted */
};

/* Copies the request. int64, float64 and utf8 only: anything else is DPONE_UNSUPPORTED_TYPE. */
int32_t spike_load_init(struct spike_load *load, const struct spike_instance *instance,
                        const struct dpone_load_request *request, struct dpone_error *error);
void spike_load_clear(struct spike_load *load);

/* What write() and stage() check before they do anything: DPONE_INVALID_STATE when out of order. */
int32_t spike_load_expect_open(const struct spike_load *load, struct dpone_error *error);
int32_t spike_load_expect_sealed(const struct spike_load *load, struct dpone_error *error);

/* The columns as text, "id int64,name utf8?,", which also serves as the version of a schema: it changes with
 * the columns and not with the relation, which every full refresh replaces. */
int32_t spike_describe_schema(const struct ArrowSchema *schema, struct dpone_buffer *out,
                              struct dpone_error *error);

/* The opposite. */
int32_t spike_parse_schema(struct dpone_string text, struct ArrowSchema *out, struct dpone_error *error);

/* A plan for these sinks: nothing to change, or CONFLICT. */
int32_t spike_plan(struct dpone_instance *instance, const struct dpone_schema_change *change,
                   struct dpone_buffer *out, struct dpone_error *error);

/* A stream of one batch, which `fill` puts into the builder when it is asked for. */
typedef int32_t (*spike_fill)(void *context, struct dpone_batch_builder *builder, struct dpone_error *error);
int32_t spike_stream_open(struct ArrowArrayStream *out, const struct ArrowSchema *schema, spike_fill fill,
                          void *context, struct dpone_error *error);

/* Fills a publication from its parts. */
int32_t spike_publication(struct dpone_publication *out, struct dpone_bytes key, struct dpone_bytes digest,
                          struct dpone_bytes position, int64_t rows, struct dpone_error *error);

/* Text on the heap that grows; begin with all zero, free `data`. Out of memory ends the process: a spike. */
struct spike_text {
    char *data;
    size_t size;
    size_t capacity;
};

void spike_text_add(struct spike_text *text, const char *data, size_t size);

/* "\x0a..", bytes as PostgreSQL's bytea reads and writes them. */
void spike_text_add_bytea(struct spike_text *text, struct dpone_bytes bytes);

#endif
