/* SPDX-License-Identifier: ISC */
/* field: the fields of a JSON object, as rows of a table.
 *
 * Such rows describe commands, replies and events. Commands are checked by them. The JSON schemas,
 * the OpenAPI file and the tables of the docs are generated from them. The site tests check real
 * answers against the schemas. */
#ifndef ORIEL_PROTOCOL_FIELD_H
#define ORIEL_PROTOCOL_FIELD_H

#include <stdbool.h>
#include <stddef.h>

enum field_type {
	FIELD_INTEGER,
	FIELD_NUMBER,
	FIELD_BOOLEAN,
	FIELD_TEXT,
	FIELD_CODE,	/* of a reason: protocol/reasons.h */
	FIELD_VALUE,	/* of a V4L2 control: an integer or a boolean */
	FIELD_OBJECT,	/* of `fields`; if that is NULL: of any names */
	FIELD_LIST,	/* of objects of `fields` */
	FIELD_NUMBERS,	/* a list of `length` numbers */
	FIELD_TEXTS,	/* a list of texts */
	FIELD_CONTROLS, /* no field: V4L2 controls by their names, with their values */
	FIELD_SETTINGS, /* no field: each setting by its name, with its value */
	FIELD_SOURCES,	/* an object: each setting's name, and where its value is from */
};

struct field { /* a row; all strings static */
	const char *name;
	enum field_type type;
	const char *help;    /* a sentence without its full stop */
	bool optional;	     /* not always there */
	bool nullable;	     /* may be null */
	bool live;	     /* FIELD_SETTINGS: only those that may be changed while running */
	const char *unit;    /* "s", "ms", "%", "bytes"; NULL: none */
	const char *choices; /* FIELD_TEXT: "a|b|c"; NULL: any text */
	long long min, max;  /* of a number, or of each of FIELD_NUMBERS; min == max: no limit */
	int length;	     /* FIELD_NUMBERS: how many; FIELD_TEXT of an argument: bytes at most */
	long long initial;   /* FIELD_INTEGER of an argument: its value when left out; 0: none */
	const struct field *fields; /* ends with a row without a name */
};

/* A row. Other members follow by name: FIELD("ts", NUMBER, "when", .unit = "s"). */
#define FIELD(NAME, TYPE, ...)                                          \
	{                                                               \
		.name = NAME, .type = FIELD_##TYPE, .help = __VA_ARGS__ \
	}
#define FIELD_END            \
	{                    \
		.name = NULL \
	}

#endif
