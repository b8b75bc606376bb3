/* SPDX-License-Identifier: ISC */
/* secret: random secrets, their digests, passwords; the only file that knows libsodium.
 *
 * A session's or token's secret is 256 random bits as 43 characters base64url. Its BLAKE2b
 * digest is cut in two. The first half is the public id by which it is looked up (also the
 * grant's id). The second, compared in constant time, is the proof. Only those two are stored. */
#ifndef ORIEL_AUTH_SECRET_H
#define ORIEL_AUTH_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cause.h"
#include "grants/grants.h"

enum {
	SECRET_LENGTH = 43,
	SECRET_SIZE = SECRET_LENGTH + 8, /* a token's has "oriel_" before it */
	PROOF_SIZE = 33,		 /* 32 hexadecimal digits */
	SETUP_TOKEN_SIZE = 30,		 /* xxxx-xxxx-xxxx-xxxx-xxxx-xxxx */
	PASSWORD_MIN = 10,
	PASSWORD_MAX = 1024, /* bytes */
	HASH_SIZE = 128,     /* crypto_pwhash_STRBYTES */
	SECRET_KEY_BYTES = 32,
};

#define SECRET_TOKEN_PREFIX "oriel_"

/* Once per process, before anything else here. -1: no randomness; do not go on. */
int secret_init(struct cause *why);

void secret_make(char text[SECRET_SIZE]);	     /* a session's */
void secret_make_token(char text[SECRET_SIZE]);	     /* a named token's */
void secret_make_setup(char text[SETUP_TOKEN_SIZE]); /* 120 bits, for people to copy */
void secret_make_id(char id[GRANT_SIZE]);
void secret_make_key(unsigned char key[SECRET_KEY_BYTES]);

/* Does it have the form of a session's or token's secret? Nothing else is ever hashed. */
bool secret_valid(const char *text);
bool secret_is_token(const char *text);

void secret_digest(const char *text, char id[GRANT_SIZE], char proof[PROOF_SIZE]);

/* What a browser keeps after a log-in, so that it is known again: 128 random bits and their
 * digest with the name, keyed with the hash of the password, in the form of a session's secret.
 * Good until the password changes. */
void secret_make_device(char device[SECRET_SIZE], const char *name, const char *hash);
bool secret_is_device(const char *device, const char *name, const char *hash);

/* A keyed digest of two texts, as 16 bytes (RFC 7693). */
void secret_keyed(
    const unsigned char key[SECRET_KEY_BYTES], const char *a, const char *b, unsigned char out[16]);

bool secret_equal(const void *a, const void *b, size_t size); /* in constant time */
void secret_wipe(void *memory, size_t size);

/* May it be a password? -1 with *why for the person who chose it. */
int password_check(const char *password, struct cause *why);

/* argon2id, 19 MiB, 2 passes (OWASP's password storage cheat sheet): some 20-200 ms.
 * -1: out of memory. */
int password_hash(const char *password, char hash[HASH_SIZE]);

/* `hash` NULL: there is no such user; the same work, and 0. Returns 1 or 0, -1 when out of
 * memory. */
int password_verify(const char *password, const char *hash);

/* Standard base64 with its padding (RFC 4648 section 4); the length, or -1. NUL bytes are refused;
 * the result ends with one. At most size - 1 bytes. */
int secret_decode(const char *text, size_t length, char *out, size_t size);

#endif
