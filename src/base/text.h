/* SPDX-License-Identifier: ISC */
/* text: other people's text (names of cameras, devices, users, reasons) made harmless.
 *
 * A terminal acts on control characters, C0 and C1 (ECMA-48), and turns lines around at
 * bidirectional overrides (Unicode TR 36, "Bidirectional Text Spoofing"). Bytes that are not
 * UTF-8 may be either. */
#ifndef ORIEL_BASE_TEXT_H
#define ORIEL_BASE_TEXT_H

#include <stddef.h>

/* How many bytes at the beginning of `text` (NUL-terminated) are one such character? 0: it is
 * plain, or the end. *code: the character, or the byte that is not UTF-8 (0x80 and above, 1
 * byte). */
size_t text_hazard(const char *text, unsigned *code);

/* Replace each byte of them by '?', in place. */
void text_blank(char *text);

/* Write `text` into `out` (size at least 1, always terminated), each of them as \x1b or \u009b,
 * never cut inside one. Returns the length. */
size_t text_escape(const char *text, char *out, size_t size);

/* 0 to 15, or -1 when it is no hexadecimal digit. */
int hex_digit(char c);

#endif
