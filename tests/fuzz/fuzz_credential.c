/* SPDX-License-Identifier: ISC */
/* One text as Authorization, as Cookie, as a secret, as a user's name: anything taken for a
 * credential has a credential's form. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "auth/header.h"

static void
judge_header(const char *text)
{
	struct header_credential credential;

	switch (header_authorization(text, &credential)) {
	case HEADER_NONE: insist(text[0] == '\0'); break;
	case HEADER_BEARER:
		insist(secret_valid(credential.secret) && strstr(text, credential.secret) != NULL);
		break;
	case HEADER_BASIC:
		insist(user_name_valid(credential.name) &&
		    strlen(credential.password) <= PASSWORD_MAX);
		break;
	case HEADER_OTHER:
		insist(credential.name[0] == '\0' && credential.password[0] == '\0');
		break;
	}
	insist(credential.kind == HEADER_BEARER || credential.secret[0] == '\0');
}

static void
judge_cookie(const char *text, const char *name)
{
	char secret[SECRET_SIZE];

	if (header_cookie(text, name, secret))
		insist(secret_valid(secret) && strstr(text, secret) != NULL);
	else
		insist(secret[0] == '\0');
}

static void
judge_secret(const char *text)
{
	char id[GRANT_SIZE], proof[PROOF_SIZE];

	if (secret_valid(text)) {
		insist(strlen(text) < SECRET_SIZE);
		secret_digest(text, id, proof);
		insist(grant_id_valid(id));
	}
	insist(!secret_is_device(text, "anna", "$argon2id$v=19$")); /* nobody guesses 128 bits */
	if (grant_id_valid(text))
		insist(strlen(text) == GRANT_SIZE - 1 && strchr(text, '/') == NULL);
	if (user_name_valid(text))
		insist(strlen(text) < AUTH_NAME_SIZE && strchr(text, ':') == NULL);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size);

	if (text == NULL)
		return 0;
	judge_header(text);
	judge_cookie(text, "oriel");
	judge_cookie(text, "__Host-oriel");
	judge_secret(text);
	free(text);
	return 0;
}
