/* Everything a connector compiles against. */
#ifndef DPONE_DPONE_H
#define DPONE_DPONE_H

#include <dpone/arrow.h>
#include <dpone/base.h>
#include <dpone/batch_builder.h>
#include <dpone/batch_view.h>
#include <dpone/call.h>
#include <dpone/connector.h>
#include <dpone/error.h>
#include <dpone/host.h>
#include <dpone/library.h>
#include <dpone/native_transfer.h>
#include <dpone/option.h>
#include <dpone/row_hash.h>
#include <dpone/schema.h>
#include <dpone/secret.h>
#include <dpone/sink.h>
#include <dpone/source.h>
#include <dpone/state.h>
#include <dpone/stream.h>
#include <dpone/validate.h>
#include <dpone/value_text.h>
#include <dpone/version.h>

#endif
