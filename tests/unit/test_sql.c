/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "scratch.h"
#include "sqlite/sql.h"

static char path[128];
static struct sql *sql;
static struct cause why;

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	snprintf(path, sizeof path, "%s", scratch_path("it.db"));
	assert_int_equal(sql_open(path, &sql, &why), SQL_OK);
	assert_int_equal(sql_make_durable(sql, &why), SQL_OK);
	assert_int_equal(sql_exec(sql, "CREATE TABLE pet (name TEXT, legs INTEGER)", &why), SQL_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sql_close(&sql);
	scratch_remove();
	return 0;
}

static void
add(const char *name, int64_t legs)
{
	static const char text[] = "INSERT INTO pet VALUES (?, ?)";
	struct sql_statement *statement = sql_prepare(sql, text, &why);

	assert_non_null(statement);
	assert_int_equal(sql_do(statement, &why, "ti", name, legs), SQL_OK);
}

static int64_t
count(struct sql *where)
{
	int64_t number;

	assert_int_equal(sql_ask(where, "SELECT count(*) FROM pet", &number, &why), SQL_OK);
	return number;
}

static void
test_what_was_bound_is_read(void **state)
{
	struct sql_statement *statement;

	(void)state;
	add("Rex", 4);
	add(NULL, INT64_C(1) << 40);
	assert_int_equal(sql_last_id(sql), 2);
	statement = sql_prepare(sql, "SELECT name, legs FROM pet ORDER BY rowid", &why);
	assert_int_equal(sql_step(statement, &why), 1);
	assert_string_equal(sql_text(statement, 0), "Rex");
	assert_int_equal(sql_number(statement, 1), 4);
	assert_int_equal(sql_step(statement, &why), 1);
	assert_string_equal(sql_text(statement, 0), "");
	assert_true(sql_number(statement, 1) == INT64_C(1) << 40);
	assert_int_equal(sql_step(statement, &why), 0);
	sql_done(statement);
}

static void
test_a_failure_says_why_and_is_no_damage(void **state)
{
	(void)state;
	assert_int_equal(sql_exec(sql, "NONSENSE", &why), SQL_FAILED);
	assert_non_null(strstr(why.text, "NONSENSE"));
	memset(&why, 0, sizeof why);
	assert_int_equal(sql_last_failure(sql, &why), SQL_FAILED);
	assert_non_null(strstr(why.text, "NONSENSE"));
	assert_false(sql_is_damaged(sql));
}

static void
test_no_room(void **state)
{
	(void)state;
	assert_int_equal(sql_exec(sql, "PRAGMA max_page_count=2", &why), SQL_OK);
	assert_int_equal(
	    sql_exec(sql, "INSERT INTO pet VALUES (zeroblob(20000), 1)", &why), SQL_FULL);
	assert_string_equal(why.text, "disk full: the database cannot grow");
	assert_false(sql_is_damaged(sql));
}

/* A table that is not there: the words are ours, so the file is not what it was. */
static void
test_damage(void **state)
{
	FILE *file;
	int result;

	(void)state;
	assert_null(sql_prepare(sql, "SELECT tail FROM pet", &why));
	assert_true(sql_is_damaged(sql));
	assert_int_equal(sql_last_failure(sql, &why), SQL_DAMAGED);
	sql_close(&sql);
	file = fopen(path, "r+");
	assert_non_null(file);
	fwrite("no database at all", 1, 18, file);
	fclose(file);
	result = sql_open(path, &sql, &why);
	if (result == SQL_OK)
		result = sql_exec(sql, "SELECT * FROM pet", &why);
	assert_int_equal(result, SQL_DAMAGED);
	assert_non_null(strstr(why.text, "not a database"));
}

static void
test_a_limit_of_time(void **state)
{
	static const char text[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
				   "SELECT count(*) FROM n";
	uint64_t begun = clock_mono_ns();
	int64_t number;

	(void)state;
	sql_limit(sql, 50 * CLOCK_MS);
	assert_int_equal(sql_ask(sql, text, &number, &why), SQL_FAILED);
	assert_true(clock_mono_ns() - begun < 10 * CLOCK_S);
	sql_limit(sql, 0);
	assert_int_equal(count(sql), 0);
}

static void
test_saved_as_bytes_and_copied_back(void **state)
{
	unsigned char *bytes;
	struct sql *copy;
	size_t length;

	(void)state;
	add("Rex", 4);
	assert_int_equal(sql_save(sql, &bytes, &length, &why), SQL_OK);
	add("Tom", 4);
	assert_int_equal(sql_open_bytes(bytes, length, &copy, &why), SQL_OK);
	assert_int_equal(count(copy), 1);
	assert_int_equal(sql_check(copy, &why), SQL_OK);
	assert_int_equal(count(sql), 2);
	assert_int_equal(sql_copy(copy, sql, &why), SQL_OK);
	assert_int_equal(count(sql), 1);
	sql_close(&copy);
	sql_bytes_free(&bytes);
	assert_null(bytes);
}

int
main(void)
{
#define SQL_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SQL_TEST(test_what_was_bound_is_read),
		SQL_TEST(test_a_failure_says_why_and_is_no_damage),
		SQL_TEST(test_no_room),
		SQL_TEST(test_damage),
		SQL_TEST(test_a_limit_of_time),
		SQL_TEST(test_saved_as_bytes_and_copied_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
