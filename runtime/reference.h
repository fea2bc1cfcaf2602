/* The runtime's own connector: source, sink and state on one SQLite file, the counterpart of a connector that
 * has one side only, and a readable model of the whole ABI.
 *
 * Options: `path` (required; the file is made when missing), `lease_ms` (default 600000), `batch_rows`
 * (default 4096). A table `schema`.`name` of a manifest is the SQLite table `name`, or `schema.name` when a
 * schema is given. Every v1 type is stored exactly (runtime/reference_value.h). The file also holds tables
 * beginning with `__dpone__`: loads, publications, state. It runs in WAL mode, so that a reader never blocks
 * a publication. */
#ifndef DPONE_RUNTIME_REFERENCE_H
#define DPONE_RUNTIME_REFERENCE_H

#include <dpone/connector.h>

/* Static storage; name "reference", type "database". */
const struct dpone_connector *dpone_reference_connector(void);

#endif
