# Faults that only CSV shows.
set(faulty_package "${csv_package}")

dpone_fault(type_fidelity leaves_empty_texts_bare CASE utf8.exact EXPECTED "^.. \\(60 rows\\)$" OBSERVED "^null \\(60 rows. "
  FILE csv.c
  FROM [[    int plain = size > 0;]] TO [[    int plain = 1;]])

dpone_fault(type_fidelity doubles_no_quotes CASE utf8.exact
  EXPECTED "^a target of that name$" OBSERVED "too few or too many fields, or a stray quote$"
  FILE csv.c
  FROM [[        demo_file_text_add(out, "\"", quote != NULL);]] TO [[        demo_file_text_add(out, "\"", 0);]])
