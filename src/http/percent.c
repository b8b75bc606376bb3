/* SPDX-License-Identifier: ISC */
#include "http/percent.h"

#include "base/text.h"

int
percent_decode(const char **at, const char *end)
{
	int c = (unsigned char)*(*at)++, high, low;

	if (c != '%')
		return c;
	if (end - *at < 2 || (high = hex_digit((*at)[0])) == -1 ||
	    (low = hex_digit((*at)[1])) == -1)
		return -1;
	*at += 2;
	return high << 4 | low;
}
