/* SPDX-License-Identifier: ISC */
/* account_db: the set-up token, for making the first user. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "auth/account_db_internal.h"

enum { SETUP_PATH_SIZE = ACCOUNT_DB_PATH_SIZE + 16 };

static const char *
setup_path(const struct account_db *db, char path[SETUP_PATH_SIZE])
{
	snprintf(path, SETUP_PATH_SIZE, "%s/setup-token", db->settings.state_dir);
	return path;
}

void
account_db_setup_token_remove(struct account_db *db)
{
	char path[SETUP_PATH_SIZE];

	unlink(setup_path(db, path)); /* a token that stays is useless while there are users */
}

int
setup_token_read(const char *path, char token[SETUP_TOKEN_SIZE], struct cause *why)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t got = -1;

	memset(token, 0, SETUP_TOKEN_SIZE);
	if (fd != -1) {
		got = read(fd, token, SETUP_TOKEN_SIZE - 1);
		close(fd);
	}
	if (got == -1)
		return cause_errno(why, "%s", path);
	if (got == SETUP_TOKEN_SIZE - 1 &&
	    strspn(token, "abcdefghijklmnopqrstuvwxyz0123456789-") == SETUP_TOKEN_SIZE - 1)
		return 0;
	secret_wipe(token, SETUP_TOKEN_SIZE);
	return cause_set(why, "%s: no set-up token in it", path);
}

static int
setup_token_write(const char *path, const char *token, struct cause *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char line[SETUP_TOKEN_SIZE + 1];
	size_t length = (size_t)snprintf(line, sizeof line, "%s\n", token);
	int result = 0;

	if (fd == -1)
		return cause_errno(why, "%s", path);
	errno = ENOSPC; /* a short write means this */
	if (write(fd, line, length) != (ssize_t)length || fsync(fd) == -1)
		result = cause_errno(why, "%s", path);
	close(fd);
	if (result == -1)
		unlink(path);
	return result;
}

static enum account_db_result
setup_token_have(struct account_db *db, char token[SETUP_TOKEN_SIZE], struct cause *why)
{
	char path[SETUP_PATH_SIZE];

	if (setup_token_read(setup_path(db, path), token, why) == 0)
		return ACCOUNT_DB_OK;
	unlink(path); /* cut short by a power loss */
	secret_make_setup(token);
	return setup_token_write(path, token, why) == 0 ? ACCOUNT_DB_OK : ACCOUNT_DB_TROUBLE;
}

/* ACCOUNT_DB_MISSING: there are some. */
static enum account_db_result
setup_no_users(struct account_db *db, struct cause *why)
{
	int64_t count;
	enum account_db_result result = account_db_count_users(db, &count, why);

	return result == ACCOUNT_DB_OK && count > 0 ? ACCOUNT_DB_MISSING : result;
}

/* In a write transaction, so that only one of several workers makes it. */
enum account_db_result
account_db_setup_token(struct account_db *db, char token[SETUP_TOKEN_SIZE], struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);

	if (result != ACCOUNT_DB_OK)
		return result;
	result = setup_no_users(db, why);
	if (result == ACCOUNT_DB_OK)
		result = setup_token_have(db, token, why);
	return account_db_end(db, result, why);
}

static enum account_db_result
setup_token_is(struct account_db *db, const char *token, struct cause *why)
{
	char path[SETUP_PATH_SIZE], right[SETUP_TOKEN_SIZE], given[SETUP_TOKEN_SIZE] = "";
	bool equal;

	if (setup_token_read(setup_path(db, path), right, why) == -1)
		return ACCOUNT_DB_TROUBLE;
	snprintf(given, sizeof given, "%s", token);
	equal = strlen(token) == sizeof right - 1 && secret_equal(given, right, sizeof right);
	secret_wipe(right, sizeof right);
	return equal ? ACCOUNT_DB_OK : ACCOUNT_DB_MISSING;
}

enum account_db_result
account_db_setup(struct account_db *db, const char *token, const char *name, const char *hash,
    int64_t now, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);

	if (result != ACCOUNT_DB_OK)
		return result;
	result = setup_no_users(db, why);
	if (result == ACCOUNT_DB_OK)
		result = setup_token_is(db, token, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_user_insert(db, name, hash, ROLE_OPERATOR, now, why);
	result = account_db_end(db, result, why);
	if (result == ACCOUNT_DB_OK)
		account_db_setup_token_remove(db);
	return result;
}
