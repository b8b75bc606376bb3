/* SPDX-License-Identifier: ISC */
#include "auth/header.h"

#include <string.h>
#include <strings.h>

enum { BASIC_MAX = AUTH_NAME_SIZE + PASSWORD_MAX + 1 }; /* name, colon, password */

bool
user_name_valid(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t length = strnlen(name, AUTH_NAME_SIZE);

	return length > 0 && length < AUTH_NAME_SIZE && strchr(first, name[0]) != NULL &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

/* ---- Authorization --------------------------------------------------- */

/* What follows "SCHEME ", NULL for another scheme. */
static const char *
behind_scheme(const char *value, const char *scheme)
{
	size_t length = strlen(scheme);

	if (strncasecmp(value, scheme, length) != 0 || value[length] != ' ')
		return NULL;
	return value + length + strspn(value + length, " ");
}

static enum header_kind
header_bearer(const char *text, struct header_credential *credential)
{
	if (!secret_valid(text))
		return HEADER_OTHER;
	strcpy(credential->secret, text);
	return HEADER_BEARER;
}

static enum header_kind
header_basic(const char *text, struct header_credential *credential)
{
	enum header_kind kind = HEADER_OTHER;
	char pair[BASIC_MAX + 1], *colon;

	if (secret_decode(text, strlen(text), pair, sizeof pair) == -1)
		return HEADER_OTHER;
	colon = strchr(pair, ':');
	if (colon != NULL)
		*colon++ = '\0';
	if (colon != NULL && user_name_valid(pair) && strlen(colon) <= PASSWORD_MAX) {
		strcpy(credential->name, pair);
		strcpy(credential->password, colon);
		kind = HEADER_BASIC;
	}
	secret_wipe(pair, sizeof pair);
	return kind;
}

enum header_kind
header_authorization(const char *value, struct header_credential *credential)
{
	const char *text;

	memset(credential, 0, sizeof *credential);
	credential->kind = HEADER_OTHER;
	if (value == NULL || value[0] == '\0')
		credential->kind = HEADER_NONE;
	else if (strnlen(value, HEADER_MAX + 1) > HEADER_MAX)
		credential->kind = HEADER_OTHER;
	else if ((text = behind_scheme(value, "Bearer")) != NULL)
		credential->kind = header_bearer(text, credential);
	else if ((text = behind_scheme(value, "Basic")) != NULL)
		credential->kind = header_basic(text, credential);
	return credential->kind;
}

/* ---- Cookie ---------------------------------------------------------- */

/* The value of one "name=value" of `length` bytes, if it has this name. */
static const char *
pair_value(const char *pair, size_t length, const char *name, size_t *value_length)
{
	size_t name_length = strlen(name);

	if (length <= name_length || strncmp(pair, name, name_length) != 0 ||
	    pair[name_length] != '=')
		return NULL;
	*value_length = length - name_length - 1;
	return pair + name_length + 1;
}

static size_t
trimmed(const char *text, size_t length)
{
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	return length;
}

/* False: no secret, or two different ones. */
static bool
cookie_take(char secret[SECRET_SIZE], const char *text, size_t size)
{
	if (size == 0 || size >= SECRET_SIZE)
		return false;
	if (secret[0] != '\0')
		return strlen(secret) == size && memcmp(secret, text, size) == 0;
	memcpy(secret, text, size);
	secret[size] = '\0';
	return true;
}

bool
header_cookie(const char *value, const char *name, char secret[SECRET_SIZE])
{
	bool sound = value != NULL && strnlen(value, HEADER_MAX + 1) <= HEADER_MAX;

	memset(secret, 0, SECRET_SIZE);
	while (sound && *value != '\0') {
		const char *end = value + strcspn(value, ";"), *text;
		size_t size;

		value += strspn(value, " \t");
		text = pair_value(value, trimmed(value, (size_t)(end - value)), name, &size);
		if (text != NULL)
			sound = cookie_take(secret, text, size);
		value = *end == ';' ? end + 1 : end;
	}
	if (sound && secret_valid(secret))
		return true;
	secret_wipe(secret, SECRET_SIZE);
	return false;
}
