/* SPDX-License-Identifier: ISC */
#include "protocol/commands.h"

#include <string.h>

#define COMMAND_WORD(id, name, role, length, arguments, help) \
	{ name, role, length, arguments, help },
const struct command_word command_words[COMMAND_COUNT] = { COMMANDS(COMMAND_WORD) };
#undef COMMAND_WORD

enum command_id
command_find(const char *name)
{
	int id;

	for (id = 0; id < COMMAND_COUNT; id++)
		if (strcmp(name, command_words[id].name) == 0)
			break;
	return (enum command_id)id;
}

bool
command_is_remote(enum command_id id)
{
	return id < COMMAND_COUNT && command_words[id].role != COMMAND_LOCAL;
}
