/* SPDX-License-Identifier: ISC */
/* Accounts whose file is damaged: nobody whose access has ended comes in, no site waits for its
 * set-up again, and the error says what to do. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/account_db.h"
#include "preload/faults.h"
#include "random.h"
#include "scratch.h"

enum { NOW = 1700000000, DAY = 86400, PAGE = 4096, ROUND_S = 60, OTHERS = 40 };

static struct account_db *db;
static struct account_db_settings settings = { .idle_s = DAY, .absolute_s = DAY };
static char state_dir[256], run_dir[256];
static struct cause why;
static struct random dice;
static char said[300];
static char shut_out[4][SECRET_SIZE]; /* sessions and a token that were ended */

static void
complain(const char *text)
{
	if (said[0] == '\0')
		snprintf(said, sizeof said, "%s (%.200s)", text, why.text);
}

static void
log_in(const char *name, char secret[SECRET_SIZE])
{
	struct account_db_pass user, pass;
	char hash[HASH_SIZE];

	if (account_db_user(db, name, &user, hash, &why) != ACCOUNT_DB_OK ||
	    account_db_session_add(db, &user, "", NOW, secret, &pass, &why) != ACCOUNT_DB_OK)
		complain("no log-in");
}

static void
open_book(void)
{
	int64_t next;

	snprintf(state_dir, sizeof state_dir, "%s", scratch_path("state"));
	snprintf(run_dir, sizeof run_dir, "%s", scratch_path("run"));
	settings.state_dir = state_dir;
	settings.run_dir = run_dir;
	db = account_db_new(&settings, &why);
	if (db != NULL)
		account_db_settle(db, NOW, &next, &why);
}

/* A session and a token are ended, a user is deleted, a password is changed. */
static void
fill(void)
{
	static const char *const names[] = { "anna", "ben", "cleo" };
	char other[SECRET_SIZE];
	int64_t count;

	open_book();
	for (int i = 0; i < 3; i++) {
		account_db_user_add(
		    db, names[i], "old-hash", i == 0 ? ROLE_OPERATOR : ROLE_VIEWER, NOW, &why);
		log_in(names[i], shut_out[i]);
	}
	account_db_token_add(db, "phone", ROLE_VIEWER, NOW, 0, shut_out[3], &why);
	for (int i = 0; i < OTHERS; i++)
		log_in("anna", other);
	account_db_session_end_user(db, "anna", &count, &why);
	account_db_user_delete(db, "ben", &why);
	account_db_user_password(db, "cleo", "new-hash", NOW, &why);
	account_db_token_delete(db, "phone", &why);
	for (int i = 0; i < 5; i++)
		log_in("anna", other);
	account_db_free(&db);
}

static size_t
below(size_t limit)
{
	return random_below(&dice, (uint32_t)limit);
}

static void
damage(unsigned kind)
{
	const char *path = scratch_path("state/auth.db");
	long size = scratch_size("state/auth.db"), from = kind == 1 ? 100 : 0,
	     to = kind == 0 ? 100
	    : kind == 1	    ? PAGE
			    : size;
	unsigned char bytes[PAGE] = { 0 };
	int fd = open(path, O_RDWR);

	assert_true(fd != -1);
	for (size_t i = 0; kind <= 3 && i < (kind == 3 ? 30 : 1 + below(3)); i++) {
		long at = from + (long)below((size_t)(to - from));

		assert_int_equal(pread(fd, bytes, 1, at), 1);
		bytes[0] ^= (unsigned char)(1u << below(8));
		assert_int_equal(pwrite(fd, bytes, 1, at), 1);
	}
	memset(bytes, 0, sizeof bytes);
	if (kind == 4)
		assert_int_equal(ftruncate(fd, (off_t)below((size_t)size)), 0);
	for (size_t i = 0; kind == 6 && i < sizeof bytes; i++)
		bytes[i] = (unsigned char)below(256);
	if (kind == 5 || kind == 6)
		assert_int_equal(
		    pwrite(fd, bytes, sizeof bytes, (off_t)(below((size_t)size / PAGE) * PAGE)),
		    sizeof bytes);
	if (kind == 7)
		assert_int_equal(ftruncate(fd, below(2) == 0 ? 0 : 100), 0);
	close(fd);
}

static void
check(void)
{
	char hash[HASH_SIZE] = "", token[SETUP_TOKEN_SIZE];
	struct account_db_pass pass;

	for (int i = 0; i < 4; i++)
		if (account_db_check(db, shut_out[i], NOW, &pass, &why) == ACCOUNT_DB_OK)
			complain("who was shut out is in");
	if (account_db_user(db, "ben", &pass, hash, &why) == ACCOUNT_DB_OK)
		complain("who was deleted is there");
	if (account_db_user(db, "cleo", &pass, hash, &why) == ACCOUNT_DB_OK &&
	    strcmp(hash, "old-hash") == 0)
		complain("the old password is good");
	if (account_db_setup_token(db, token, &why) == ACCOUNT_DB_OK)
		complain("the site waits for its set-up");
	if (account_db_user(db, "anna", &pass, hash, &why) == ACCOUNT_DB_TROUBLE &&
	    strstr(why.text, "damaged") != NULL && strstr(why.text, "nobody is let in") == NULL)
		complain("what to do is not said");
}

static void
round_run(unsigned number)
{
	dice.state = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
	fill();
	damage(number % 8);
	if (number / 8 % 2 == 1) { /* and the machine was started again */
		scratch_clear("run");
		mkdir(scratch_path("run"), 0700);
	}
	open_book();
	check();
	account_db_free(&db);
	if (said[0] != '\0') {
		printf("round %u: %s\n", number, said);
		fflush(stdout);
	}
}

static bool
round_is_good(unsigned number)
{
	int status;
	pid_t child;

	scratch_clear("state");
	scratch_clear("run");
	mkdir(scratch_path("state"), 0700);
	mkdir(scratch_path("run"), 0700);
	child = fork();
	if (child == 0) {
		alarm(ROUND_S);
		round_run(number);
		_exit(said[0] != '\0');
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_any_damage(void **state)
{
	unsigned rounds = getenv("ORIEL_SOAK") != NULL ? 1600 : 80, bad = 0;

	(void)state;
	faults->hasty = 1;
	scratch_make();
	scratch_silence(true);
	for (unsigned number = 0; number < rounds; number++)
		bad += !round_is_good(number);
	scratch_silence(false);
	scratch_remove();
	print_message("%u rounds of damage, %u bad\n", rounds, bad);
	assert_int_equal(bad, 0);
}

/* A backup puts it right, and keeps what was damaged. */
static void
test_a_backup_puts_it_right(void **state)
{
	unsigned char *bytes;
	struct account_db_pass pass;
	char hash[HASH_SIZE];
	size_t length;

	(void)state;
	scratch_make();
	scratch_silence(true);
	mkdir(scratch_path("state"), 0700);
	mkdir(scratch_path("run"), 0700);
	fill();
	open_book();
	assert_int_equal(account_db_save(db, &bytes, &length, &why), ACCOUNT_DB_OK);
	account_db_free(&db);
	dice.state = 7;
	damage(6);
	damage(6);
	damage(6);
	open_book();
	assert_int_equal(account_db_user(db, "anna", &pass, hash, &why), ACCOUNT_DB_TROUBLE);
	assert_non_null(
	    strstr(why.text, "nobody is let in until it is put right: orielctl restore"));
	account_db_free(&db);
	open_book();
	assert_int_equal(
	    account_db_restore(db, bytes, length, false, NOW, &why), ACCOUNT_DB_TROUBLE);
	assert_int_equal(account_db_restore(db, bytes, length, true, NOW, &why), ACCOUNT_DB_OK);
	assert_int_equal(account_db_user(db, "anna", &pass, hash, &why), ACCOUNT_DB_OK);
	assert_int_equal(account_db_user(db, "ben", &pass, hash, &why), ACCOUNT_DB_MISSING);
	assert_true(scratch_size("state/auth.db.corrupt") > 0);
	/* Bytes that are no account database change nothing; present users are replaced only on
	 * demand. */
	memset(bytes + PAGE, 0x55, 200);
	assert_int_equal(
	    account_db_restore(db, bytes, length, true, NOW, &why), ACCOUNT_DB_REFUSED);
	assert_int_equal(account_db_user(db, "anna", &pass, hash, &why), ACCOUNT_DB_OK);
	free(bytes);
	account_db_free(&db);
	scratch_silence(false);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_damage),
		cmocka_unit_test(test_a_backup_puts_it_right),
	};
	struct cause broken;

	return secret_init(&broken) == -1 ? 99 : cmocka_run_group_tests(tests, NULL, NULL);
}
