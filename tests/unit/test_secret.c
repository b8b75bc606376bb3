/* SPDX-License-Identifier: ISC */
/* secret and header: what a stranger may send, and how it is read. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/header.h"

#define S "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ" /* 43 characters */
#define T "0123456789-_nopqrstuvwxyzABCDEFGHIJKLMNOPQR"

static int
begin(void **state)
{
	struct cause why;

	(void)state;
	return secret_init(&why);
}

/* ---- secrets --------------------------------------------------------- */

static void
test_secrets(void **state)
{
	char a[SECRET_SIZE], b[SECRET_SIZE], id[GRANT_SIZE], proof[PROOF_SIZE], other[GRANT_SIZE];

	(void)state;
	secret_make(a), secret_make(b);
	assert_true(secret_valid(a) && !secret_is_token(a));
	assert_int_equal(strlen(a), SECRET_LENGTH);
	assert_string_not_equal(a, b);
	secret_digest(a, id, proof);
	assert_true(grant_id_valid(id) && grant_id_valid(proof));
	assert_string_not_equal(id, proof);
	secret_digest(b, other, proof);
	assert_string_not_equal(id, other);
	secret_make_token(a);
	assert_true(secret_valid(a) && secret_is_token(a));
	secret_make_id(id);
	assert_true(grant_id_valid(id));
}

/* Stored data must still be found by the next version. */
static void
test_the_digest_is_blake2b(void **state)
{
	char id[GRANT_SIZE], proof[PROOF_SIZE];

	(void)state;
	secret_digest(S, id, proof);
	assert_string_equal(id, "5de4f7533d6e6a4a5c78c1763c3cc963");
	assert_string_equal(proof, "2c60f6707b201fcfc5206247825a129e");
}

static void
test_what_is_no_secret(void **state)
{
	static const char *const bad[] = { "", "a", S "x", "oriel_", "oriel_" S "x", "Oriel_" S,
		"oriel-" S, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP",
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO P",
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP=",
		"oriel_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP+",
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO\xc3\xa4" };

	(void)state;
	assert_true(secret_valid(S) && secret_valid("oriel_" S));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(secret_valid(bad[i]));
}

static void
test_the_setup_token(void **state)
{
	char token[SETUP_TOKEN_SIZE], other[SETUP_TOKEN_SIZE];

	(void)state;
	secret_make_setup(token), secret_make_setup(other);
	assert_int_equal(strlen(token), SETUP_TOKEN_SIZE - 1);
	assert_int_equal(strspn(token, "abcdefghjkmnpqrstuvwxyz023456789-"), SETUP_TOKEN_SIZE - 1);
	assert_string_not_equal(token, other);
}

static void
test_keyed(void **state)
{
	unsigned char key[SECRET_KEY_BYTES], other[SECRET_KEY_BYTES], a[16], b[16];

	(void)state;
	secret_make_key(key), secret_make_key(other);
	secret_keyed(key, "ab", "c", a), secret_keyed(key, "ab", "c", b);
	assert_true(secret_equal(a, b, 16));
	secret_keyed(key, "a", "bc", b);
	assert_false(secret_equal(a, b, 16));
	secret_keyed(other, "ab", "c", b);
	assert_false(secret_equal(a, b, 16));
}

/* ---- passwords ------------------------------------------------------- */

static void
test_passwords(void **state)
{
	char hash[HASH_SIZE], again[HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash("correct horse", hash), 0);
	assert_int_equal(password_hash("correct horse", again), 0);
	assert_true(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0);
	assert_string_not_equal(hash, again);
	assert_int_equal(password_verify("correct horse", hash), 1);
	assert_int_equal(password_verify("correct horsf", hash), 0);
	assert_int_equal(password_verify("", hash), 0);
	assert_int_equal(password_verify("correct horse", NULL), 0);
	assert_int_equal(password_verify("correct horse", ""), 0);
	assert_int_equal(password_verify("correct horse", "$argon2id$v=19$m=19456,t=2,p=1$"), 0);
}

static void
test_which_passwords_will_do(void **state)
{
	char text[PASSWORD_MAX + 2];
	struct cause why;

	(void)state;
	assert_int_equal(password_check("123456789", &why), -1);
	assert_string_equal(why.text, "a password has at least 10 characters");
	assert_int_equal(password_check("1234567890", &why), 0);
	memset(text, 'x', sizeof text);
	text[PASSWORD_MAX] = '\0';
	assert_int_equal(password_check(text, &why), 0);
	text[PASSWORD_MAX] = 'x', text[PASSWORD_MAX + 1] = '\0';
	assert_int_equal(password_check(text, &why), -1);
}

/* ---- names ----------------------------------------------------------- */

static void
test_names(void **state)
{
	static const char *const bad[] = { "", "-a", ".a", "_a", "Anna", "a b", "a:b", "a/b",
		"\xc3\xa4", "a\n", "a23456789012345678901234567890123" };

	(void)state;
	assert_true(user_name_valid("a") && user_name_valid("anna.b-c_9") &&
	    user_name_valid("a2345678901234567890123456789012"));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(user_name_valid(bad[i]));
}

/* ---- Authorization --------------------------------------------------- */

static struct header_credential credential;

static enum header_kind
authorization(const char *value)
{
	return header_authorization(value, &credential);
}

static void
test_bearer(void **state)
{
	static const char *const bad[] = { "Bearer", "Bearer ", "Bearer x", "Bearer " S " ",
		"Bearer\t" S, "Bearer" S, "Bearer " S ", Basic x", "Bearerx " S, " Bearer " S };

	(void)state;
	assert_int_equal(authorization(NULL), HEADER_NONE);
	assert_int_equal(authorization(""), HEADER_NONE);
	assert_int_equal(authorization("Bearer " S), HEADER_BEARER);
	assert_string_equal(credential.secret, S);
	assert_int_equal(authorization("bearer  oriel_" S), HEADER_BEARER);
	assert_string_equal(credential.secret, "oriel_" S);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(authorization(bad[i]), HEADER_OTHER);
		assert_string_equal(credential.secret, "");
	}
	assert_int_equal(authorization("Digest username=\"a\""), HEADER_OTHER);
}

static void
test_basic(void **state)
{
	static const char *const bad[] = { "Basic", "Basic ", "Basic !", "Basic YW5uYTpnZWhlaW0",
		"Basic YW5uYQ==", "Basic QW5uYTpnZWhlaW0=", "Basic OmdlaGVpbQ==",
		"Basic YW5uYTpnZQBpbQ==", "Basic YW5uYTpnZWhlaW0= ", "Basic YW5uYTpnZWhl\naW0=" };

	(void)state;
	assert_int_equal(authorization("Basic YW5uYTpnZWhlaW0="), HEADER_BASIC);
	assert_string_equal(credential.name, "anna");
	assert_string_equal(credential.password, "geheim");
	assert_int_equal(authorization("basic YW5uYTo6YTo="), HEADER_BASIC);
	assert_string_equal(credential.password, ":a:");
	assert_int_equal(authorization("Basic YW5uYTo="), HEADER_BASIC);
	assert_string_equal(credential.password, "");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(authorization(bad[i]), HEADER_OTHER);
		assert_true(credential.name[0] == '\0' && credential.password[0] == '\0');
	}
}

/* "Basic " and base64 of "anna:" and `length` times 'x' (a multiple of 3, less 1). */
static char *
basic_of(size_t length)
{
	char *text = malloc(20 + length / 3 * 4 + 5);

	strcpy(text, "Basic YW5uYTp4"); /* anna:x */
	for (size_t i = 1; i < length; i += 3)
		strcat(text, "eHh4");
	return text;
}

static void
test_long_headers(void **state)
{
	char *text = basic_of(1 + 3 * 341); /* 1024 */

	(void)state;
	assert_int_equal(authorization(text), HEADER_BASIC);
	assert_int_equal(strlen(credential.password), PASSWORD_MAX);
	free(text);
	text = basic_of(1 + 3 * 342);
	assert_int_equal(authorization(text), HEADER_OTHER);
	free(text);
	text = basic_of(9000);
	assert_int_equal(authorization(text), HEADER_OTHER);
	free(text);
}

/* ---- Cookie ---------------------------------------------------------- */

static void
test_cookies(void **state)
{
	static const char *const bad[] = { "", "oriel", "oriel=", "oriel=x", "xoriel=" S,
		"oriel =" S, "oriel=\"" S "\"", "Oriel=" S, "oriel=" S "x", "oriel=" S "; oriel=" T,
		"oriel=" S ";oriel=", "oriel=; oriel=" S, "other=oriel=" S, "oriel=" S ",b=2",
		"a=1, oriel=" S };
	static const char *const good[] = { "oriel=" S, "a=1; oriel=" S, "oriel=" S ";b=2",
		"a; =; ;;oriel=" S " ", "a=\"x\";\toriel=" S "\t;", "oriel=" S "; oriel=" S,
		"__Host-oriel=" T "; oriel=" S };
	char secret[SECRET_SIZE];

	(void)state;
	assert_false(header_cookie(NULL, "oriel", secret));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(header_cookie(bad[i], "oriel", secret));
		assert_string_equal(secret, "");
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(header_cookie(good[i], "oriel", secret));
		assert_string_equal(secret, S);
	}
	assert_true(header_cookie(good[6], "__Host-oriel", secret));
	assert_string_equal(secret, T);
}

/* ---- devices --------------------------------------------------------- */

static void
test_a_device(void **state)
{
	static const char hash[] = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
			  other[] = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaB";
	char device[SECRET_SIZE], second[SECRET_SIZE];

	(void)state;
	secret_make_device(device, "anna", hash);
	secret_make_device(second, "anna", hash);
	assert_true(secret_valid(device));
	assert_string_not_equal(device, second);
	assert_true(
	    secret_is_device(device, "anna", hash) && secret_is_device(second, "anna", hash));
	assert_false(
	    secret_is_device(device, "ann", hash) || secret_is_device(device, "annab", hash));
	assert_false(secret_is_device(device, "anna", other));
	for (int i = 0; i < SECRET_LENGTH; i++) {
		char was = device[i];

		device[i] = was == 'A' ? 'E' : 'A';
		assert_false(secret_is_device(device, "anna", hash));
		device[i] = was;
	}
	assert_false(secret_is_device("", "anna", hash));
	device[SECRET_LENGTH - 1] = '\0';
	assert_false(secret_is_device(device, "anna", hash));
	secret_make(device);
	assert_false(secret_is_device(device, "anna", hash));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_the_digest_is_blake2b),
		cmocka_unit_test(test_what_is_no_secret),
		cmocka_unit_test(test_the_setup_token),
		cmocka_unit_test(test_keyed),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_which_passwords_will_do),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bearer),
		cmocka_unit_test(test_basic),
		cmocka_unit_test(test_long_headers),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_a_device),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
