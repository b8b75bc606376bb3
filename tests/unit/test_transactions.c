/* SPDX-License-Identifier: ISC */
/* Transactions that end by themselves (https://www.sqlite.org/lang_transaction.html, "Response
 * To Errors Within A Transaction") or cannot be rolled back: nothing of them stays, and
 * everybody is told. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "scratch.h"
#include "store/store_internal.h"

static struct store *store;
static struct cause why;

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	store = store_new(scratch_path("cam"), &why);
	if (store == NULL)
		print_error("%s\n", why.text);
	return store == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	store_free(&store);
	scratch_remove();
	return 0;
}

static void
collect(void *arg, const char *name, const char *text)
{
	char *found = arg;

	snprintf(found + strlen(found), 100 - strlen(found), "%s=%s ", name, text);
}

/* What is on the disk, as another connection sees it. */
static const char *
values(void)
{
	static char found[100];
	struct store *other = store_new(scratch_path("cam"), &why);

	found[0] = '\0';
	assert_non_null(other);
	assert_int_equal(store_each_value(other, collect, found, &why), STORE_OK);
	store_free(&other);
	return found;
}

static void
begin(void)
{
	assert_int_equal(store_begin(store, &why), STORE_OK);
}

static void
set(const char *name, const char *text)
{
	assert_int_equal(store_set_value(store, name, text, &why), STORE_OK);
}

/* It goes on as if nothing had been. */
static void
next_one_is_kept(void)
{
	begin();
	set("next", "1");
	assert_int_equal(store_commit(store, &why), STORE_OK);
	assert_string_equal(values(), "next=1 ");
}

static void
test_an_inner_one_is_undone_alone(void **state)
{
	(void)state;
	begin();
	set("outer", "1");
	begin();
	set("inner", "1");
	store_rollback(store);
	begin();
	set("second", "1");
	assert_int_equal(store_commit(store, &why), STORE_OK);
	assert_string_equal(values(), "");
	assert_int_equal(store_commit(store, &why), STORE_OK);
	assert_string_equal(values(), "outer=1 second=1 ");
}

/* As when the disk is full or memory short. */
static void
sqlite_ends_it(void)
{
	assert_int_not_equal(
	    sql_exec(store->sql, "INSERT OR ROLLBACK INTO value VALUES ('outer', '2', 0)", &why),
	    STORE_OK);
	assert_false(sql_in_transaction(store->sql));
}

static void
test_what_sqlite_has_ended_is_not_gone_on_with(void **state)
{
	(void)state;
	begin();
	set("outer", "1");
	sqlite_ends_it();
	assert_int_not_equal(store_begin(store, &why), STORE_OK);
	assert_int_not_equal(why.text[0], '\0');
	assert_int_not_equal(store_commit(store, &why), STORE_OK);
	assert_string_equal(values(), "");
	next_one_is_kept();
}

static void
test_an_inner_one_that_sqlite_has_ended(void **state)
{
	(void)state;
	begin();
	set("outer", "1");
	begin();
	set("inner", "1");
	sqlite_ends_it();
	assert_int_not_equal(store_commit(store, &why), STORE_OK);
	assert_int_not_equal(store_begin(store, &why), STORE_OK);
	assert_int_not_equal(store_commit(store, &why), STORE_OK);
	assert_string_equal(values(), "");
	next_one_is_kept();
}

/* What should have been undone must not be committed with the rest. */
static void
test_an_inner_rollback_that_fails_spoils_all(void **state)
{
	(void)state;
	begin();
	set("outer", "1");
	begin();
	set("inner", "1");
	assert_int_equal(sql_exec(store->sql, "RELEASE inner_one", &why), STORE_OK);
	store_rollback(store);
	assert_int_not_equal(store_begin(store, &why), STORE_OK);
	assert_int_not_equal(store_commit(store, &why), STORE_OK);
	assert_string_equal(values(), "");
	next_one_is_kept();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_inner_one_is_undone_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_what_sqlite_has_ended_is_not_gone_on_with, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_an_inner_one_that_sqlite_has_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_an_inner_rollback_that_fails_spoils_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
