/* SPDX-License-Identifier: ISC */
/* book: the set-up token, by which the first user is made. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "auth/inside.h"

enum { SETUP_PATH_SIZE = BOOK_PATH_SIZE + 16 };

static const char *
setup_path(const struct book *book, char path[SETUP_PATH_SIZE])
{
	snprintf(path, SETUP_PATH_SIZE, "%s/setup-token", book->settings.state_dir);
	return path;
}

void
book_setup_token_remove(struct book *book)
{
	char path[SETUP_PATH_SIZE];

	unlink(
	    setup_path(book, path)); /* one that stays is good for nothing while there are users */
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
	errno = ENOSPC; /* what a short write means */
	if (write(fd, line, length) != (ssize_t)length || fsync(fd) == -1)
		result = cause_errno(why, "%s", path);
	close(fd);
	if (result == -1)
		unlink(path);
	return result;
}

static enum book_result
setup_token_have(struct book *book, char token[SETUP_TOKEN_SIZE], struct cause *why)
{
	char path[SETUP_PATH_SIZE];

	if (setup_token_read(setup_path(book, path), token, why) == 0)
		return BOOK_OK;
	unlink(path); /* cut short by a power loss */
	secret_make_setup(token);
	return setup_token_write(path, token, why) == 0 ? BOOK_OK : BOOK_TROUBLE;
}

/* BOOK_MISSING: there are some. */
static enum book_result
setup_no_users(struct book *book, struct cause *why)
{
	int64_t count;
	enum book_result result = book_count_users(book, &count, why);

	return result == BOOK_OK && count > 0 ? BOOK_MISSING : result;
}

/* In a write transaction, so that of several workers one makes it. */
enum book_result
book_setup_token(struct book *book, char token[SETUP_TOKEN_SIZE], struct cause *why)
{
	enum book_result result = book_begin(book, why);

	if (result != BOOK_OK)
		return result;
	result = setup_no_users(book, why);
	if (result == BOOK_OK)
		result = setup_token_have(book, token, why);
	return book_end(book, result, why);
}

static enum book_result
setup_token_is(struct book *book, const char *token, struct cause *why)
{
	char path[SETUP_PATH_SIZE], right[SETUP_TOKEN_SIZE], given[SETUP_TOKEN_SIZE] = "";
	bool equal;

	if (setup_token_read(setup_path(book, path), right, why) == -1)
		return BOOK_TROUBLE;
	snprintf(given, sizeof given, "%s", token);
	equal = strlen(token) == sizeof right - 1 && secret_equal(given, right, sizeof right);
	secret_wipe(right, sizeof right);
	return equal ? BOOK_OK : BOOK_MISSING;
}

enum book_result
book_setup(struct book *book, const char *token, const char *name, const char *hash, int64_t now,
    struct cause *why)
{
	enum book_result result = book_begin(book, why);

	if (result != BOOK_OK)
		return result;
	result = setup_no_users(book, why);
	if (result == BOOK_OK)
		result = setup_token_is(book, token, why);
	if (result == BOOK_OK)
		result = book_user_insert(book, name, hash, ROLE_OPERATOR, now, why);
	result = book_end(book, result, why);
	if (result == BOOK_OK)
		book_setup_token_remove(book);
	return result;
}
