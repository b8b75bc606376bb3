/* SPDX-License-Identifier: ISC */
#include "auth/secret.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum {
	DIGEST_BYTES = 32,
	ID_BYTES = 16,
	SETUP_LETTERS = 24,
	DEVICE_BYTES = 16,
	PASSES = 2,
	MEMORY = 19 * 1024 * 1024
};

_Static_assert(HASH_SIZE == crypto_pwhash_STRBYTES, "a password's hash");
_Static_assert(GRANT_SIZE == 2 * ID_BYTES + 1 && PROOF_SIZE == 2 * (DIGEST_BYTES - ID_BYTES) + 1,
    "a digest's halves");

int
secret_init(struct cause *why)
{
	return sodium_init() >= 0 ? 0
				  : cause_set(why, "libsodium finds no source of random numbers");
}

/* ---- made at random -------------------------------------------------- */

void
secret_make(char text[SECRET_SIZE])
{
	unsigned char bytes[32];

	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2base64(
	    text, SECRET_SIZE, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof bytes);
}

void
secret_make_token(char text[SECRET_SIZE])
{
	char secret[SECRET_SIZE];

	secret_make(secret);
	strcpy(text, SECRET_TOKEN_PREFIX);
	strcat(text, secret);
	sodium_memzero(secret, sizeof secret);
}

/* 32 letters and digits that cannot be mistaken for each other. */
void
secret_make_setup(char text[SETUP_TOKEN_SIZE])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz023456789";
	char *to = text;

	for (int i = 0; i < SETUP_LETTERS; i++) {
		if (i > 0 && i % 4 == 0)
			*to++ = '-';
		*to++ = letters[randombytes_uniform(32)];
	}
	*to = '\0';
}

void
secret_make_id(char id[GRANT_SIZE])
{
	unsigned char bytes[ID_BYTES];

	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(id, GRANT_SIZE, bytes, sizeof bytes);
}

void
secret_make_key(unsigned char key[SECRET_KEY_BYTES])
{
	randombytes_buf(key, SECRET_KEY_BYTES);
}

/* ---- their digests --------------------------------------------------- */

bool
secret_is_token(const char *text)
{
	return strncmp(text, SECRET_TOKEN_PREFIX, sizeof SECRET_TOKEN_PREFIX - 1) == 0;
}

bool
secret_valid(const char *text)
{
	size_t length = strlen(text), extra = length > SECRET_LENGTH ? length - SECRET_LENGTH : 0;

	if (extra != 0 && (extra != sizeof SECRET_TOKEN_PREFIX - 1 || !secret_is_token(text)))
		return false;
	return length - extra == SECRET_LENGTH &&
	    strspn(
		text + extra, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
	    SECRET_LENGTH;
}

void
secret_digest(const char *text, char id[GRANT_SIZE], char proof[PROOF_SIZE])
{
	unsigned char digest[DIGEST_BYTES];

	crypto_generichash(
	    digest, sizeof digest, (const unsigned char *)text, strlen(text), NULL, 0);
	sodium_bin2hex(id, GRANT_SIZE, digest, ID_BYTES);
	sodium_bin2hex(proof, PROOF_SIZE, digest + ID_BYTES, sizeof digest - ID_BYTES);
	sodium_memzero(digest, sizeof digest);
}

/* The NUL between them keeps ("ab", "c") and ("a", "bc") apart. */
void
secret_keyed(
    const unsigned char key[SECRET_KEY_BYTES], const char *a, const char *b, unsigned char out[16])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, SECRET_KEY_BYTES, 16);
	crypto_generichash_update(&state, (const unsigned char *)a, strlen(a) + 1);
	crypto_generichash_update(&state, (const unsigned char *)b, strlen(b));
	crypto_generichash_final(&state, out, 16);
	sodium_memzero(&state, sizeof state);
}

bool
secret_equal(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size) == 0;
}

void
secret_wipe(void *memory, size_t size)
{
	sodium_memzero(memory, size);
}

int
secret_decode(const char *text, size_t length, char *out, size_t size)
{
	size_t got;

	if (sodium_base642bin((unsigned char *)out, size - 1, text, length, NULL, &got, NULL,
		sodium_base64_VARIANT_ORIGINAL) == -1 ||
	    memchr(out, '\0', got) != NULL) {
		sodium_memzero(out, size);
		return -1;
	}
	out[got] = '\0';
	return (int)got;
}

/* ---- devices --------------------------------------------------------- */

/* Computes the second half of `bytes` from the first. */
static void
device_seal(unsigned char bytes[2 * DEVICE_BYTES], const char *name, const char *hash)
{
	unsigned char key[SECRET_KEY_BYTES];
	crypto_generichash_state state;

	crypto_generichash(key, sizeof key, (const unsigned char *)hash, strlen(hash), NULL, 0);
	crypto_generichash_init(&state, key, sizeof key, DEVICE_BYTES);
	crypto_generichash_update(&state, bytes, DEVICE_BYTES);
	crypto_generichash_update(&state, (const unsigned char *)name, strlen(name));
	crypto_generichash_final(&state, bytes + DEVICE_BYTES, DEVICE_BYTES);
	sodium_memzero(key, sizeof key);
	sodium_memzero(&state, sizeof state);
}

void
secret_make_device(char device[SECRET_SIZE], const char *name, const char *hash)
{
	unsigned char bytes[2 * DEVICE_BYTES];

	randombytes_buf(bytes, DEVICE_BYTES);
	device_seal(bytes, name, hash);
	sodium_bin2base64(
	    device, SECRET_SIZE, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
secret_is_device(const char *device, const char *name, const char *hash)
{
	unsigned char bytes[2 * DEVICE_BYTES], digest[DEVICE_BYTES];
	size_t length;

	if (sodium_base642bin(bytes, sizeof bytes, device, strlen(device), NULL, &length, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) == -1 ||
	    length != sizeof bytes)
		return false;
	memcpy(digest, bytes + DEVICE_BYTES, DEVICE_BYTES);
	device_seal(bytes, name, hash);
	return secret_equal(digest, bytes + DEVICE_BYTES, DEVICE_BYTES);
}

/* ---- passwords ------------------------------------------------------- */

int
password_check(const char *password, struct cause *why)
{
	size_t length = strnlen(password, PASSWORD_MAX + 1);

	if (length < PASSWORD_MIN)
		return cause_set(why, "a password has at least %d characters", PASSWORD_MIN);
	if (length > PASSWORD_MAX)
		return cause_set(why, "a password has at most %d bytes", PASSWORD_MAX);
	return 0;
}

int
password_hash(const char *password, char hash[HASH_SIZE])
{
	memset(hash, 0, HASH_SIZE);
	return crypto_pwhash_str_alg(
	    hash, password, strlen(password), PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13);
}

/* An unknown user must take as long as a wrong password. */
static int
password_pretend(const char *password)
{
	char hash[HASH_SIZE];

	return password_hash(password, hash);
}

int
password_verify(const char *password, const char *hash)
{
	if (hash == NULL)
		return password_pretend(password);
	errno = 0;
	if (crypto_pwhash_str_verify(hash, password, strlen(password)) == 0)
		return 1;
	return errno == ENOMEM ? -1 : 0;
}
