/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/account_db.h"
#include "scratch.h"

enum { IDLE = 1000, ABSOLUTE = 5000, NOW = 1700000000, HOUR = 3600, DAY = 86400 };

static char folder[256];
static struct account_db_settings settings;
static struct grants grants;
static struct account_db *db;
static struct account_db_pass pass;
static struct cause why;

static struct account_db *
open_book(void)
{
	struct account_db *opened = account_db_new(&settings, &why);

	assert_non_null(opened);
	account_db_ready(opened, &why);
	return opened;
}

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	snprintf(folder, sizeof folder, "%s", scratch_path("state"));
	settings = (struct account_db_settings){ folder, strdup(scratch_path(".")), IDLE,
		ABSOLUTE };
	why.text[0] = '\0';
	assert_int_equal(grants_init(&grants, settings.run_dir, &why), 0);
	db = open_book();
	assert_int_equal(account_db_ready(db, &why), ACCOUNT_DB_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	account_db_free(&db);
	free((char *)settings.run_dir);
	scratch_remove();
	return 0;
}

static void
reopen(void)
{
	account_db_free(&db);
	db = open_book();
}

static int64_t
settle(int64_t now)
{
	int64_t next;

	if (account_db_settle(db, now, &next, &why) != ACCOUNT_DB_OK)
		fail_msg("%s", why.text);
	return next;
}

/* Run SQL behind the account database's back. */
static void
tamper(const char *sql)
{
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(scratch_path("state/auth.db"), &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

static void
add_user(const char *name, enum role role)
{
	if (account_db_user_add(db, name, "hash", role, NOW, &why) != ACCOUNT_DB_OK)
		fail_msg("%s", why.text);
}

static struct account_db_pass
user(const char *name)
{
	struct account_db_pass found;
	char hash[HASH_SIZE];

	if (account_db_user(db, name, &found, hash, &why) != ACCOUNT_DB_OK)
		fail_msg("no user %s: %s", name, why.text);
	return found;
}

/* The secret, in one of eight places. */
static const char *
log_in(const char *name, int64_t now)
{
	static char secrets[8][SECRET_SIZE];
	static unsigned turn;
	char *secret = secrets[turn++ % 8];
	struct account_db_pass who = user(name);

	if (account_db_session_add(db, &who, "192.0.2.1 test", now, secret, &pass, &why) !=
	    ACCOUNT_DB_OK)
		fail_msg("%s", why.text);
	return secret;
}

static bool
good(const char *secret, int64_t now)
{
	enum account_db_result result = account_db_check(db, secret, now, &pass, &why);

	if (result == ACCOUNT_DB_TROUBLE)
		fail_msg("%s", why.text);
	return result == ACCOUNT_DB_OK;
}

static long
count_files(void)
{
	return scratch_count(".grants");
}

static void
lose_run_folder(void)
{
	char command[600];

	snprintf(command, sizeof command, "rm -r '%s'", grants.path);
	assert_int_equal(system(command), 0);
}

/* ---- the file -------------------------------------------------------- */

static unsigned
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(scratch_path("%s", name), &st), 0);
	return st.st_mode & 07777;
}

static void
test_nobody_else_may_read_it(void **state)
{
	(void)state;
	account_db_free(&db);
	assert_int_equal(unlink(scratch_path("state/auth.db")), 0);
	umask(0);
	reopen();
	add_user("anna", ROLE_VIEWER);
	umask(0022);
	assert_int_equal(mode_of("state"), 0700);
	assert_int_equal(mode_of("state/auth.db"), 0600);
	assert_int_equal(mode_of("state/auth.db-wal"), 0600);
	assert_int_equal(mode_of("state/auth.db-shm"), 0600);
	account_db_free(&db);
	assert_int_equal(chmod(scratch_path("state/auth.db"), 0644), 0);
	scratch_silence(true);
	reopen();
	scratch_silence(false);
	assert_int_equal(mode_of("state/auth.db"), 0600);
}

static void
test_another_layout_is_refused(void **state)
{
	(void)state;
	tamper("PRAGMA user_version=2");
	reopen();
	assert_int_equal(account_db_ready(db, &why), ACCOUNT_DB_TROUBLE);
	assert_non_null(strstr(why.text, "has layout 2"));
}

static void
write_garbage(void)
{
	static char bytes[8192];

	memset(bytes, 'x', sizeof bytes - 1);
	scratch_write("state/auth.db", bytes);
}

static void
test_damage_lets_nobody_in(void **state)
{
	const char *secret;

	(void)state;
	add_user("anna", ROLE_VIEWER);
	secret = log_in("anna", NOW);
	account_db_free(&db);
	assert_int_equal(rename(scratch_path("state/auth.db"), scratch_path("state/kept")), 0);
	write_garbage();
	reopen();
	assert_int_equal(account_db_check(db, secret, NOW, &pass, &why), ACCOUNT_DB_TROUBLE);
	assert_non_null(strstr(why.text, "/state/auth.db: damaged: "));
	assert_int_equal(
	    account_db_user_add(db, "eve", "hash", ROLE_OPERATOR, NOW, &why), ACCOUNT_DB_TROUBLE);
	/* It is not thrown away: a person must decide who may come in. */
	assert_int_equal(scratch_size("state/auth.db"), 8191);
	assert_int_equal(rename(scratch_path("state/kept"), scratch_path("state/auth.db")), 0);
	reopen();
	assert_true(good(secret, NOW));
}

static void
move(const char *from, const char *to)
{
	static const char *const parts[] = { "", "-wal", "-shm" };

	for (int i = 0; i < 3; i++)
		rename(scratch_path("state/%s%s", from, parts[i]),
		    scratch_path("state/%s%s", to, parts[i]));
}

static void
test_another_file_takes_its_place(void **state)
{
	const char *secret;
	unsigned openings;

	(void)state;
	account_db_free(&db);
	move("auth.db", "other");
	reopen();
	openings = account_db_openings(db);
	add_user("anna", ROLE_VIEWER);
	secret = log_in("anna", NOW);
	assert_true(good(secret, NOW));
	move("auth.db", "old");
	move("other", "auth.db");
	assert_false(good(secret, NOW));
	assert_int_equal(account_db_openings(db), openings + 1);
	settle(NOW);
	assert_int_equal(count_files(), 0);
}

/* ---- users ----------------------------------------------------------- */

static void
test_users(void **state)
{
	json_t *list;
	char hash[HASH_SIZE];

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	add_user("ben", ROLE_VIEWER);
	assert_int_equal(
	    account_db_user_add(db, "anna", "other", ROLE_VIEWER, NOW, &why), ACCOUNT_DB_EXISTS);
	assert_int_equal(
	    account_db_user_add(db, "An na", "other", ROLE_VIEWER, NOW, &why), ACCOUNT_DB_REFUSED);
	assert_int_equal(
	    account_db_user_add(db, "carl", "other", ROLE_NONE, NOW, &why), ACCOUNT_DB_REFUSED);
	reopen();
	assert_int_equal(account_db_user(db, "anna", &pass, hash, &why), ACCOUNT_DB_OK);
	assert_true(pass.role == ROLE_OPERATOR && grants_have(&grants, pass.grant));
	assert_string_equal(hash, "hash");
	assert_int_equal(account_db_user(db, "carl", &pass, hash, &why), ACCOUNT_DB_MISSING);
	log_in("ben", NOW + 5);
	assert_int_equal(account_db_user_list(db, &list, &why), ACCOUNT_DB_OK);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 1), "name")), "ben");
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 1), "role")), "viewer");
	assert_int_equal(
	    json_integer_value(json_object_get(json_array_get(list, 1), "sessions")), 1);
	assert_int_equal(
	    json_integer_value(json_object_get(json_array_get(list, 1), "seen")), NOW + 5);
	json_decref(list);
}

/* What ends a user's sessions, and the grant that stands for the password. */
static enum account_db_result
change(int how)
{
	switch (how) {
	case 0: return account_db_user_password(db, "anna", "new", NOW, &why);
	case 1: return account_db_user_role(db, "anna", ROLE_VIEWER, &why);
	default: return account_db_user_delete(db, "anna", &why);
	}
}

static void
test_a_change_turns_the_user_out(void **state)
{
	(void)state;
	add_user("ben", ROLE_VIEWER);
	for (int how = 0; how < 3; how++) {
		const char *anna, *ben = log_in("ben", NOW);
		struct account_db_pass before;

		if (how == 0)
			add_user("anna", ROLE_OPERATOR);
		before = user("anna");
		anna = log_in("anna", NOW);
		assert_true(good(anna, NOW));
		assert_int_equal(change(how), ACCOUNT_DB_OK);
		assert_false(good(anna, NOW));
		assert_false(grants_have(&grants, before.grant));
		assert_true(good(ben, NOW));
		/* Somebody who has just given the old password is not let in either. */
		assert_int_equal(account_db_session_add(
				     db, &before, "", NOW, (char[SECRET_SIZE]){ 0 }, &pass, &why),
		    ACCOUNT_DB_MISSING);
		if (how < 2)
			assert_true(grants_have(&grants, user("anna").grant));
	}
	for (int how = 0; how < 3; how++) {
		assert_int_equal(change(how), ACCOUNT_DB_MISSING);
		assert_string_equal(why.text, "there is no user anna");
	}
}

/* ---- sessions -------------------------------------------------------- */

static void
test_a_session(void **state)
{
	const char *secret;

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	secret = log_in("anna", NOW);
	assert_true(pass.expires == NOW + IDLE && grants_have(&grants, pass.grant));
	reopen();
	assert_true(good(secret, NOW));
	assert_true(pass.role == ROLE_OPERATOR && pass.expires == NOW + IDLE && !pass.stale);
	assert_string_equal(pass.user, "anna");
	assert_false(good("", NOW));
	assert_false(good("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ", NOW));
	tamper("UPDATE session SET proof = '00000000000000000000000000000000'");
	assert_false(good(secret, NOW));
}

static void
test_the_secret_is_not_stored(void **state)
{
	const char *secret;
	char command[600];

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	secret = log_in("anna", NOW);
	snprintf(command, sizeof command, "! grep -qr -e %.20s '%s'", secret, folder);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "grep -qr -e %.20s '%s'", pass.grant, folder);
	assert_int_equal(system(command), 0);
}

static void
test_idle_and_absolute_expiry(void **state)
{
	const char *secret;

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	secret = log_in("anna", NOW);
	assert_true(good(secret, NOW + IDLE - 1) && pass.stale);
	assert_false(good(secret, NOW + IDLE));
	for (int64_t at = NOW; at < NOW + ABSOLUTE; at += IDLE - 1) {
		assert_true(good(secret, at));
		assert_int_equal(account_db_touch(db, pass.grant, at, &why), ACCOUNT_DB_OK);
		assert_true(good(secret, at) && !pass.stale);
	}
	assert_true(good(secret, NOW + ABSOLUTE - 1));
	assert_false(good(secret, NOW + ABSOLUTE));
	settle(NOW + ABSOLUTE - 1);
	assert_int_equal(count_files(), 2);
	settle(NOW + ABSOLUTE);
	assert_int_equal(count_files(), 1);
	assert_false(good(secret, NOW)); /* and does not come back */
}

static void
test_the_clock_jumps(void **state)
{
	const char *secret;

	(void)state;
	settings.idle_s = settings.absolute_s = 7 * DAY;
	reopen();
	add_user("anna", ROLE_OPERATOR);
	secret = log_in("anna", NOW);
	/* An hour back locks nobody out, and lengthens no session by more than an hour. */
	assert_true(good(secret, NOW - HOUR) && pass.stale);
	assert_int_equal(account_db_touch(db, pass.grant, NOW - HOUR, &why), ACCOUNT_DB_OK);
	assert_true(good(secret, NOW - HOUR) && !pass.stale);
	settle(NOW - HOUR);
	assert_true(good(secret, NOW - HOUR + 7 * DAY - 1));
	assert_false(good(secret, NOW - HOUR + 7 * DAY));
	assert_true(good(secret, NOW + HOUR));
	/* Much further back: it waits until the clock is right again. */
	assert_false(good(secret, NOW - 2 * DAY));
	settle(NOW - 2 * DAY);
	assert_true(good(secret, NOW));
	assert_int_equal(account_db_touch(db, pass.grant, NOW + 3 * DAY, &why), ACCOUNT_DB_OK);
	assert_true(good(secret, NOW) && pass.expires == NOW + 7 * DAY);
}

static void
test_ending(void **state)
{
	const char *a, *b, *c, *other;
	char id[GRANT_SIZE];
	int64_t count;

	(void)state;
	add_user("anna", ROLE_OPERATOR), add_user("ben", ROLE_VIEWER);
	a = log_in("anna", NOW), b = log_in("anna", NOW), c = log_in("anna", NOW),
	other = log_in("ben", NOW);
	assert_true(good(a, NOW));
	memcpy(id, pass.grant, sizeof id);
	assert_int_equal(account_db_session_end(db, "0123456", &why), ACCOUNT_DB_REFUSED);
	assert_int_equal(account_db_session_end(db, "xyz%____", &why), ACCOUNT_DB_REFUSED);
	assert_int_equal(account_db_session_end(db, "00000000", &why), ACCOUNT_DB_MISSING);
	id[8] = '\0';
	assert_int_equal(account_db_session_end(db, id, &why), ACCOUNT_DB_OK);
	assert_false(good(a, NOW));
	assert_true(good(b, NOW));
	assert_int_equal(account_db_session_end(db, pass.grant, &why), ACCOUNT_DB_OK);
	assert_int_equal(account_db_session_end(db, pass.grant, &why), ACCOUNT_DB_MISSING);
	assert_int_equal(account_db_session_end_user(db, "anna", &count, &why), ACCOUNT_DB_OK);
	assert_int_equal(count, 1);
	assert_true(!good(b, NOW) && !good(c, NOW) && good(other, NOW));
	assert_int_equal(account_db_session_end_all(db, &count, &why), ACCOUNT_DB_OK);
	assert_int_equal(count, 1);
	assert_false(good(other, NOW));
	assert_int_equal(count_files(), 2);
}

static void
test_another_process_ends_it(void **state)
{
	struct account_db *other = open_book();
	const char *secret;

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	secret = log_in("anna", NOW);
	assert_int_equal(account_db_check(other, secret, NOW, &pass, &why), ACCOUNT_DB_OK);
	assert_int_equal(account_db_session_end(db, pass.grant, &why), ACCOUNT_DB_OK);
	assert_int_equal(account_db_check(other, secret, NOW, &pass, &why), ACCOUNT_DB_MISSING);
	account_db_free(&other);
}

static void
test_the_longest_unused_makes_room(void **state)
{
	char first[SECRET_SIZE], second[SECRET_SIZE];
	json_t *list;

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	strcpy(first, log_in("anna", NOW));
	strcpy(second, log_in("anna", NOW + 1));
	assert_true(good(first, NOW + 2));
	assert_int_equal(account_db_touch(db, pass.grant, NOW + 2, &why), ACCOUNT_DB_OK);
	for (int i = 2; i <= ACCOUNT_DB_SESSIONS_USER; i++)
		log_in("anna", NOW + 10);
	assert_true(good(first, NOW + 11) && !good(second, NOW + 11));
	assert_int_equal(count_files(), 1 + ACCOUNT_DB_SESSIONS_USER);
	assert_int_equal(account_db_session_list(db, NOW + 11, &list, &why), ACCOUNT_DB_OK);
	assert_int_equal(json_array_size(list), ACCOUNT_DB_SESSIONS_USER);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 0), "from")), "192.0.2.1 test");
	json_decref(list);
}

/* ---- tokens ---------------------------------------------------------- */

static void
test_tokens(void **state)
{
	char ever[SECRET_SIZE], soon[SECRET_SIZE], id[GRANT_SIZE];
	json_t *list;

	(void)state;
	assert_int_equal(
	    account_db_token_add(db, "phone", ROLE_VIEWER, NOW, 0, ever, &why), ACCOUNT_DB_OK);
	assert_int_equal(
	    account_db_token_add(db, "hass", ROLE_OPERATOR, NOW, NOW + HOUR, soon, &why),
	    ACCOUNT_DB_OK);
	assert_int_equal(
	    account_db_token_add(db, "hass", ROLE_OPERATOR, NOW, 0, (char[SECRET_SIZE]){ 0 }, &why),
	    ACCOUNT_DB_EXISTS);
	assert_int_equal(
	    account_db_token_add(db, "H", ROLE_OPERATOR, NOW, 0, (char[SECRET_SIZE]){ 0 }, &why),
	    ACCOUNT_DB_REFUSED);
	assert_int_equal(settle(NOW), NOW + HOUR);
	assert_true(good(ever, NOW + 1000 * (int64_t)DAY) && pass.role == ROLE_VIEWER);
	assert_string_equal(pass.user, "phone");
	assert_true(good(soon, NOW + HOUR - 1) && pass.role == ROLE_OPERATOR);
	memcpy(id, pass.grant, sizeof id);
	assert_false(good(soon, NOW + HOUR));
	/* Expired, its connections end; but if the clock was wrong it is good again. */
	assert_int_equal(settle(NOW + HOUR), 0);
	assert_false(grants_have(&grants, id));
	assert_int_equal(settle(NOW), NOW + HOUR);
	assert_true(good(soon, NOW) && pass.stale);
	assert_int_equal(account_db_touch(db, id, NOW + 7, &why), ACCOUNT_DB_OK);
	assert_int_equal(account_db_token_list(db, NOW + HOUR, &list, &why), ACCOUNT_DB_OK);
	assert_int_equal(json_array_size(list), 2);
	assert_true(json_is_true(json_object_get(json_array_get(list, 0), "expired")));
	assert_int_equal(
	    json_integer_value(json_object_get(json_array_get(list, 0), "used")), NOW + 7);
	json_decref(list);
	assert_int_equal(account_db_token_delete(db, "hass", &why), ACCOUNT_DB_OK);
	assert_int_equal(account_db_token_delete(db, "hass", &why), ACCOUNT_DB_MISSING);
	assert_true(!good(soon, NOW) && !grants_have(&grants, id) && good(ever, NOW));
}

/* ---- the folder of grants -------------------------------------------- */

static void
test_after_a_boot(void **state)
{
	const char *secret;
	char token[SECRET_SIZE];

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	secret = log_in("anna", NOW);
	assert_int_equal(
	    account_db_token_add(db, "phone", ROLE_VIEWER, NOW, 0, token, &why), ACCOUNT_DB_OK);
	settle(NOW);
	lose_run_folder();
	assert_true(!good(secret, NOW) && !good(token, NOW));
	assert_int_equal(settle(NOW), NOW + IDLE);
	assert_true(
	    good(secret, NOW) && good(token, NOW) && grants_have(&grants, user("anna").grant));
}

/* Killed between unlink and commit; also what is left when the disk was full. */
static void
test_an_end_once_begun_is_brought_to_its_end(void **state)
{
	const char *secret;

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	secret = log_in("anna", NOW);
	settle(NOW);
	assert_true(good(secret, NOW));
	assert_int_equal(grants_withdraw(&grants, pass.grant, &why), 0);
	assert_int_equal(grants_withdraw(&grants, user("anna").grant, &why), 0);
	assert_false(good(secret, NOW));
	settle(NOW);
	assert_false(good(secret, NOW));
	assert_true(grants_have(&grants, user("anna").grant));
	lose_run_folder();
	settle(NOW);
	assert_false(good(secret, NOW));
}

static void
test_a_grant_of_nobody(void **state)
{
	(void)state;
	settle(NOW);
	assert_int_equal(grants_publish(&grants, "0123456789abcdef0123456789abcdef", &why), 0);
	settle(NOW);
	assert_int_equal(count_files(), 0);
}

/* orielctl, not told where the site has its run_dir. */
static void
test_the_workers_say_where_the_grants_are(void **state)
{
	struct account_db_settings elsewhere = { folder, "/nowhere", IDLE, ABSOLUTE };
	struct account_db *other = account_db_new(&elsewhere, &why);

	(void)state;
	add_user("anna", ROLE_OPERATOR);
	log_in("anna", NOW);
	settle(NOW);
	assert_int_equal(account_db_session_end(other, pass.grant, &why), ACCOUNT_DB_OK);
	assert_false(grants_have(&grants, pass.grant));
	assert_int_equal(account_db_user_password(other, "anna", "new", NOW, &why), ACCOUNT_DB_OK);
	assert_true(grants_have(&grants, user("anna").grant));
	account_db_free(&other);
}

static void
test_what_expires_next(void **state)
{
	char token[SECRET_SIZE];
	int64_t next;

	(void)state;
	assert_int_equal(settle(NOW), 0);
	add_user("anna", ROLE_OPERATOR);
	log_in("anna", NOW), log_in("anna", NOW + 50);
	assert_int_equal(settle(NOW), NOW + IDLE);
	assert_int_equal(account_db_token_add(db, "phone", ROLE_VIEWER, NOW, NOW + 70, token, &why),
	    ACCOUNT_DB_OK);
	assert_int_equal(account_db_next(db, NOW, &next, &why), ACCOUNT_DB_OK);
	assert_int_equal(next, NOW + 70);
	assert_int_equal(settle(NOW + IDLE), NOW + IDLE + 50);
}

/* ---- faults ---------------------------------------------------------- */

static void
test_a_full_disk(void **state)
{
	const char *secret, *other;
	enum account_db_result result = ACCOUNT_DB_OK;

	(void)state;
	account_db_free(&db);
	assert_int_equal(mkdir(scratch_path("disk"), 0700), 0);
	if (!scratch_mount_small("disk", 1 << 20, 0))
		skip();
	snprintf(folder, sizeof folder, "%s", scratch_path("disk"));
	reopen();
	add_user("anna", ROLE_OPERATOR);
	secret = log_in("anna", NOW), other = log_in("anna", NOW);
	settle(NOW);
	scratch_fill("disk/filler", 2 << 20);
	/* What is in the log is used up first. */
	for (int i = 0; i < 2000 && result == ACCOUNT_DB_OK; i++)
		result = account_db_user_role(db, "anna", ROLE_VIEWER, &why);
	assert_int_equal(result, ACCOUNT_DB_TROUBLE);
	assert_non_null(strstr(why.text, "disk full"));
	assert_false(good(secret, NOW));
	assert_int_equal(unlink(scratch_path("disk/filler")), 0);
	settle(NOW);
	assert_true(!good(secret, NOW) && !good(other, NOW));
	assert_true(good(log_in("anna", NOW), NOW));
}

static void
test_a_read_only_folder(void **state)
{
	(void)state;
	add_user("anna", ROLE_OPERATOR);
	account_db_free(&db);
	if (!scratch_mount_read_only("state"))
		skip();
	reopen();
	assert_int_equal(account_db_ready(db, &why), ACCOUNT_DB_TROUBLE);
	assert_int_equal(account_db_user_delete(db, "anna", &why), ACCOUNT_DB_TROUBLE);
	assert_non_null(strstr(why.text, "state/auth.db"));
}

static void
be_a_process(int number)
{
	char name[8], secret[SECRET_SIZE];
	int64_t next;

	db = account_db_new(&settings, &why);
	snprintf(name, sizeof name, "u%d", number);
	if (db == NULL || account_db_settle(db, NOW, &next, &why) != ACCOUNT_DB_OK ||
	    account_db_user_add(db, name, "hash", ROLE_VIEWER, NOW, &why) != ACCOUNT_DB_OK) {
		print_error("%d: %s\n", number, why.text);
		_exit(1);
	}
	for (int i = 0; i < 20; i++) {
		struct account_db_pass who = user(name);
		enum account_db_result added = account_db_session_add(
		    db, &who, "", NOW, secret, &pass, &why);
		enum account_db_result settled = account_db_settle(db, NOW, &next, &why);

		if (added != ACCOUNT_DB_OK || settled != ACCOUNT_DB_OK || !good(secret, NOW)) {
			print_error("%d, %d: %d %d %s\n", number, i, added, settled, why.text);
			_exit(1);
		}
	}
	account_db_free(&db);
	_exit(0);
}

/* Workers that start at once on a machine where nothing is there yet. */
static void
test_several_processes(void **state)
{
	enum { PROCESSES = 6 };
	int status, failed = 0;
	int64_t count;

	(void)state;
	account_db_free(&db);
	assert_int_equal(unlink(scratch_path("state/auth.db")), 0);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			be_a_process(i);
	for (int i = 0; i < PROCESSES; i++)
		failed += wait(&status) == -1 || status != 0;
	assert_int_equal(failed, 0);
	reopen();
	assert_int_equal(account_db_count_users(db, &count, &why), ACCOUNT_DB_OK);
	assert_int_equal(count, PROCESSES);
	assert_int_equal(count_files(), PROCESSES * 21);
}

/* Logs in and out until it is killed. It reports on the pipe what it was told: '+' and a
 * session's secret, '-' and that of one that was ended. */
static void
live_and_be_killed(int pipe, int64_t now)
{
	struct account_db_pass who = user("anna"), each;
	char line[1 + SECRET_SIZE] = "";

	reopen();
	for (unsigned i = 0;; i++, now++) {
		line[0] = '+';
		if (account_db_session_add(db, &who, "", now, line + 1, &each, &why) !=
			ACCOUNT_DB_OK ||
		    write(pipe, line, sizeof line) != sizeof line)
			_exit(1);
		line[0] = '-';
		if (i % 3 != 0 &&
		    (account_db_session_end(db, each.grant, &why) != ACCOUNT_DB_OK ||
			write(pipe, line, sizeof line) != sizeof line))
			_exit(1);
	}
}

static void
check_what_was_said(int pipe, int64_t now)
{
	static char said[100000][1 + SECRET_SIZE];
	size_t count = 0, kept = 0;

	while (count < 100000 && read(pipe, said[count], sizeof said[0]) == sizeof said[0])
		count++;
	assert_int_not_equal(count, 0);
	/* The newest may have been ended, only that was not said any more; of the
	 * others there are as many as one user may have. */
	for (size_t i = count - 1; i-- > 0;) {
		bool ended = said[i][0] == '-' ||
		    (said[i + 1][0] == '-' && strcmp(said[i] + 1, said[i + 1] + 1) == 0);

		if (ended)
			assert_false(good(said[i] + 1, now));
		else if (++kept < ACCOUNT_DB_SESSIONS_USER - 1)
			assert_true(good(said[i] + 1, now));
	}
}

static void
test_killed_at_any_moment(void **state)
{
	(void)state;
	settings.idle_s = settings.absolute_s = 100 * DAY;
	reopen();
	add_user("anna", ROLE_OPERATOR);
	settle(NOW);
	for (int round = 0; round < 12; round++) {
		int64_t now = NOW + round * DAY;
		int ends[2], status;
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		if (child == 0)
			live_and_be_killed(ends[1], now);
		close(ends[1]);
		assert_int_equal(
		    poll(&(struct pollfd){ .fd = ends[0], .events = POLLIN }, 1, 10000), 1);
		usleep(20000 + 3137 * (unsigned)round);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		if (round % 2 != 0)
			lose_run_folder(); /* and the machine started again */
		settle(now);
		check_what_was_said(ends[0], now);
		close(ends[0]);
	}
}

/* ---- the first user -------------------------------------------------- */

static enum account_db_result
set_up(const char *token)
{
	return account_db_setup(db, token, "anna", "hash", NOW, &why);
}

static void
test_the_first_user(void **state)
{
	char token[SETUP_TOKEN_SIZE], again[SETUP_TOKEN_SIZE], longer[SETUP_TOKEN_SIZE + 1];

	(void)state;
	assert_int_equal(set_up(""), ACCOUNT_DB_TROUBLE);
	assert_int_equal(account_db_setup_token(db, token, &why), ACCOUNT_DB_OK);
	assert_int_equal(mode_of("state/setup-token"), 0600);
	assert_int_equal(account_db_setup_token(db, again, &why), ACCOUNT_DB_OK);
	assert_string_equal(token, again);
	assert_int_equal(set_up(""), ACCOUNT_DB_MISSING);
	assert_int_equal(set_up("aaaa-aaaa-aaaa-aaaa-aaaa-aaaa"), ACCOUNT_DB_MISSING);
	again[10]++;
	assert_int_equal(set_up(again), ACCOUNT_DB_MISSING);
	snprintf(longer, sizeof longer, "%sx", token);
	assert_int_equal(set_up(longer), ACCOUNT_DB_MISSING);
	assert_int_equal(set_up(token), ACCOUNT_DB_OK);
	assert_true(user("anna").role == ROLE_OPERATOR && grants_have(&grants, user("anna").grant));
	assert_int_equal(scratch_size("state/setup-token"), -1);
	assert_int_equal(account_db_setup_token(db, again, &why), ACCOUNT_DB_MISSING);
	assert_int_equal(account_db_setup(db, token, "eve", "hash", NOW, &why), ACCOUNT_DB_MISSING);
	/* Without users again, the old one is good for nothing. */
	scratch_write("state/setup-token", token);
	assert_int_equal(account_db_user_delete(db, "anna", &why), ACCOUNT_DB_OK);
	assert_int_equal(set_up(token), ACCOUNT_DB_MISSING);
	assert_int_equal(account_db_setup_token(db, again, &why), ACCOUNT_DB_OK);
	assert_int_equal(set_up(again), ACCOUNT_DB_OK);
}

static void
test_the_first_user_from_the_command_line(void **state)
{
	char token[SETUP_TOKEN_SIZE];

	(void)state;
	assert_int_equal(account_db_setup_token(db, token, &why), ACCOUNT_DB_OK);
	add_user("root", ROLE_OPERATOR);
	assert_int_equal(scratch_size("state/setup-token"), -1);
	scratch_write("state/setup-token", token);
	assert_int_equal(set_up(token), ACCOUNT_DB_MISSING);
}

static void
test_a_setup_token_cut_short(void **state)
{
	char token[SETUP_TOKEN_SIZE];

	(void)state;
	scratch_write("state/setup-token", "aaaa-aa");
	assert_int_equal(account_db_setup_token(db, token, &why), ACCOUNT_DB_OK);
	assert_int_equal(set_up(token), ACCOUNT_DB_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_else_may_read_it),
		TEST(test_another_layout_is_refused),
		TEST(test_damage_lets_nobody_in),
		TEST(test_another_file_takes_its_place),
		TEST(test_users),
		TEST(test_a_change_turns_the_user_out),
		TEST(test_a_session),
		TEST(test_the_secret_is_not_stored),
		TEST(test_idle_and_absolute_expiry),
		TEST(test_the_clock_jumps),
		TEST(test_ending),
		TEST(test_another_process_ends_it),
		TEST(test_the_longest_unused_makes_room),
		TEST(test_tokens),
		TEST(test_after_a_boot),
		TEST(test_an_end_once_begun_is_brought_to_its_end),
		TEST(test_a_grant_of_nobody),
		TEST(test_the_workers_say_where_the_grants_are),
		TEST(test_what_expires_next),
		TEST(test_a_full_disk),
		TEST(test_a_read_only_folder),
		TEST(test_several_processes),
		TEST(test_killed_at_any_moment),
		TEST(test_the_first_user),
		TEST(test_the_first_user_from_the_command_line),
		TEST(test_a_setup_token_cut_short),
	};
	struct cause broken;

	return secret_init(&broken) == -1 ? 99 : cmocka_run_group_tests(tests, NULL, NULL);
}
