/* SPDX-License-Identifier: ISC */
#include "protocol/reasons.h"

#include <stdio.h>
#include <string.h>

#define REASON_DEFINE(code, text) const struct reason reason_##code = { #code, text };
REASONS(REASON_DEFINE)
#undef REASON_DEFINE

#define REASON_ROW(code, text) &reason_##code,
const struct reason *const reason_rows[REASON_COUNT] = { REASONS(REASON_ROW) };
#undef REASON_ROW

const struct reason *
reason_find(const char *code)
{
	for (int row = 0; code != NULL && row < REASON_COUNT; row++)
		if (strcmp(code, reason_rows[row]->code) == 0)
			return reason_rows[row];
	return NULL;
}

/* ---- in JSON --------------------------------------------------------- */

void
reason_put(json_t *object, const char *name, const struct cause *why)
{
	const char *code = cause_code(why);

	json_object_set_new(object, name, json_words(why->text));
	if (code != NULL)
		json_object_set_new(object, "code", json_string(code));
	else
		json_object_del(object, "code");
}

bool
reason_get(const json_t *object, const char *name, struct cause *why)
{
	const char *text = json_get_text(object, name);

	cause_clear(why);
	if (text == NULL || text[0] == '\0')
		return false;
	cause_detail(why, reason_find(json_get_text(object, "code")), "%s", text);
	return true;
}

json_t *
reason_error(const struct cause *why)
{
	return json_pack("{s:o, s:s*}", "error", json_words(why->text), "code", cause_code(why));
}

json_t *
reason_refusal(const struct cause *why)
{
	return json_pack(
	    "{s:b, s:o, s:s*}", "ok", 0, "reason", json_words(why->text), "code", cause_code(why));
}

void
reason_line(const struct reason *reason, char line[REASON_LINE_SIZE])
{
	snprintf(line, REASON_LINE_SIZE, "{\"error\":\"%s\",\"code\":\"%s\"}", reason->text,
	    reason->code);
}
