/* Releasing what a connector filled into structs of the caller (sink.h, state.h). Members beyond the
 * struct_size that the caller gave are not touched. */
#include <dpone/sink.h>
#include <dpone/state.h>

#include <string.h>

void dpone_description_clear(struct dpone_description *description) {
    if (DPONE_HAS(description, struct dpone_description, schema)) {
        if (description->schema.release != NULL)
            description->schema.release(&description->schema);
        memset(&description->schema, 0, sizeof(description->schema));
    }
    if (DPONE_HAS(description, struct dpone_description, version))
        dpone_buffer_clear(&description->version);
}

void dpone_publication_clear(struct dpone_publication *publication) {
    if (DPONE_HAS(publication, struct dpone_publication, idempotency_key))
        dpone_buffer_clear(&publication->idempotency_key);
    if (DPONE_HAS(publication, struct dpone_publication, content_digest))
        dpone_buffer_clear(&publication->content_digest);
    if (DPONE_HAS(publication, struct dpone_publication, position))
        dpone_buffer_clear(&publication->position);
    if (DPONE_HAS(publication, struct dpone_publication, rows))
        publication->rows = 0;
}

void dpone_state_value_clear(struct dpone_state_value *value) {
    if (DPONE_HAS(value, struct dpone_state_value, exists))
        value->exists = 0;
    if (DPONE_HAS(value, struct dpone_state_value, value))
        dpone_buffer_clear(&value->value);
    if (DPONE_HAS(value, struct dpone_state_value, token))
        dpone_buffer_clear(&value->token);
}
