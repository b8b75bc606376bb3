/* SPDX-License-Identifier: ISC */
#include "base/cause.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int
cause_set(struct cause *why, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (why != NULL) {
		va_start(args, format);
		vsnprintf(why->text, sizeof why->text, format, args);
		va_end(args);
		text_blank(why->text);
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
		text_blank(why->text);
	}
	errno = saved;
	return -1;
}
