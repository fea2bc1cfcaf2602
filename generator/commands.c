/* THE table of commands. To add one: its option list, its row below in its group, and the header of its entry
 * function.
 *
 * Options stand in the order help shows them. Entry functions live in the layer that does the work. */
#include "generator/command.h"

#include "certification/commands.h"
#include "generator/entry.h"
#include "manifest/validate_command.h"
#include "runtime/commands.h"

static const struct dpone_option scaffold_options[] = {
    {.name = "--root",
     .placeholder = "DIR",
     .fallback = ".",
     .help =
         "The folder to make the package in; made when it is missing, never entered through a symbolic link"},
    {.name = "--connector-type",
     .choices = "api|database|event|file",
     .fallback = "api",
     .help = "What kind of system it talks to"},
    {.name = "--capability",
     .choices = "source|sink|state",
     .fallback = "source",
     .traits = DPONE_REPEATABLE,
     .help = "A side that the connector has"},
    {.name = "--native-capability",
     .placeholder = "NAME",
     .traits = DPONE_REPEATABLE,
     .help = "A native transfer that it offers, stream_export for example"},
    {.name = "--package-prefix",
     .placeholder = "PREFIX",
     .fallback = "dpone_connector",
     .help = "What the names of the package, its targets and its symbols begin with"},
    {.name = "--template-dir", .placeholder = "DIR", .help = "Templates to use instead of the SDK's own"},
    {.name = "--dry-run", .help = "Only say what would be created"},
    {.name = "--format",
     .choices = "text|json",
     .fallback = "text",
     .help = "How to print the list of files"},
    {0},
};

static const struct dpone_option template_render_options[] = {
    {.name = "--data",
     .placeholder = "FILE",
     .traits = DPONE_REQUIRED,
     .help = "The data, as JSON (FILE.json) or YAML"},
    {.name = "--partials",
     .placeholder = "DIR",
     .help = "Where the partial {{>NAME}} is looked for, as NAME.mustache or NAME; without it partials are "
             "empty"},
    {.name = "--escape",
     .choices = "html|none",
     .fallback = "html",
     .help = "What {{NAME}} does to & < > and quotes; scaffolding uses none"},
    {0},
};

static const struct dpone_option certify_options[] = {
    {.name = "--package",
     .placeholder = "DIR",
     .help = "The connector's package; by default the current folder, or the one the plug-in lies in"},
    {.name = "--plugin", .placeholder = "FILE", .help = "The connector's shared object"},
    {.name = "--artifact-dir",
     .placeholder = "DIR",
     .help = "Where evidence and report go; by default test_artifacts/connectors/NAME"},
    {.name = "--check",
     .placeholder = "NAME",
     .traits = DPONE_REPEATABLE,
     .help = "Run this check alone, without a report"},
    {.name = "--case", .placeholder = "NAME", .help = "Run this case of the one --check alone"},
    {.name = "--profile",
     .choices = "static|local|local_live|vendor_live",
     .fallback = "local",
     .help = "What may be used: files, embedded systems, private servers, the author's own system"},
    {.name = "--capability",
     .placeholder = "NAME",
     .traits = DPONE_REPEATABLE,
     .help = "Run the checks of this capability alone: source, sink, state, native_transfer.NAME"},
    {.name = "--jobs",
     .placeholder = "N",
     .fallback = "1",
     .traits = DPONE_INTEGER,
     .help = "Checks to run at the same time"},
    {.name = "--seed",
     .placeholder = "N",
     .fallback = "1",
     .traits = DPONE_INTEGER,
     .help = "What the data and every random choice are made from"},
    {.name = "--format", .choices = "text|json", .fallback = "text", .help = "How to print the results"},
    {0},
};

static const struct dpone_option report_options[] = {
    {.name = "--artifact-dir",
     .placeholder = "DIR",
     .traits = DPONE_REQUIRED,
     .help = "Where `dpone connectors certify` left its evidence"},
    {.name = "--allow-unverified", .help = "Exit with 77 instead of 1 when the certificate is unverified"},
    {.name = "--format", .choices = "text|json", .fallback = "text", .help = "How to print the report"},
    {0},
};

static const struct dpone_option verify_options[] = {
    {.name = "--plugin",
     .placeholder = "FILE",
     .help = "The shared object; by default the one the report names, beside it"},
    {.name = "--package",
     .placeholder = "DIR",
     .help = "The connector's package; by default the one the report names, beside it"},
    {.name = "--rerun", .help = "Also run the report's checks again and compare their verdicts"},
    {.name = "--format", .choices = "text|json", .fallback = "text", .help = "How to print the result"},
    {0},
};

static const struct dpone_option checks_options[] = {
    {.name = "--package",
     .placeholder = "DIR",
     .help = "List what this connector must pass; without it, the whole catalogue"},
    {.name = "--plugin", .placeholder = "FILE", .help = "Also count what this binary of the package offers"},
    {.name = "--format", .choices = "text|json|cmake", .fallback = "text", .help = "How to print the list"},
    {0},
};

static const struct dpone_option inspect_options[] = {
    {.name = "--format", .choices = "text|json", .fallback = "text", .help = "How to print the description"},
    {0},
};

/* The three that talk to the author's own system. */
#define SYSTEM_OPTIONS                                                                                       \
    {.name = "--plugin",                                                                                     \
     .placeholder = "FILE",                                                                                  \
     .traits = DPONE_REQUIRED,                                                                               \
     .help = "The connector's shared object, or the name of an installed connector"},                        \
    {                                                                                                        \
        .name = "--options", .placeholder = "FILE", .traits = DPONE_REQUIRED,                                \
        .help = "The connector's options as a YAML or JSON map"                                              \
    }
#define TABLE_OPTION                                                                                         \
    { .name = "--table", .placeholder = "NAME", .help = "What to read, when the options do not name it" }

static const struct dpone_option check_options[] = {
    SYSTEM_OPTIONS,
    {.name = "--format", .choices = "text|json", .fallback = "text", .help = "How to print the answer"},
    {0},
};

static const struct dpone_option discover_options[] = {
    SYSTEM_OPTIONS,
    TABLE_OPTION,
    {.name = "--format", .choices = "text|json", .fallback = "text", .help = "How to print the columns"},
    {0},
};

static const struct dpone_option read_options[] = {
    SYSTEM_OPTIONS,
    TABLE_OPTION,
    {.name = "--limit",
     .placeholder = "N",
     .fallback = "10",
     .traits = DPONE_INTEGER,
     .help = "How many rows to print at most"},
    {0},
};

static const struct dpone_option run_options[] = {
    {.name = "--plugin",
     .placeholder = "FILE",
     .traits = DPONE_REPEATABLE,
     .help = "A connector of the manifest: its shared object, or the name of an installed one"},
    {.name = "--run-dir",
     .placeholder = "DIR",
     .fallback = "dpone_runs",
     .help = "Where the record goes, as DIR/RUN_ID/run.json"},
    {.name = "--format", .choices = "text|json", .fallback = "text", .help = "How to print the result"},
    {0},
};

static const struct dpone_option partitions_options[] = {
    {.name = "--plugin",
     .placeholder = "FILE",
     .traits = DPONE_REPEATABLE,
     .help = "The connector of the source: its shared object, or the name of an installed one"},
    {.name = "--count",
     .placeholder = "N",
     .fallback = "4",
     .traits = DPONE_INTEGER,
     .help = "About how many partitions to make"},
    {0},
};

static const struct dpone_option manifest_validate_options[] = {
    {.name = "--schema",
     .placeholder = "FILE",
     .help = "A JSON Schema (draft-07) to check by, instead of dpone's own"},
    {.name = "--resolve",
     .placeholder = "URI-PREFIX=DIR",
     .traits = DPONE_REPEATABLE,
     .help = "Serve references of the schema that begin with the prefix from a folder"},
    {.name = "--package",
     .placeholder = "DIR",
     .help = "The connector package whose options schema applies; by default the one a file lies in"},
    {.name = "--recursive", .help = "Check the *.yaml and *.yml (with --schema also *.json) below folders"},
    {.name = "--strict", .help = "Refuse scalars that YAML 1.1 and 1.2 read differently"},
    {.name = "--format-assertion", .help = "Check the keyword format of the schema, too"},
    {.name = "--limit",
     .placeholder = "NAME=VALUE",
     .traits = DPONE_REPEATABLE,
     .help = "What a file may cost: file_bytes, scalar_bytes, nodes, depth (4000 at most), expanded"},
    {.name = "--format",
     .choices = "text|json|github",
     .fallback = "text",
     .help = "How to print the problems; github: workflow annotations"},
    {0},
};

const struct dpone_command_group dpone_command_groups[] = {
    {"connectors", "Generates, checks and certifies connectors."},
    {"manifest", "Works with manifests."},
    {"template", "Works with the Mustache templates that connectors are generated from."},
    {0},
};

const struct dpone_command dpone_commands[] = {
    {
        .name = "connectors scaffold",
        .summary = "Create the package of a new connector",
        .description = "Creates a complete connector package: C sources that build and talk to a real "
                       "system, tests, options "
                       "schema, example manifests, documentation, certification. The package appears whole "
                       "or not at all, and "
                       "nothing that exists is overwritten. The same options give the same bytes.",
        .operand = {"NAME", DPONE_REQUIRED, "The connector's name: a to z, 0 to 9 and _, 2 to 63 characters"},
        .options = scaffold_options,
        .run = dpone_connectors_scaffold_command,
    },
    {
        .name = "connectors certify",
        .summary = "Run a connector's checks and write the report",
        .description = "Runs every required check of a connector, each in a process of its own, against a "
                       "real system, and "
                       "writes evidence and report. Status 0 means certified, 1 failed or unverified. With "
                       "--check it runs "
                       "single checks and writes no report; then 77 means skipped or unverified.",
        .options = certify_options,
        .run = dpone_certify_command,
    },
    {
        .name = "connectors report",
        .summary = "Judge the evidence and write the report",
        .description = "Reads the evidence that checks left in the folder and writes "
                       "certification_report.json and .md. "
                       "Evidence that is missing, or older than what it is about, is named and never counts.",
        .options = report_options,
        .run = dpone_report_command,
    },
    {
        .name = "connectors verify",
        .summary = "Compare a report with the files it is about",
        .description = "Computes every digest of a report again and names whatever differs: report, "
                       "evidence, plug-in, "
                       "package files, required checks.",
        .operand = {"REPORT", DPONE_REQUIRED, "The file certification_report.json"},
        .options = verify_options,
        .run = dpone_verify_command,
    },
    {
        .name = "connectors checks",
        .summary = "List the checks of the certification",
        .description = "Lists the catalogue of checks, or what one package must pass.",
        .options = checks_options,
        .run = dpone_checks_command,
    },
    {
        .name = "connectors inspect",
        .summary = "Describe a connector's shared object",
        .description = "Loads a plug-in in a process of its own and prints its name, version, capabilities "
                       "and slots.",
        .operand = {"PLUGIN", DPONE_REQUIRED, "The shared object, or the name of an installed connector"},
        .options = inspect_options,
        .run = dpone_inspect_command,
    },
    {
        .name = "connectors check",
        .summary = "Ask a connector whether its system answers",
        .description = "Opens the connector with the options and lets it prove that the system answers and "
                       "accepts the credentials. Nothing is changed.",
        .options = check_options,
        .run = dpone_check_command,
    },
    {
        .name = "connectors discover",
        .summary = "Print the columns that a source delivers",
        .description = "Opens the connector with the options and prints name, type and nullability of each "
                       "column, one a line.",
        .options = discover_options,
        .run = dpone_discover_command,
    },
    {
        .name = "connectors read",
        .summary = "Print the first rows of a source",
        .description =
            "Opens the connector with the options, reads, and prints each row as a JSON object on a "
            "line of its own: column names with the canonical text of the values as strings, or "
            "null. Every batch is validated.",
        .options = read_options,
        .run = dpone_read_command,
    },
    {
        .name = "manifest validate",
        .summary = "Check manifests, with file, line and column",
        .description =
            "Checks YAML or JSON files by a JSON Schema, manifests also by what a schema cannot say: names "
            "used twice, columns that schema_contract does not know, secrets written as literals, the "
            "options of a connector. All problems of a file are printed in order, at most 50.",
        .operand = {"FILE", DPONE_REQUIRED | DPONE_REPEATABLE, "The files, or with --recursive folders"},
        .options = manifest_validate_options,
        .run = dpone_manifest_validate_command,
    },
    {
        .name = "template render",
        .summary = "Render one Mustache template with data",
        .description = "Renders a Mustache template with data from a file and writes the text to standard "
                       "output. The mandatory "
                       "modules of the Mustache specification are offered: interpolation, sections, inverted "
                       "sections, comments, "
                       "partials and delimiter changes. Errors name file, line and column.",
        .operand = {"TEMPLATE", DPONE_REQUIRED, "The template file"},
        .options = template_render_options,
        .run = dpone_template_render_command,
    },
    {
        .name = "run",
        .summary = "Run one pipeline of a manifest",
        .description = "Reads, stages, judges by the quality gates, publishes and moves the state, in this "
                       "process. Killed anywhere and run again it ends with exactly the right rows. What "
                       "happened is in run.json. An interrupt stops it before the publication; a second one "
                       "at once.",
        .operand = {"MANIFEST", DPONE_REQUIRED, "The manifest of a single process"},
        .options = run_options,
        .run = dpone_run_command,
    },
    {
        .name = "partitions",
        .summary = "Cut a source into parts that can be read in parallel",
        .description = "Prints opaque partitions, one a line, in hexadecimal: each can be read by another "
                       "process on another machine.",
        .operand = {"MANIFEST", DPONE_REQUIRED, "The manifest of a single process"},
        .options = partitions_options,
        .run = dpone_partitions_command,
    },
    {0},
};
