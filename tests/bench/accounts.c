/* SPDX-License-Identifier: ISC */
/* accounts: what it costs to know who comes: `make tests/bench/accounts && tests/bench/accounts FOLDER`.
 * FOLDER (to be made; on the disk in question) keeps the database. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "auth/book.h"
#include "base/clock.h"

enum {
	USERS = 100,
	SESSIONS = 1000,
	LOOKS = 200000,
	HASHES = 20,
	NOW = 1700000000,
	MONTH = 2592000
};

static struct cause why;

static void
insist(enum book_result result)
{
	if (result == BOOK_OK)
		return;
	fprintf(stderr, "accounts: %s\n", why.text);
	exit(1);
}

static double
since(uint64_t begun, double unit, int count)
{
	return (double)(clock_mono_ns() - begun) / unit / count;
}

static long
peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
fill(struct book *book, char secret[SECRET_SIZE])
{
	struct book_pass user, pass;
	char name[16], hash[HASH_SIZE];
	uint64_t begun = clock_mono_ns();

	for (int i = 0; i < SESSIONS; i++) {
		snprintf(name, sizeof name, "user%d", i % USERS);
		if (i < USERS)
			insist(book_user_add(book, name, "", ROLE_VIEWER, NOW, &why));
		insist(book_user(book, name, &user, hash, &why));
		insist(book_session_add(book, &user, "", NOW, secret, &pass, &why));
	}
	printf("a session begun, on disk   %8.2f ms\n", since(begun, 1e6, SESSIONS + USERS));
}

static void
look(struct book *book, const char *secret)
{
	struct book_pass pass;
	uint64_t begun = clock_mono_ns();

	for (int i = 0; i < LOOKS; i++)
		insist(book_check(book, secret, NOW, &pass, &why));
	printf(
	    "a session looked up        %8.2f us, one of %d\n", since(begun, 1e3, LOOKS), SESSIONS);
}

static void
hash(void)
{
	long before = peak_kib();
	char text[HASH_SIZE];
	uint64_t begun = clock_mono_ns();

	for (int i = 0; i < HASHES; i++)
		if (password_hash("correct horse battery", text) == -1)
			exit(1);
	printf("a password hashed          %8.2f ms\n", since(begun, 1e6, HASHES));
	printf("memory                     %8.1f MiB at most, %.1f before the first hash\n",
	    (double)peak_kib() / 1024, (double)before / 1024);
}

int
main(int argc, char **argv)
{
	struct book_settings settings = { argv[1], argv[1], MONTH, MONTH };
	char secret[SECRET_SIZE];
	struct book *book;
	int64_t next;

	if (argc != 2 || mkdir(argv[1], 0700) == -1) {
		fprintf(stderr, "usage: accounts FOLDER (one that is not there yet)\n");
		return 2;
	}
	book = secret_init(&why) == 0 ? book_new(&settings, &why) : NULL;
	if (book == NULL)
		return 1;
	insist(book_settle(book, NOW, &next, &why));
	fill(book, secret);
	look(book, secret);
	hash();
	book_free(&book);
	return 0;
}
