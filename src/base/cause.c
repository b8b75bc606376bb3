/* SPDX-License-Identifier: ISC */
#include "base/cause.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
cause_clean(struct cause *why)
{
	for (char *c = why->text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

int
cause_set(struct cause *why, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (why != NULL) {
		va_start(args, format);
		vsnprintf(why->text, sizeof why->text, format, args);
		va_end(args);
		cause_clean(why);
	}
	errno = saved;
	return -1;
}

int
cause_errno(struct cause *why, const char *format, ...)
{
	int saved = errno;
	va_list args;
	size_t used;

	if (why != NULL) {
		va_start(args, format);
		vsnprintf(why->text, sizeof why->text, format, args);
		va_end(args);
		used = strlen(why->text);
		snprintf(why->text + used, sizeof why->text - used, ": %s", strerror(saved));
		cause_clean(why);
	}
	errno = saved;
	return -1;
}
