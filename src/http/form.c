/* SPDX-License-Identifier: ISC */
#include "http/form.h"

#include <stdio.h>
#include <string.h>

#include "http/percent.h"

/* One byte of *at, which moves on; -1: broken. */
static int
form_byte(const char **at, const char *end)
{
	if (**at == '+')
		return (*at)++, ' ';
	return percent_decode(at, end);
}

static bool
form_decode(const char *at, const char *end, char *value, size_t size)
{
	size_t used = 0;

	while (at < end) {
		int c = form_byte(&at, end);

		if (c <= 0 || used + 1 == size)
			return false;
		value[used++] = (char)c;
	}
	value[used] = '\0';
	return true;
}

bool
form_field(const char *body, size_t length, const char *name, char *value, size_t size)
{
	const char *stop = body + length, *end;
	size_t wanted = strlen(name);
	bool found = false;

	value[0] = '\0';
	for (const char *at = body; at < stop; at = end + 1) {
		end = memchr(at, '&', (size_t)(stop - at));
		if (end == NULL)
			end = stop;
		if ((size_t)(end - at) <= wanted || at[wanted] != '=' ||
		    memcmp(at, name, wanted) != 0)
			continue;
		if (found || !form_decode(at + wanted + 1, end, value, size)) {
			value[0] = '\0';
			return false;
		}
		found = true;
	}
	return true;
}

/* After the mount: a slash, then neither a slash nor a backslash (browsers take it for a slash).
 * No spaces, control characters or non-ASCII: in a URL they are encoded. */
bool
form_is_local(const char *path, const char *mount)
{
	size_t below = strlen(mount);

	if (strlen(path) >= NEXT_SIZE || strncmp(path, mount, below) != 0 || path[below] != '/' ||
	    path[0] != '/' || path[1] == '/')
		return false;
	for (const char *c = path; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    strchr("\\\"<>", *c) != NULL)
			return false;
	return true;
}

void
form_encode(const char *text, char encoded[NEXT_ENCODED_SIZE])
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	char *out = encoded;

	for (; *text != '\0' && out < encoded + NEXT_ENCODED_SIZE - 4; text++)
		if (strchr(unreserved, *text) != NULL)
			*out++ = *text;
		else
			out += sprintf(out, "%%%02X", (unsigned char)*text);
	*out = '\0';
}
