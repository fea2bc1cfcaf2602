/* THE table of commands. To add one: its option list, its row below in its group, and the header of its entry
 * function.
 *
 * Options stand in the order help shows them. Entry functions live in the layer that does the work. */
#include "generator/command.h"

#include "generator/entry.h"

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

const struct dpone_command_group dpone_command_groups[] = {
    {"connectors", "Generates, checks and certifies connectors."},
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
    {0},
};
