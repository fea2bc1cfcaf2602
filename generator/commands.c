/* THE table of commands. To add one: its option list, its row below in its group, and the header of its entry
 * function.
 *
 * Options stand in the order help shows them. Entry functions live in the layer that does the work. */
#include "generator/command.h"

#include "generator/entry.h"

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
    {"template", "Works with the Mustache templates that connectors are generated from."},
    {0},
};

const struct dpone_command dpone_commands[] = {
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
