/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"
#include "ctl/show_internal.h"

void
show_padded(const char *text, int width)
{
	char piece[64];
	int shown = 0;

	while (text != NULL && *text != '\0') {
		unsigned code;
		size_t length = text_hazard(text, &code);

		if (length > 0) {
			snprintf(piece, sizeof piece, "%.*s", (int)length, text);
			text_escape(piece, piece + 8, sizeof piece - 8);
			shown += printf("%s", piece + 8);
		} else {
			length = 1;
			putchar(*text);
			shown += ((unsigned char)*text & 0xc0) != 0x80;
		}
		text += length;
	}
	printf("%*s", shown < width ? width - shown : 0, "");
}

void
show_text(const char *text)
{
	show_padded(text, 0);
}

long long
show_integer_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

double
show_number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

void
show_value(const json_t *value)
{
	char *line;

	if (json_is_string(value)) {
		show_text(json_string_value(value));
		return;
	}
	line = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	show_text(line);
	free(line);
}

void
show_time(double seconds)
{
	time_t whole = (time_t)seconds;
	char text[32];
	struct tm local;

	localtime_r(&whole, &local);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
	printf("%s", text);
}

const char *
show_bytes(char *text, size_t size, long long bytes)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
		value /= 1000;
	snprintf(text, size, unit > 0 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}
