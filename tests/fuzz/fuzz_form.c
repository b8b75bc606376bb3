/* SPDX-License-Identifier: ISC */
/* The log-in form's body, the page to go to afterwards, an Origin: the whole input as each of
 * them. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "http/form.h"
#include "http/origin.h"

enum { FIELD_SIZE = 64 };

static void
judge_body(const char *body, size_t length)
{
	static const char *const names[] = { "user", "pass", "next", "a" };
	char value[FIELD_SIZE];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (form_field(body, length, names[i], value, sizeof value))
			insist(strlen(value) < sizeof value && strlen(value) <= length);
		else
			insist(value[0] == '\0');
	}
}

/* If a path is accepted as a place on this site, a browser finds it there (URL Standard, 4.4:
 * tabs and line feeds are dropped, a backslash is a slash, two slashes begin a host). */
static void
judge_place(const char *text, const char *mount)
{
	if (!form_is_local(text, mount))
		return;
	insist(strncmp(text, mount, strlen(mount)) == 0 && text[strlen(mount)] == '/');
	insist(text[0] == '/' && text[1] != '/' && strpbrk(text, "\\\t\r\n \"<>") == NULL);
}

/* What is put into a query comes out of it again. */
static void
judge_encoding(const char *text)
{
	char encoded[sizeof "next=" + NEXT_ENCODED_SIZE] = "next=", decoded[NEXT_SIZE];

	if (strlen(text) >= NEXT_SIZE)
		return;
	form_encode(text, encoded + strlen(encoded));
	insist(strpbrk(encoded + strlen("next="), "&=+# ?\"<>") == NULL);
	insist(form_field(encoded, strlen(encoded), "next", decoded, sizeof decoded));
	insist(strcmp(decoded, text) == 0);
}

static void
judge_origin(const char *text)
{
	static const char allowed[] = "https://a.example http://b.example:8080";

	insist(!origin_listed(allowed, text) || strcmp(text, "https://a.example") == 0 ||
	    strcmp(text, "http://b.example:8080") == 0);
	insist(
	    !origin_listed(text, "https://a.example") || strstr(text, "https://a.example") != NULL);
	insist(!origin_listed(text, ""));
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size);

	insist(text != NULL);
	judge_body((const char *)data, size);
	judge_place(text, "");
	judge_place(text, "/door");
	judge_encoding(text);
	judge_origin(text);
	free(text);
	return 0;
}
