/* SPDX-License-Identifier: ISC */
#include "schema/tables.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/role.h"
#include "protocol/arguments.h"
#include "protocol/commands.h"
#include "protocol/events.h"
#include "protocol/objects.h"
#include "protocol/reasons.h"
#include "site/route.h"

/* ---- routes and commands --------------------------------------------- */

static void
print_routes(void)
{
	puts("| route | who | |\n|---|---|---|");
	for (int id = 0; id < ROUTE_COUNT; id++) {
		const struct route_row *row = &route_table[id];
		const char *star = strchrnul(row->path, '*');

		printf("| `%s %.*s%s` | %s | %s |\n", row->method, (int)(star - row->path),
		    row->path, *star != '\0' ? "NAME" : "",
		    row->role == ROLE_NONE ? "everybody" : role_word(row->role), row->summary);
	}
}

static void
print_commands(void)
{
	static const char *const who[] = { [COMMAND_LOCAL] = "programs on the socket",
		[COMMAND_VIEWER] = "viewer",
		[COMMAND_OPERATOR] = "operator" };

	puts("| command | arguments | who | |\n|---|---|---|---|");
	for (int id = 0; id < COMMAND_COUNT; id++) {
		const struct command_row *row = &command_rows[id];
		json_t *names = arguments_names(row->arguments);

		printf("| `%s` | %s | %s | %s |\n", row->name, json_string_value(names),
		    who[row->role], row->help);
		json_decref(names);
	}
}

static void
print_choices(const char *choices)
{
	for (; *choices != '\0'; choices++)
		fputs(*choices == '|' ? ", " : (const char[2]){ *choices, '\0' }, stdout);
}

/* What an argument takes: "1 to 1000", "true or false", "motion, saved, camera". */
static void
print_range(const struct field *argument)
{
	if (argument->choices != NULL)
		print_choices(argument->choices);
	else if (argument->type == FIELD_BOOLEAN)
		printf("true or false");
	else if (argument->type == FIELD_TEXT)
		printf("at most %d bytes", argument->length);
	else if (argument->max == INT64_MAX)
		printf("%lld or more", argument->min);
	else
		printf("%lld to %lld", argument->min, argument->max);
}

static void
print_arguments_of(const struct command_row *row)
{
	for (const struct field *argument = row->arguments; argument->name != NULL; argument++) {
		if (argument->name[0] == '\0')
			continue;
		printf("| `%s` | `%s` | %s | ", row->name, argument->name, argument->help);
		print_range(argument);
		if (argument->initial != 0)
			printf("; %lld when left out", argument->initial);
		puts(argument->optional ? " |" : "; must be there |");
	}
}

static void
print_arguments(void)
{
	puts("| command | argument | | |\n|---|---|---|---|");
	for (int id = 0; id < COMMAND_COUNT; id++)
		print_arguments_of(&command_rows[id]);
}

/* ---- fields ---------------------------------------------------------- */

/* On one line: `ts`: when; `saved`: … */
static void
print_data(const struct field *fields)
{
	for (const struct field *field = fields; field->name != NULL; field++) {
		if (field != fields)
			printf("; ");
		if (field->name[0] != '\0')
			printf("`%s`: ", field->name);
		printf("%s", field->help);
		if (field->unit != NULL && strcmp(field->unit, "s") != 0)
			printf(" (%s)", field->unit);
	}
}

static void
print_events_of(enum event_kind last)
{
	puts("| event | id | when | data |\n|---|---|---|---|");
	for (int id = 0; id < EVENT_COUNT; id++) {
		const struct event_row *row = &event_rows[id];

		if (row->kind > last)
			continue;
		printf("| `%s` | %s | %s | ", row->name, row->kind == EVENT_NUMBERED ? "yes" : "no",
		    row->help);
		print_data(row->fields);
		puts(" |");
	}
}

static void
print_events(void)
{
	print_events_of(EVENT_LIVE);
}

static void
print_lines(void)
{
	print_events_of(EVENT_LOCAL);
}

/* A field within another: `viewers.stream`. */
static void
print_rows(const char *prefix, const struct field *fields)
{
	char name[64];

	for (const struct field *field = fields; field->name != NULL; field++) {
		snprintf(name, sizeof name, "%s%s", prefix, field->name);
		printf("| `%s` | %s%s%s%s |\n", name, field->help, field->unit != NULL ? " (" : "",
		    field->unit != NULL ? field->unit : "", field->unit != NULL ? ")" : "");
		if (field->fields != NULL) {
			snprintf(name, sizeof name, "%s%s.", prefix, field->name);
			print_rows(name, field->fields);
		}
	}
}

static void
print_status(void)
{
	puts("| field | |\n|---|---|");
	print_rows("", command_rows[COMMAND_STATUS].reply);
}

static void
print_controls(void)
{
	puts("| field | |\n|---|---|");
	print_rows("", control_fields);
}

/* ---- reasons --------------------------------------------------------- */

static void
print_reasons(void)
{
	puts("| `code` | in words |\n|---|---|");
	for (int row = 0; row < REASON_COUNT; row++)
		printf("| `%s` | %s |\n", reason_rows[row]->code, reason_rows[row]->text);
}

/* ---- for programs ---------------------------------------------------- */

/* Of html/events.js. */
static void
print_event_names(void)
{
	const char *comma = "";

	printf("const TYPES = [");
	for (int id = 0; id < EVENT_COUNT; id++) {
		if (event_rows[id].kind == EVENT_LOCAL)
			continue;
		printf("%s'%s'", comma, event_rows[id].name);
		comma = ", ";
	}
	puts("];");
}

static const struct {
	const char *name;
	void (*print)(void);
} tables[] = {
	{ .name = "routes", .print = print_routes },
	{ .name = "commands", .print = print_commands },
	{ .name = "arguments", .print = print_arguments },
	{ .name = "events", .print = print_events },
	{ .name = "lines", .print = print_lines },
	{ .name = "status", .print = print_status },
	{ .name = "controls", .print = print_controls },
	{ .name = "reasons", .print = print_reasons },
	{ .name = "event names", .print = print_event_names },
};

bool
table_print(const char *name)
{
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		if (strcmp(tables[i].name, name) == 0) {
			tables[i].print();
			return true;
		}
	}
	return false;
}
