# More sinks that must be rejected: values, names, concurrency, faults, schema changes, crashes, gates, measurements.

api_fault(type_fidelity truncates_floats CASE float64.exact
  EXPECTED "^.0\\.1. \\(60 rows\\)$" OBSERVED "^.0\\.10000000149011612. "
  FILE wire.c
  FROM [[    size_t size = dpone_value_text_write(text, column, &value);]]
  TO [[    value = (double)(float)value;
    size_t size = dpone_value_text_write(text, column, &value);]])

api_fault(type_fidelity ends_text_at_nul CASE utf8.exact
  EXPECTED "^.a.u0000b. \\(60 rows\\)$" OBSERVED "^.a. "
  FILE wire.c
  FROM [[        wire_add_string(out, text.data, text.size);]]
  TO [[        wire_add_string(out, text.data, strnlen(text.data, text.size));]])

api_fault(type_fidelity ends_binary_at_nul CASE binary.exact
  EXPECTED "^.00. \\(60 rows\\)$" OBSERVED "^.. \\(60 rows. "
  FILE wire.c
  FROM [[    default: /* canonical text needs no escape */]]
  TO [[    case DPONE_TYPE_BINARY: {
        struct dpone_bytes bytes = dpone_view_bytes(view, row);
        demo_api_text_add_string(out, "\"");
        demo_api_text_add_hex(out, bytes.data, strnlen((const char *)bytes.data, bytes.size));
        demo_api_text_add_string(out, "\"");
        return;
    }
    default: /* canonical text needs no escape */]])

# Takes NaN for a value that the system cannot hold, although it can.
api_fault(type_fidelity refuses_nan CASE float64.exact
  EXPECTED "^OK$" OBSERVED "^UNSUPPORTED_TYPE: not a number$"
  FILE sink.c
  FROM [[        demo_api_wire_add_row(&load->part, load->view, row);]]
  TO [[        for (int64_t i = 0; i < load->view->column_count; i++) {
            const struct dpone_column_view *column = &load->view->columns[i];
            if (column->column.type == DPONE_TYPE_FLOAT64 && !dpone_view_is_null(column, row) &&
                dpone_view_float64(column, row) != dpone_view_float64(column, row)) {
                return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE, "not a number");
            }
        }
        demo_api_wire_add_row(&load->part, load->view, row);]])
