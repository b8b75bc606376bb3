/* SPDX-License-Identifier: ISC */
/* oriel-schema: prints the tables of commands, events, settings and routes, for programs and for
 * the docs. The build runs it. The program is not installed; its output is. */
#include <stdio.h>
#include <string.h>

#include "schema/events_schema.h"
#include "schema/openapi.h"
#include "schema/tables.h"

/* Takes the reference. */
static int
print_json(json_t *document)
{
	int result = json_dumpf(
	    document, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));

	json_decref(document);
	return result == 0 && puts("") != EOF && fflush(stdout) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "openapi") == 0)
		return print_json(openapi_document());
	if (argc == 2 && strcmp(argv[1], "events") == 0)
		return print_json(events_schema_file());
	if (argc == 3 && strcmp(argv[1], "table") == 0 && table_print(argv[2]))
		return 0;
	fprintf(stderr, "usage: oriel-schema openapi | events | table NAME\n");
	return 2;
}
