/* SPDX-License-Identifier: ISC */
/* Accounts when the power goes or any one call fails: a session that was answered
 * is found, one whose end was answered never comes back. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/account_db.h"
#include "disk.h"
#include "failing.h"
#include "scratch.h"

enum { STEPS = 8, ITEMS = 40, NOW = 1700000000, DAY = 86400 };

static struct account_db *db;
static struct account_db_settings settings = { .idle_s = DAY, .absolute_s = DAY };
static struct cause why;
static char when[100]; /* what is being tried, for the words of a failure */
static char state_dir[256], run_dir[256];

/* What was answered with ACCOUNT_DB_OK, and after how many operations of the disk. */
static struct promise {
	char secret[SECRET_SIZE], grant[GRANT_SIZE];
	const char *user;
	size_t at;     /* SIZE_MAX: was not promised */
	size_t may_go; /* its end has begun; SIZE_MAX: never */
	size_t gone;   /* its end was promised */
} promises[ITEMS];
static int count;

/* ---- what a account database is asked to do -------------------------- */

static void
open_book(const char *state)
{
	snprintf(state_dir, sizeof state_dir, "%s", state);
	settings.state_dir = state_dir;
	settings.run_dir = run_dir;
	db = account_db_new(&settings, &why);
}

static void
settle(void)
{
	int64_t next;

	account_db_settle(db, NOW, &next, &why);
}

static struct promise *
promise_new(const char *user)
{
	struct promise *promise = &promises[count++];

	*promise = (struct promise){
		.user = user, .at = SIZE_MAX, .may_go = SIZE_MAX, .gone = SIZE_MAX
	};
	return promise;
}

static void
log_in(const char *name)
{
	struct promise *promise = promise_new(name);
	struct account_db_pass user, pass;
	char hash[HASH_SIZE];

	if (account_db_user(db, name, &user, hash, &why) == ACCOUNT_DB_OK &&
	    account_db_session_add(db, &user, "", NOW, promise->secret, &pass, &why) ==
		ACCOUNT_DB_OK) {
		memcpy(promise->grant, pass.grant, sizeof promise->grant);
		promise->at = disk_operations();
	}
}

/* The oldest one that is still promised. */
static void
log_out(void)
{
	for (int i = 0; i < count; i++) {
		if (promises[i].at == SIZE_MAX || promises[i].may_go != SIZE_MAX ||
		    promises[i].user == NULL)
			continue;
		promises[i].may_go = disk_operations();
		if (account_db_session_end(db, promises[i].grant, &why) == ACCOUNT_DB_OK)
			promises[i].gone = disk_operations();
		return;
	}
}

static void
change_password(const char *name)
{
	bool done;
	size_t begun = disk_operations();

	done = account_db_user_password(db, name, "other", NOW, &why) == ACCOUNT_DB_OK;
	for (int i = 0; i < count; i++) {
		if (promises[i].user == NULL || strcmp(promises[i].user, name) != 0)
			continue;
		if (promises[i].may_go == SIZE_MAX)
			promises[i].may_go = begun;
		if (done && promises[i].gone == SIZE_MAX)
			promises[i].gone = disk_operations();
	}
}

static void
token(bool add)
{
	static struct promise *promise;

	if (add) {
		promise = promise_new(NULL);
		if (account_db_token_add(db, "phone", ROLE_VIEWER, NOW, 0, promise->secret, &why) ==
		    ACCOUNT_DB_OK)
			promise->at = disk_operations();
	} else {
		promise->may_go = disk_operations();
		if (account_db_token_delete(db, "phone", &why) == ACCOUNT_DB_OK)
			promise->gone = disk_operations();
	}
}

static void
work(const char *state)
{
	count = 0;
	for (int step = 1; step <= STEPS; step++) {
		if (db == NULL)
			open_book(state);
		if (db == NULL)
			continue;
		settle();
		if (step == 1) {
			account_db_user_add(db, "anna", "hash", ROLE_OPERATOR, NOW, &why);
			account_db_user_add(db, "ben", "hash", ROLE_VIEWER, NOW, &why);
		}
		log_in("anna");
		log_in("ben");
		if (step % 2 == 0)
			log_out();
		if (step == 3 || step == 6)
			token(step == 3);
		if (step == 5)
			change_password("ben");
		if (step % 4 == 3)
			account_db_free(&db);
	}
}

/* ---- what must be so afterwards -------------------------------------- */

static void
check_all(const char *state, size_t end)
{
	int64_t next;

	open_book(state);
	if (db == NULL || account_db_settle(db, NOW, &next, &why) != ACCOUNT_DB_OK)
		fail_msg("%s: %s", when, why.text);
	for (int i = 0; i < count; i++) {
		struct account_db_pass pass;
		enum account_db_result result;

		if (promises[i].secret[0] == '\0')
			continue;
		result = account_db_check(db, promises[i].secret, NOW, &pass, &why);
		if (result == ACCOUNT_DB_TROUBLE)
			fail_msg("%s: %s", when, why.text);
		if (promises[i].at <= end && promises[i].may_go >= end && result != ACCOUNT_DB_OK)
			fail_msg("%s: credential %d was given and is lost", when, i);
		if (promises[i].gone <= end && result == ACCOUNT_DB_OK)
			fail_msg("%s: credential %d was ended and is back", when, i);
	}
	account_db_free(&db);
}

/* ---- power ----------------------------------------------------------- */

static void
clear(const char *name)
{
	scratch_clear(name);
	mkdir(scratch_path("%s", name), 0700);
}

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	mkdir(scratch_path("mem"), 0700);
	scratch_mount_small("mem", 16 << 20, 0); /* in memory it is quicker; no matter if not */
	mkdir(scratch_path("mem/state"), 0700);
	mkdir(scratch_path("mem/run"), 0700);
	mkdir(scratch_path("mem/rebuilt"), 0700);
	snprintf(run_dir, sizeof run_dir, "%s", scratch_path("mem/run"));
	faults->hasty = 1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	failing_end();
	disk_unwatch();
	disk_forget();
	account_db_free(&db);
	scratch_silence(false);
	scratch_remove();
	return 0;
}

static void
test_power_loss_at_any_moment(void **state)
{
	unsigned ways = getenv("ORIEL_SOAK") != NULL ? DISK_SEED + 40 : DISK_SEED + 1;
	size_t end;

	(void)state;
	disk_watch(scratch_path("mem/state"));
	work(scratch_path("mem/state"));
	account_db_free(&db);
	disk_unwatch();
	end = disk_operations();
	assert_true(count == 2 * STEPS + 1 && promises[count - 1].at != SIZE_MAX && end > 150);
	scratch_silence(true);
	for (size_t at = 0; at <= end; at++)
		for (unsigned keep = 0; keep < ways; keep++) {
			clear("mem/rebuilt");
			clear("mem/run"); /* it was memory */
			disk_build(scratch_path("mem/rebuilt"), at, keep);
			snprintf(
			    when, sizeof when, "power lost after %zu operations, way %u", at, keep);
			check_all(scratch_path("mem/rebuilt"), at);
		}
	print_message("power lost at each of %zu operations, in %u ways\n", end, ways);
}

/* ---- failing calls --------------------------------------------------- */

static void
fail_begin(void)
{
	clear("mem/state");
	clear("mem/run");
}

static void
fail_work(void)
{
	work(scratch_path("mem/state"));
}

static void
fail_check(void)
{
	account_db_free(&db);
	check_all(scratch_path("mem/state"), SIZE_MAX - 1);
}

static const struct failing failing = { fail_begin, fail_work, fail_check, when, sizeof when };

static void
test_any_call_fails(void **state)
{
	bool soak = getenv("ORIEL_SOAK") != NULL;

	(void)state;
	scratch_silence(true);
	failing_each(&failing, FAULT_OPEN, EMFILE, soak ? 1 : 3);
	failing_each(&failing, FAULT_WRITE, EIO, soak ? 1 : 7);
	failing_each(&failing, FAULT_WRITE, ENOSPC, soak ? 1 : 7);
	failing_each(&failing, FAULT_SYNC, EIO, soak ? 1 : 2);
	failing_each(&failing, FAULT_TRUNCATE, EIO, 1);
	failing_each(&failing, FAULT_RENAME, EIO, 1);
	failing_each(&failing, FAULT_UNLINK, EACCES, 1);
	failing_each(&failing, FAULT_MKDIR, EACCES, 1);
	failing_each(&failing, FAULT_MAP, ENOMEM, 1);
}

#ifndef ORIEL_SANITIZED
static void
test_any_allocation_fails(void **state)
{
	(void)state;
	scratch_silence(true);
	failing_each(&failing, FAULT_MALLOC, ENOMEM, getenv("ORIEL_SOAK") != NULL ? 1 : 97);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_power_loss_at_any_moment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_call_fails, setup, teardown),
#ifndef ORIEL_SANITIZED
		cmocka_unit_test_setup_teardown(test_any_allocation_fails, setup, teardown),
#endif
	};
	struct cause broken;

	return secret_init(&broken) == -1 ? 99 : cmocka_run_group_tests(tests, NULL, NULL);
}
