/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct {
	unsigned first, last;
} hazards[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f },		/* C0, DEL, C1 */
	{ 0x200e, 0x200f }, { 0x2028, 0x202e }, /* marks of direction, separators, overrides */
	{ 0x2066, 0x2069 }, { 0xfeff, 0xfeff }, /* isolates; byte order */
};

/* The length of the character at the beginning (RFC 3629), 0 when it is none. */
static size_t
utf8_read(const unsigned char *text, unsigned *code)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = text[0] < 0x80 ? 1
	    : text[0] < 0xc2	       ? 0
	    : text[0] < 0xe0	       ? 2
	    : text[0] < 0xf0	       ? 3
	    : text[0] < 0xf5	       ? 4
				       : 0;

	*code = length <= 1 ? text[0] : text[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (length > 1 &&
	    (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)))
		return 0;
	return length;
}

size_t
text_hazard(const char *text, unsigned *code)
{
	size_t length = utf8_read((const unsigned char *)text, code);

	if (*text == '\0')
		return 0;
	if (length == 0) {
		*code = (unsigned char)*text;
		return 1;
	}
	for (size_t i = 0; i < sizeof hazards / sizeof hazards[0]; i++)
		if (*code >= hazards[i].first && *code <= hazards[i].last)
			return length;
	return 0;
}

void
text_blank(char *text)
{
	unsigned code;

	while (*text != '\0') {
		size_t length = text_hazard(text, &code);

		memset(text, '?', length);
		text += length > 0 ? length : utf8_read((const unsigned char *)text, &code);
	}
}

size_t
text_escape(const char *text, char *out, size_t size)
{
	size_t used = 0;

	while (*text != '\0') {
		unsigned code;
		size_t length = text_hazard(text, &code),
		       whole = length > 0 ? length : utf8_read((const unsigned char *)text, &code);
		char piece[8];

		if (length > 0)
			snprintf(piece, sizeof piece, length == 1 ? "\\x%02x" : "\\u%04x", code);
		else
			snprintf(piece, sizeof piece, "%.*s", (int)whole, text);
		if (used + strlen(piece) >= size)
			break;
		memcpy(out + used, piece, strlen(piece));
		used += strlen(piece);
		text += whole;
	}
	out[used] = '\0';
	return used;
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
