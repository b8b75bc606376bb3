/* SPDX-License-Identifier: ISC */
/* accounts: the cost of checking who somebody is: `make tests/bench/accounts &&
 * tests/bench/accounts FOLDER`. The new FOLDER, on the disk to be measured, keeps the database. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "auth/account_db.h"
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
insist(enum account_db_result result)
{
	if (result == ACCOUNT_DB_OK)
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
fill(struct account_db *db, char secret[SECRET_SIZE])
{
	struct account_db_pass user, pass;
	char name[16], hash[HASH_SIZE];
	uint64_t begun = clock_mono_ns();

	for (int i = 0; i < SESSIONS; i++) {
		snprintf(name, sizeof name, "user%d", i % USERS);
		if (i < USERS)
			insist(account_db_user_add(db, name, "", ROLE_VIEWER, NOW, &why));
		insist(account_db_user(db, name, &user, hash, &why));
		insist(account_db_session_add(db, &user, "", NOW, secret, &pass, &why));
	}
	printf("a session begun, on disk   %8.2f ms\n", since(begun, 1e6, SESSIONS + USERS));
}

static void
look(struct account_db *db, const char *secret)
{
	struct account_db_pass pass;
	uint64_t begun = clock_mono_ns();

	for (int i = 0; i < LOOKS; i++)
		insist(account_db_check(db, secret, NOW, &pass, &why));
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
	struct account_db_settings settings = { argv[1], argv[1], MONTH, MONTH };
	char secret[SECRET_SIZE];
	struct account_db *db;
	int64_t next;

	if (argc != 2 || mkdir(argv[1], 0700) == -1) {
		fprintf(stderr, "usage: accounts FOLDER (one that is not there yet)\n");
		return 2;
	}
	db = secret_init(&why) == 0 ? account_db_new(&settings, &why) : NULL;
	if (db == NULL)
		return 1;
	insist(account_db_settle(db, NOW, &next, &why));
	fill(db, secret);
	look(db, secret);
	hash();
	account_db_free(&db);
	return 0;
}
