/* SPDX-License-Identifier: ISC */
#include "fanout/etag.h"

#include <stdio.h>
#include <string.h>

#include "http/query.h"

bool
etag_parse(const char *text, struct etag *etag)
{
	char copy[64], *minus;
	size_t length = strlen(text);

	if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
		text++;
		length -= 2;
	}
	if (length >= sizeof copy)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	minus = strchr(copy, '-');
	if (minus == NULL)
		return false;
	*minus = '\0';
	return query_decimal(copy, &etag->generation) && query_decimal(minus + 1, &etag->sequence);
}

bool
etag_matches(const char *if_none_match, const struct etag *etag)
{
	char wanted[64];
	size_t length;

	if (strcmp(if_none_match, "*") == 0)
		return true;
	length = (size_t)snprintf(wanted, sizeof wanted, "\"%llu-%llu\"",
	    (unsigned long long)etag->generation, (unsigned long long)etag->sequence);
	for (const char *at = if_none_match; *at != '\0'; at += strcspn(at, ",")) {
		at += strspn(at, ", \t");
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (strncmp(at, wanted, length) == 0 &&
		    strspn(at + length, " \t") == strcspn(at + length, ","))
			return true;
	}
	return false;
}
