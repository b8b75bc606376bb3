/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"
#include "store/store.h"

static const struct store_limits no_limits = { .quota_bytes = UINT64_MAX,
	.quota_files = UINT64_MAX };
static const uint64_t second = 1000000000;

static struct store *store;
static struct cause why;

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	why.text[0] = '\0';
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
reopen(void)
{
	store_free(&store);
	store = store_new(scratch_path("cam"), &why);
	if (store == NULL)
		fail_msg("%s", why.text);
}

/* Run SQL behind the store's back. */
static void
tamper(const char *sql)
{
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(scratch_path("cam/state.db"), &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

static int64_t
add_event(const char *type, int number)
{
	json_t *data = json_pack("{s:i}", "n", number);
	int64_t id = 0;

	assert_int_equal(
	    store_add_event(store, type, (uint64_t)number * second, data, &id, &why), STORE_OK);
	json_decref(data);
	return id;
}

/* The ids of a query's answer, "5 4 3 first..last". */
static const char *
ids(struct store_query query)
{
	static char text[400];
	json_t *answer, *event;
	size_t used = 0, index;

	assert_int_equal(store_events(store, &query, &answer, &why), STORE_OK);
	json_array_foreach(json_object_get(answer, "events"), index, event)
		used += (size_t)snprintf(text + used, sizeof text - used, "%lld ",
		    json_integer_value(json_object_get(event, "id")));
	snprintf(text + used, sizeof text - used, "%lld..%lld",
	    json_integer_value(json_object_get(answer, "first")),
	    json_integer_value(json_object_get(answer, "last")));
	json_decref(answer);
	return text;
}

static int
save(const char *stem, size_t size, const struct store_limits *limits, struct store_picture *saved)
{
	unsigned char *jpeg = malloc(size);
	int result;

	memset(jpeg, 'j', size);
	result = store_save_picture(
	    store, stem, jpeg, (uint32_t)size, 1700000000 * second, limits, saved, &why);
	free(jpeg);
	return result;
}

/* Names and order of the saved pictures as the store has them, "b.jpg a.jpg ". */
static const char *
names(void)
{
	static char text[2000];
	struct store_query query = { .limit = 1000 };
	json_t *answer, *snap;
	size_t used = 0, index;

	text[0] = '\0';
	assert_int_equal(store_pictures(store, &query, &answer, &why), STORE_OK);
	json_array_foreach(json_object_get(answer, "snaps"), index, snap)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s ",
		    json_string_value(json_object_get(snap, "name")));
	json_decref(answer);
	return text;
}

static void
assert_totals(uint64_t count, uint64_t bytes)
{
	uint64_t has_count, has_bytes;

	store_picture_totals(store, &has_count, &has_bytes);
	assert_int_equal(has_count, count);
	assert_int_equal(has_bytes, bytes);
	assert_int_equal(scratch_count("cam/snaps"), count);
}

/* ---- settings and counters ------------------------------------------- */

static void
collect(void *arg, const char *name, const char *text)
{
	json_object_set_new(arg, name, json_string(text));
}

static const char *
value(const char *name)
{
	static char text[64];
	json_t *all = json_object();

	assert_int_equal(store_each_value(store, collect, all, &why), STORE_OK);
	snprintf(text, sizeof text, "%s",
	    json_object_get(all, name) != NULL ? json_string_value(json_object_get(all, name))
					       : "(none)");
	json_decref(all);
	return text;
}

static void
test_values(void **state)
{
	(void)state;
	assert_string_equal(value("threshold"), "(none)");
	assert_int_equal(store_set_value(store, "threshold", "12", &why), STORE_OK);
	assert_int_equal(store_set_value(store, "threshold", "20", &why), STORE_OK);
	assert_int_equal(store_set_value(store, "o'clock", "", &why), STORE_OK);
	reopen();
	assert_string_equal(value("threshold"), "20");
	assert_string_equal(value("o'clock"), "");
}

/* ---- events ---------------------------------------------------------- */

static void
test_events(void **state)
{
	(void)state;
	assert_string_equal(ids((struct store_query){ .after = -1, .limit = 10 }), "0..0");
	for (int i = 1; i <= 6; i++)
		assert_int_equal(add_event(i % 2 != 0 ? "motion" : "saved", i), i);
	assert_string_equal(
	    ids((struct store_query){ .after = -1, .limit = 10 }), "6 5 4 3 2 1 1..6");
	assert_string_equal(ids((struct store_query){ .after = -1, .limit = 2 }), "6 5 1..6");
	assert_string_equal(
	    ids((struct store_query){ .after = -1, .before = 3, .limit = 9 }), "2 1 1..6");
	assert_string_equal(ids((struct store_query){ .after = 0, .limit = 3 }), "1 2 3 1..6");
	assert_string_equal(ids((struct store_query){ .after = 4, .limit = 9 }), "5 6 1..6");
	assert_string_equal(
	    ids((struct store_query){ .after = 1, .before = 4, .limit = 9 }), "2 3 1..6");
	assert_string_equal(ids((struct store_query){ .after = 6, .limit = 9 }), "1..6");
	assert_string_equal(
	    ids((struct store_query){ .after = -1, .limit = 9, .type = "saved" }), "6 4 2 1..6");
	assert_string_equal(
	    ids((struct store_query){ .after = 2, .limit = 1, .type = "motion" }), "3 1..6");
	assert_string_equal(
	    ids((struct store_query){ .after = -1, .limit = 9, .type = "x" }), "1..6");
	/* event N was at N s */
	assert_string_equal(ids((struct store_query){ .after = 0,
				.limit = 9,
				.from_ns = 2 * (int64_t)second,
				.to_ns = 5 * (int64_t)second }),
	    "2 3 4 1..6");
	assert_string_equal(
	    ids((struct store_query){
		.after = -1, .limit = 9, .from_ns = 4 * (int64_t)second, .type = "motion" }),
	    "5 1..6");
	assert_string_equal(
	    ids((struct store_query){ .after = -1, .limit = 9, .to_ns = 1 }), "1..6");
}

static void
test_an_events_data(void **state)
{
	json_t *data = json_pack("{s:f, s:s}", "change", 23.4, "text", "ä\"\n"), *answer, *event;
	struct store_query query = { .after = -1, .limit = 1 };
	int64_t id;

	(void)state;
	assert_int_equal(
	    store_add_event(store, "motion", 1700000000250 * 1000000, data, &id, &why), STORE_OK);
	reopen();
	assert_int_equal(store_events(store, &query, &answer, &why), STORE_OK);
	event = json_array_get(json_object_get(answer, "events"), 0);
	assert_true(json_equal(json_object_get(event, "data"), data));
	assert_string_equal(json_string_value(json_object_get(event, "type")), "motion");
	assert_true(json_real_value(json_object_get(event, "ts")) == 1700000000.25);
	json_decref(answer);
	json_object_set_new(data, "saved", json_string("x.jpg"));
	assert_int_equal(store_change_event(store, id, data, &why), STORE_OK);
	assert_int_equal(store_events(store, &query, &answer, &why), STORE_OK);
	event = json_array_get(json_object_get(answer, "events"), 0);
	assert_true(json_equal(json_object_get(event, "data"), data));
	json_decref(answer);
	json_decref(data);
}

/* A motion event of that count. */
static int64_t
add_counted(int count)
{
	json_t *data = json_pack("{s:i}", "count", count);
	int64_t id = 0;

	assert_int_equal(store_add_event(store, "motion", second, data, &id, &why), STORE_OK);
	json_decref(data);
	return id;
}

/* The newest that is seen of all events, and whether those behind it are not. */
static int64_t
seen_up_to(void)
{
	struct store_query query = { .after = -1, .limit = 100 };
	json_t *answer, *event;
	int64_t newest = 0;
	size_t index;

	assert_int_equal(store_events(store, &query, &answer, &why), STORE_OK);
	json_array_foreach(json_object_get(answer, "events"), index, event) {
		bool seen = json_is_true(json_object_get(event, "seen"));

		assert_true(json_is_boolean(json_object_get(event, "seen")));
		if (seen && newest == 0)
			newest = json_integer_value(json_object_get(event, "id"));
		assert_true(seen == (newest != 0));
	}
	json_decref(answer);
	return newest;
}

static void
test_acknowledged(void **state)
{
	int64_t first = add_counted(1), second_one = add_counted(2), again, seen = -1;

	(void)state;
	add_event("saved", 1);
	assert_int_equal(seen_up_to(), 0);
	assert_int_equal(store_acknowledge(store, "motion", 2, &seen, &why), STORE_OK);
	assert_int_equal(seen, second_one);
	assert_int_equal(seen_up_to(), second_one);
	/* It does not go back. */
	assert_int_equal(store_acknowledge(store, "motion", 1, &seen, &why), STORE_OK);
	assert_int_equal(seen, second_one);
	assert_int_equal(seen_up_to(), second_one);
	/* After a reset counts come again: the newest is meant. */
	again = add_counted(1);
	assert_true(again > first);
	reopen();
	assert_int_equal(store_acknowledge(store, "motion", 1, &seen, &why), STORE_OK);
	assert_int_equal(seen, again);
	reopen();
	assert_int_equal(seen_up_to(), again);
	assert_int_equal(store_acknowledge(store, "motion", 7, &seen, &why), STORE_MISSING);
	assert_string_equal(why.text, "no motion event has this count");
}

static void
test_an_answer_stays_within_its_bytes(void **state)
{
	struct store_query query = { .after = 0, .limit = 1000, .most_bytes = 5000 };
	json_t *answer;
	char *text;

	(void)state;
	store_begin(store, &why);
	for (int i = 1; i <= 200; i++)
		add_event("motion", i);
	store_commit(store, &why);
	assert_int_equal(store_events(store, &query, &answer, &why), STORE_OK);
	text = json_dumps(answer, JSON_COMPACT);
	assert_in_range(strlen(text), 1500, 5000);
	free(text);
	json_decref(answer);
}

static void
test_numbers_are_never_used_again(void **state)
{
	(void)state;
	add_event("motion", 1);
	add_event("motion", 2);
	store_free(&store);
	tamper("DELETE FROM event");
	reopen();
	assert_string_equal(ids((struct store_query){ .after = -1, .limit = 9 }), "0..2");
	assert_int_equal(add_event("motion", 3), 3);
	assert_string_equal(ids((struct store_query){ .after = -1, .limit = 9 }), "3 3..3");
}

static void
test_old_events_are_pruned(void **state)
{
	(void)state;
	store_begin(store, &why);
	for (int i = 1; i <= STORE_EVENTS_KEPT + 20; i++)
		add_event("motion", i);
	assert_int_equal(store_commit(store, &why), STORE_OK);
	assert_string_equal(
	    ids((struct store_query){ .after = 0, .limit = 2 }), "21 22 21..100020");
	/* Many at once (an older version kept more) go in small steps. */
	store_free(&store);
	tamper(
	    "INSERT INTO event SELECT id - 20, type, wall_ns, data, sum FROM event WHERE id BETWEEN 21 AND 40");
	reopen();
	add_event("motion", 1);
	assert_string_equal(
	    ids((struct store_query){ .after = 100000, .limit = 1 }), "100001 9..100021");
}

/* Numbers jump when a database is lost, or comes from another machine: that must not make it
 * forget. */
static void
test_a_gap_costs_no_events(void **state)
{
	(void)state;
	add_event("motion", 1);
	add_event("motion", 2);
	store_free(&store);
	scratch_write("cam/numbers", "what a copy of it looks like");
	scratch_silence(true);
	reopen();
	scratch_silence(false);
	assert_true(add_event("motion", 3) > 1000000);
	assert_int_equal(
	    strncmp(ids((struct store_query){ .after = 0, .limit = 2 }), "1 2 1..", 7), 0);
}

/* ---- transactions ---------------------------------------------------- */

static void
test_an_inner_rollback_leaves_the_outer(void **state)
{
	struct store_picture a, b;

	(void)state;
	store_begin(store, &why);
	add_event("motion", 1);
	assert_int_equal(save("a", 100, &no_limits, &a), STORE_OK);
	store_begin(store, &why);
	assert_int_equal(add_event("motion", 2), 2);
	assert_int_equal(save("b", 100, &no_limits, &b), STORE_OK);
	assert_int_equal(store_set_value(store, "x", "1", &why), STORE_OK);
	store_rollback(store);
	assert_totals(1, 100);
	add_event("motion", 3);
	assert_int_equal(store_commit(store, &why), STORE_OK);
	reopen();
	assert_string_equal(ids((struct store_query){ .after = 0, .limit = 9 }), "1 2 1..2");
	assert_string_equal(names(), "a.jpg ");
	assert_string_equal(value("x"), "(none)");
	assert_totals(1, 100);
}

static void
test_an_outer_rollback_takes_all(void **state)
{
	struct store_picture saved;

	(void)state;
	assert_int_equal(save("old", 100, &no_limits, &saved), STORE_OK);
	store_begin(store, &why);
	add_event("motion", 1);
	store_begin(store, &why);
	assert_int_equal(save("a", 100, &no_limits, &saved), STORE_OK);
	assert_int_equal(store_commit(store, &why), STORE_OK);
	assert_int_equal(store_delete_picture(store, "old.jpg", &why), STORE_OK);
	store_rollback(store);
	/* A file that was removed cannot come back: its row goes too. */
	assert_totals(0, 0);
	assert_string_equal(names(), "");
	assert_string_equal(ids((struct store_query){ .after = -1, .limit = 9 }), "0..0");
	add_event("motion", 1);
	reopen();
	assert_string_equal(ids((struct store_query){ .after = -1, .limit = 9 }), "1 1..1");
}

static void
test_what_is_open_at_the_end_is_undone(void **state)
{
	struct store_picture saved;

	(void)state;
	store_begin(store, &why);
	store_begin(store, &why);
	save("a", 100, &no_limits, &saved);
	reopen();
	assert_totals(0, 0);
}

/* ---- pictures -------------------------------------------------------- */

static void
test_a_picture(void **state)
{
	struct store_picture saved;
	struct store_query query = { .limit = 5 };
	json_t *answer, *snap;

	(void)state;
	assert_int_equal(save("manual-1700000000", 3000, &no_limits, &saved), STORE_OK);
	assert_string_equal(saved.name, "manual-1700000000.jpg");
	assert_int_equal(saved.bytes, 3000);
	assert_int_equal(scratch_size("cam/snaps/manual-1700000000.jpg"), 3000);
	reopen();
	assert_int_equal(store_pictures(store, &query, &answer, &why), STORE_OK);
	assert_int_equal(json_integer_value(json_object_get(answer, "count")), 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "bytes")), 3000);
	snap = json_array_get(json_object_get(answer, "snaps"), 0);
	assert_int_equal(json_integer_value(json_object_get(snap, "id")), saved.id);
	assert_int_equal(json_integer_value(json_object_get(snap, "bytes")), 3000);
	assert_true(json_real_value(json_object_get(snap, "ts")) == 1700000000);
	json_decref(answer);
	assert_int_equal(store_delete_picture(store, saved.name, &why), STORE_OK);
	assert_totals(0, 0);
	assert_int_equal(store_delete_picture(store, saved.name, &why), STORE_MISSING);
	assert_string_equal(why.text, "no such picture");
	reopen();
	assert_totals(0, 0);
}

static void
test_two_in_one_second(void **state)
{
	struct store_picture saved;

	(void)state;
	save("manual-1", 10, &no_limits, &saved);
	save("manual-1", 20, &no_limits, &saved);
	assert_string_equal(saved.name, "manual-1-2.jpg");
	save("manual-1", 30, &no_limits, &saved);
	assert_string_equal(saved.name, "manual-1-3.jpg");
	assert_string_equal(names(), "manual-1-3.jpg manual-1-2.jpg manual-1.jpg ");
	assert_totals(3, 60);
	/* A stranger's file is not overwritten either. */
	scratch_write("cam/snaps/manual-2.jpg", "mine");
	save("manual-2", 10, &no_limits, &saved);
	assert_string_equal(saved.name, "manual-2-2.jpg");
	assert_int_equal(scratch_size("cam/snaps/manual-2.jpg"), 4);
}

static void
test_pages_of_pictures(void **state)
{
	struct store_query query = { .limit = 2 };
	struct store_picture saved;
	json_t *answer;

	(void)state;
	for (int i = 0; i < 5; i++)
		save("p", 10, &no_limits, &saved);
	query.before = saved.id - 1;
	assert_int_equal(store_pictures(store, &query, &answer, &why), STORE_OK);
	assert_int_equal(json_array_size(json_object_get(answer, "snaps")), 2);
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(json_object_get(answer, "snaps"), 0), "id")),
	    saved.id - 2);
	json_decref(answer);
	query = (struct store_query){ .limit = 1000, .most_bytes = 500 };
	assert_int_equal(store_pictures(store, &query, &answer, &why), STORE_OK);
	assert_in_range(json_array_size(json_object_get(answer, "snaps")), 1, 4);
	json_decref(answer);
	for (int later = 0; later < 2; later++) {
		query = (struct store_query){ .limit = 1000,
			.from_ns = (1700000000 - 1 + later) * (int64_t)second,
			.to_ns = (1700000000 + later) * (int64_t)second };
		assert_int_equal(store_pictures(store, &query, &answer, &why), STORE_OK);
		assert_int_equal(
		    json_array_size(json_object_get(answer, "snaps")), later == 1 ? 5 : 0);
		json_decref(answer);
	}
}

/* What is not ours, or no more, is not opened, and each refusal has its reason. */
static void
test_open_file(void **state)
{
	static const char *const none[] = { "", "snaps/", "snaps/gone.jpg", "p.jpg",
		"snaps/../state.db", "../cam/snaps/p.jpg", "snaps/.new", "/etc/passwd",
		"snaps//p.jpg", "clips/gone.mp4", "clips/gone.jpg", "clips/.a.journal",
		"clips/../snaps/p.jpg" };
	struct store_picture saved;
	char bytes[16];
	int fd;

	(void)state;
	save("p", 10, &no_limits, &saved);
	assert_int_equal(store_open_file(store, "snaps/p.jpg", &fd, &why), STORE_OK);
	assert_int_equal(read(fd, bytes, sizeof bytes), 10);
	assert_int_equal(write(fd, bytes, 1), -1);
	close(fd);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		assert_int_equal(store_open_file(store, none[i], &fd, &why), STORE_MISSING);
		assert_int_equal(fd, -1);
		assert_string_equal(why.text, "gone");
	}
	assert_int_equal(symlink("/etc/passwd", scratch_path("cam/snaps/link.jpg")), 0);
	assert_int_equal(store_open_file(store, "snaps/link.jpg", &fd, &why), STORE_FAILED);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(why.text, "snaps/link.jpg: "));
}

static void
test_names(void **state)
{
	static const char *const good[] = { "a.jpg", "manual-1700000000.jpg", "motion-1-2_B.jpg" };
	static const char *const bad[] = { "", ".jpg", "a", "a.png", "a.jpg.jpg", "a/b.jpg",
		"../a.jpg", "a.jpg/", "a b.jpg", ".new", "a.JPG", "\xc3\xa4.jpg", "a\n.jpg" };
	char longest[STORE_NAME_SIZE + 1];
	struct store_picture saved;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(store_name_valid(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(store_name_valid(bad[i]));
		assert_int_equal(store_delete_picture(store, bad[i], &why), STORE_MISSING);
	}
	memset(longest, 'a', sizeof longest);
	strcpy(longest + STORE_NAME_SIZE - 5, ".jpg");
	assert_true(store_name_valid(longest));
	strcpy(longest + STORE_NAME_SIZE - 5, "a.jpg");
	assert_false(store_name_valid(longest));
	assert_int_equal(save(longest, 10, &no_limits, &saved), STORE_FAILED);
	assert_totals(0, 0);
}

/* ---- quota ----------------------------------------------------------- */

static void
test_the_oldest_go_first(void **state)
{
	const struct store_limits files = { .quota_bytes = UINT64_MAX, .quota_files = 3 };
	const struct store_limits bytes = { .quota_bytes = 2500, .quota_files = 100 };
	struct store_picture saved;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(
		    save((const char *[]){ "a", "b", "c", "d", "e" }[i], 1000, &files, &saved),
		    STORE_OK);
	assert_string_equal(names(), "e.jpg d.jpg c.jpg ");
	assert_int_equal(save("f", 1000, &bytes, &saved), STORE_OK);
	assert_string_equal(names(), "f.jpg e.jpg ");
	assert_totals(2, 2000);
	assert_int_equal(save("g", 2500, &bytes, &saved), STORE_OK);
	assert_string_equal(names(), "g.jpg ");
	assert_int_equal(save("h", 2501, &bytes, &saved), STORE_FULL);
	assert_string_equal(
	    why.text, "quota: the picture has 2.4 KiB, all pictures together may have 2.4 KiB");
	assert_string_equal(names(), "g.jpg ");
	reopen();
	assert_totals(1, 2500);
}

static void
test_a_file_that_somebody_removed_is_no_obstacle(void **state)
{
	const struct store_limits one = { .quota_bytes = UINT64_MAX, .quota_files = 1 };
	struct store_picture saved;

	(void)state;
	save("a", 100, &one, &saved);
	unlink(scratch_path("cam/snaps/a.jpg"));
	assert_int_equal(save("b", 100, &one, &saved), STORE_OK);
	assert_totals(1, 100);
	unlink(scratch_path("cam/snaps/b.jpg"));
	assert_int_equal(store_delete_picture(store, "b.jpg", &why), STORE_OK);
	assert_totals(0, 0);
}

static void
test_keep_free(void **state)
{
	const struct store_limits half = {
		.quota_bytes = UINT64_MAX, .quota_files = 1000, .keep_free = 50
	};
	struct store_picture saved;
	uint64_t count, bytes;

	(void)state;
	store_free(&store);
	if (!scratch_mount_small("cam", 1 << 20, 0))
		skip();
	reopen();
	for (int i = 0; i < 12; i++)
		assert_int_equal(save((char[]){ 'a' + i, '\0' }, 60000, &half, &saved), STORE_OK);
	store_picture_totals(store, &count, &bytes);
	assert_in_range(bytes, 60000, 512 << 10);
	assert_int_equal(strncmp(names(), "l.jpg k.jpg ", 12), 0);
	assert_int_equal(scratch_size("cam/snaps/a.jpg"), -1);
	/* Something else fills the disk: our pictures are not deleted in vain. */
	scratch_fill("cam/big", 700 << 10);
	store_picture_totals(store, &count, &bytes);
	assert_int_equal(save("q", 300000, &half, &saved), STORE_FULL);
	assert_non_null(strstr(why.text, "disk full: "));
	assert_non_null(strstr(why.text, "50 % of 1.0 MiB"));
	assert_totals(count, bytes);
	unlink(scratch_path("cam/big"));
	assert_int_equal(save("q", 60000, &half, &saved), STORE_OK);
}

static void
test_disk_full(void **state)
{
	struct store_picture saved;
	uint64_t count, bytes;
	int64_t id = 0, last = 0;
	int result;

	(void)state;
	store_free(&store);
	if (!scratch_mount_small("cam", 1 << 20, 0))
		skip();
	reopen();
	assert_int_equal(save("old", 20000, &no_limits, &saved), STORE_OK);
	scratch_fill("cam/big", 1 << 20);
	/* Not even the one old picture makes room enough; it was worth a try. */
	assert_int_equal(save("new", 200000, &no_limits, &saved), STORE_FULL);
	assert_non_null(strstr(why.text, "disk full"));
	assert_int_equal(scratch_size("cam/snaps/.new"), -1);
	store_picture_totals(store, &count, &bytes);
	assert_totals(count, bytes);
	scratch_fill("cam/bigger", 1 << 20);
	json_t *data = json_pack("{s:s}", "text", "some text that takes room in the database file");
	while ((result = store_add_event(store, "motion", second, data, &id, &why)) == STORE_OK)
		last = id;
	assert_int_equal(result, STORE_FULL);
	assert_string_equal(why.text, "disk full: the database cannot grow");
	/* The same inside a transaction: the commit says so and all is undone. */
	assert_int_equal(store_begin(store, &why), STORE_OK);
	result = STORE_OK;
	for (int i = 0; result == STORE_OK && i < 5000; i++)
		result = store_add_event(store, "motion", second, data, &id, &why);
	if (result == STORE_OK)
		assert_int_equal(store_commit(store, &why), STORE_FULL);
	else
		store_rollback(store);
	unlink(scratch_path("cam/big"));
	unlink(scratch_path("cam/bigger"));
	assert_int_equal(store_add_event(store, "motion", second, data, &id, &why), STORE_OK);
	assert_int_equal(id, last + 1);
	assert_int_equal(save("new", 200000, &no_limits, &saved), STORE_OK);
	json_decref(data);
}

/* Free bytes and yet no room: only the attempt can tell. */
static void
test_no_inodes_left(void **state)
{
	struct store_picture saved;
	char name[32];

	(void)state;
	store_free(&store);
	if (!scratch_mount_small("cam", 1 << 20, 24))
		skip();
	reopen();
	assert_int_equal(save("first", 1000, &no_limits, &saved), STORE_OK);
	assert_int_equal(save("second", 1000, &no_limits, &saved), STORE_OK);
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "cam/f%d", i);
		scratch_fill(name, 0);
	}
	assert_int_equal(save("third", 1000, &no_limits, &saved), STORE_OK);
	assert_string_equal(names(), "third.jpg second.jpg ");
	assert_int_equal(store_delete_picture(store, "second.jpg", &why), STORE_OK);
	assert_int_equal(store_delete_picture(store, "third.jpg", &why), STORE_OK);
	for (int i = 30; i < 40; i++) {
		snprintf(name, sizeof name, "cam/f%d", i);
		scratch_fill(name, 0);
	}
	assert_int_equal(save("fourth", 1000, &no_limits, &saved), STORE_FULL);
	assert_non_null(strstr(why.text, "disk full: "));
	assert_non_null(strstr(why.text, "cam/snaps: No space left on device"));
	assert_totals(0, 0);
}

static void
test_a_failing_write_leaves_nothing(void **state)
{
	struct rlimit before, small;
	struct store_picture saved;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 100000, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(save("a", 200000, &no_limits, &saved), STORE_FAILED);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_non_null(strstr(why.text, "cam/snaps: File too large"));
	assert_totals(0, 0);
	assert_int_equal(scratch_size("cam/snaps/.new"), -1);
}

/* ---- crashes --------------------------------------------------------- */

static void
test_files_and_rows_are_brought_together(void **state)
{
	struct store_picture saved;

	(void)state;
	save("kept", 10, &no_limits, &saved);
	save("lost", 20, &no_limits, &saved);
	store_free(&store);
	unlink(scratch_path("cam/snaps/lost.jpg"));
	scratch_write("cam/snaps/found.jpg", "four");
	scratch_write("cam/snaps/empty.jpg", "");
	scratch_write("cam/snaps/.new", "half");
	scratch_write("cam/snaps/readme.txt", "mine");
	store = store_new(scratch_path("cam"), &why);
	assert_string_equal(names(), "found.jpg kept.jpg ");
	assert_int_equal(scratch_size("cam/snaps/.new"), -1);
	assert_int_equal(scratch_size("cam/snaps/readme.txt"), 4);
	assert_int_equal(scratch_size("cam/snaps/empty.jpg"), 0);
}

/* The child reports through the pipe what was confirmed to be on disk; then it is killed. */
struct promise {
	int64_t event;
	char picture[STORE_NAME_SIZE];
};

static void
child_works(int out, unsigned round)
{
	const struct store_limits few = { .quota_bytes = UINT64_MAX, .quota_files = 30 };
	struct promise promise;
	struct store_picture saved;
	char text[16];

	store = store_new(scratch_path("cam"), &why);
	for (int i = 0; store != NULL; i++) {
		memset(&promise, 0, sizeof promise);
		store_begin(store, &why);
		promise.event = add_event("motion", i);
		if (save("p", 5000, &few, &saved) != STORE_OK)
			break;
		strcpy(promise.picture, saved.name);
		snprintf(text, sizeof text, "%lld", (long long)promise.event);
		store_set_value(store, "trigger_count", text, &why);
		if (store_commit(store, &why) != STORE_OK ||
		    write(out, &promise, sizeof promise) != sizeof promise)
			break;
	}
	_exit((int)round % 2);
}

static void
test_kill_at_any_moment(void **state)
{
	int64_t before = 0;

	(void)state;
	store_free(&store);
	for (unsigned round = 0; round < 20; round++) {
		struct promise promise = { 0 }, last = { 0 };
		char picture[STORE_NAME_SIZE + 16];
		int ends[2], status;
		json_t *answer;
		struct store_query query = { .after = -1, .limit = 1 };
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		if (child == 0)
			child_works(ends[1], round);
		close(ends[1]);
		assert_int_equal(read(ends[0], &promise, sizeof promise), sizeof promise);
		usleep(1000 + round * 1237 % 20000);
		kill(child, SIGKILL);
		last = promise;
		while (read(ends[0], &promise, sizeof promise) == sizeof promise)
			last = promise;
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		close(ends[0]);
		store = store_new(scratch_path("cam"), &why);
		assert_non_null(store);
		assert_true(last.event > before);
		assert_int_equal(store_events(store, &query, &answer, &why), STORE_OK);
		before = json_integer_value(json_object_get(answer, "last"));
		json_decref(answer);
		/* At most the one that was on its way is beyond what was promised. */
		assert_in_range(before, last.event, last.event + 1);
		assert_in_range(atoll(value("trigger_count")), last.event, last.event + 1);
		snprintf(picture, sizeof picture, "cam/snaps/%s", last.picture);
		assert_int_equal(scratch_size(picture), 5000);
		assert_non_null(strstr(names(), last.picture));
		assert_totals((uint64_t)scratch_count("cam/snaps"),
		    5000 * (uint64_t)scratch_count("cam/snaps"));
		store_free(&store);
	}
}

/* ---- a store of an older version: tests/unit/layout1 to layout3 (README there) ---- */

static void
take_layout(int layout)
{
	char command[600];

	store_free(&store);
	scratch_clear("cam");
	snprintf(command, sizeof command, "cp -r %s/layout%d %s && chmod -R u+w %s", UNIT_DATA,
	    layout, scratch_path("cam"), scratch_path("cam"));
	assert_int_equal(system(command), 0);
}

static void
check_brought_along(int layout)
{
	take_layout(layout);
	scratch_silence(true);
	reopen();
	scratch_silence(false);
	assert_string_equal(value("threshold"), "17");
	assert_string_equal(value("cooldown"), "4");
	assert_string_equal(value("trigger_count"), "23");
	assert_string_equal(value("frame_count"), "86400");
	assert_string_equal(
	    ids((struct store_query){ .after = 37, .limit = 10 }), "38 39 40 1..40");
	assert_string_equal(
	    ids((struct store_query){ .after = 0, .limit = 3, .type = "camera" }), "4 8 12 1..40");
	assert_string_equal(
	    names(), "manual-1700000002.jpg manual-1700000001.jpg manual-1700000000.jpg ");
	assert_totals(3, 360);
	assert_int_equal(store_look(store, &why), STORE_OK);
	assert_int_equal(add_event("motion", 41), 41);
	reopen();
	assert_int_equal(scratch_count_like("cam", "state.db.corrupt-"), 0);
	assert_string_equal(ids((struct store_query){ .after = 39, .limit = 10 }), "40 41 1..41");
	/* The tables are as in a new one, and nothing of the old is left. */
	tamper(
	    "SELECT sum FROM value; SELECT sum FROM event; SELECT sum FROM picture; SELECT sum FROM clip;"
	    "SELECT sum FROM pinned");
}

static void
test_layout_1_is_brought_along(void **state)
{
	(void)state;
	check_brought_along(1);
}

static void
test_layout_2_is_brought_along(void **state)
{
	(void)state;
	check_brought_along(2);
}

static const char *clips(void);

static void
test_layout_3_is_brought_along(void **state)
{
	(void)state;
	check_brought_along(3);
	assert_string_equal(clips(), "motion-1700000010-3.mp4 26 ");
	assert_int_equal(store_keep(store, "motion-1700000010-3.mp4", true, &why), STORE_OK);
	assert_int_equal(store_pinned(store)->bytes, 26);
}

/* ---- clips ----------------------------------------------------------- */

/* A clip whose movie has so many bytes; its name so far in `stem`. */
static void
record_clip(const char *wanted, const char *movie, char stem[STORE_NAME_SIZE])
{
	int journal, fds[3];

	assert_int_equal(
	    store_open_clip(store, wanted, &no_limits, stem, &journal, &why), STORE_OK);
	assert_int_equal(write(journal, "frames", 6), 6);
	close(journal);
	assert_int_equal(store_open_movie(store, stem, fds, &why), STORE_OK);
	assert_int_equal(write(fds[1], movie, strlen(movie)), strlen(movie));
	assert_int_equal(write(fds[2], "poster", 6), 6);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static int
add_clip(const char *stem, const struct store_limits *limits)
{
	struct store_clip clip = { .wall_ns = 1000, .data = json_pack("{s:b}", "cut", 0) };
	int result;

	snprintf(clip.stem, sizeof clip.stem, "%s", stem);
	result = store_add_clip(store, &clip, limits, &why);
	json_decref(clip.data);
	return result;
}

/* "NAME BYTES …", the newest first. */
static const char *
clips(void)
{
	const struct store_query query = { .after = -1, .limit = 10 };
	static char list[300];
	json_t *answer, *clip;
	size_t index;

	list[0] = '\0';
	assert_int_equal(store_clips(store, &query, &answer, &why), STORE_OK);
	json_array_foreach(json_object_get(answer, "clips"), index, clip)
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s %lld ",
		    json_string_value(json_object_get(clip, "name")),
		    (long long)json_integer_value(json_object_get(clip, "bytes")));
	json_decref(answer);
	return list;
}

/* The stems of unfinished ones. */
static const char *
clips_left(void)
{
	static char list[300];
	json_t *stems, *stem;
	size_t index;

	list[0] = '\0';
	assert_int_equal(store_clips_left(store, &stems, &why), STORE_OK);
	json_array_foreach(stems, index, stem)
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s ",
		    json_string_value(stem));
	json_decref(stems);
	return list;
}

static void
test_a_clip_from_journal_to_row(void **state)
{
	char stem[STORE_NAME_SIZE], other[STORE_NAME_SIZE];

	(void)state;
	record_clip("manual-7", "a film", stem);
	record_clip("manual-7", "another film", other);
	assert_string_equal(stem, "manual-7");
	assert_string_equal(other, "manual-7-2");
	assert_int_equal(add_clip(stem, &no_limits), STORE_OK);
	assert_string_equal(clips(), "manual-7.mp4 6 ");
	assert_int_equal(store_drop_clip(store, stem, &why), STORE_OK);
	assert_string_equal(clips_left(), "manual-7-2 ");
	reopen();
	assert_string_equal(clips(), "manual-7.mp4 6 ");
	assert_string_equal(clips_left(), "manual-7-2 ");
	assert_int_equal(scratch_size("cam/clips/manual-7.jpg"), 6);
	assert_int_equal(store_delete_clip(store, "manual-7.mp4", &why), STORE_OK);
	assert_int_equal(store_delete_clip(store, "manual-7.mp4", &why), STORE_MISSING);
	assert_int_equal(scratch_size("cam/clips/manual-7.jpg"), -1);
	assert_string_equal(clips(), "");
	assert_int_equal(store_drop_clip(store, other, &why), STORE_OK);
	assert_int_equal(scratch_count("cam/clips"), 0);
}

static void
test_names_of_clips(void **state)
{
	int fds[3];

	(void)state;
	assert_int_equal(store_open_movie(store, "../x", fds, &why), STORE_MISSING);
	assert_int_equal(store_open_movie(store, "", fds, &why), STORE_MISSING);
	assert_int_equal(store_open_movie(store, "none", fds, &why), STORE_MISSING);
	assert_int_equal(store_delete_clip(store, "../x.mp4", &why), STORE_MISSING);
	assert_int_equal(store_drop_clip(store, "../x", &why), STORE_MISSING);
	assert_int_equal(add_clip("../x", &no_limits), STORE_MISSING);
}

/* Ended between any two of the steps, and started again. */
static void
test_clips_are_mended(void **state)
{
	char stem[STORE_NAME_SIZE];

	(void)state;
	/* The row is there, the journal was not yet removed: it is done. */
	record_clip("done", "film", stem);
	assert_int_equal(add_clip(stem, &no_limits), STORE_OK);
	reopen();
	assert_string_equal(clips_left(), "");
	/* The movie has its name, the commit did not come: it is made once more. */
	record_clip("renamed", "film", stem);
	scratch_write("cam/clips/renamed.mp4", "film");
	reopen();
	assert_string_equal(clips(), "done.mp4 4 ");
	assert_string_equal(clips_left(), "renamed ");
	assert_int_equal(store_drop_clip(store, stem, &why), STORE_OK);
	/* A movie whose row was lost with the database; a row whose movie was removed. */
	reopen();
	assert_string_equal(clips(), "renamed.mp4 4 done.mp4 4 ");
	unlink(scratch_path("cam/clips/done.mp4"));
	reopen();
	assert_string_equal(clips(), "renamed.mp4 4 ");
}

static void
test_clips_have_a_quota(void **state)
{
	const struct store_limits limits = { .quota_bytes = 10, .quota_files = 10 };
	char stem[STORE_NAME_SIZE];

	(void)state;
	record_clip("first", "film1", stem);
	assert_int_equal(add_clip(stem, &limits), STORE_OK);
	store_drop_clip(store, stem, &why);
	record_clip("second", "film2", stem);
	assert_int_equal(add_clip(stem, &limits), STORE_OK);
	store_drop_clip(store, stem, &why);
	record_clip("third", "film 3", stem);
	assert_int_equal(add_clip(stem, &limits), STORE_OK);
	store_drop_clip(store, stem, &why);
	assert_string_equal(clips(), "third.mp4 6 ");
	record_clip("fourth", "longer than all may be", stem);
	assert_int_equal(add_clip(stem, &limits), STORE_FULL);
	assert_string_equal(why.text,
	    "quota: the clip has 22 bytes, all pictures and clips together may have 10 bytes");
	assert_string_equal(clips(), "third.mp4 6 ");
}

/* ---- kept -------------------------------------------------------------- */

static void
assert_pinned(uint64_t count, uint64_t bytes)
{
	assert_int_equal(store_pinned(store)->count, count);
	assert_int_equal(store_pinned(store)->bytes, bytes);
}

/* The names that a list calls kept. */
static const char *
kept(void)
{
	const struct store_query query = { .after = -1, .limit = 10 };
	static char list[300];
	json_t *answers[2], *saved;
	size_t index;

	list[0] = '\0';
	assert_int_equal(store_pictures(store, &query, &answers[0], &why), STORE_OK);
	assert_int_equal(store_clips(store, &query, &answers[1], &why), STORE_OK);
	for (int i = 0; i < 2; i++) {
		json_array_foreach(
		    json_object_get(answers[i], i == 0 ? "snaps" : "clips"), index, saved) {
			assert_true(json_is_boolean(json_object_get(saved, "keep")));
			if (json_is_true(json_object_get(saved, "keep")))
				snprintf(list + strlen(list), sizeof list - strlen(list), "%s ",
				    json_string_value(json_object_get(saved, "name")));
		}
		json_decref(answers[i]);
	}
	return list;
}

/* The newest of three pictures, and the oldest, which is kept; the same of clips. */
static void
test_what_is_kept_does_not_go(void **state)
{
	const struct store_limits one_more = { .quota_bytes = UINT64_MAX, .quota_files = 2 },
				  small = { .quota_bytes = 220, .quota_files = 100 };
	struct store_picture saved;
	char stem[STORE_NAME_SIZE];

	(void)state;
	save("a", 100, &no_limits, &saved);
	save("b", 100, &no_limits, &saved);
	assert_int_equal(store_keep(store, "a.jpg", true, &why), STORE_OK);
	assert_int_equal(store_keep(store, "a.jpg", true, &why), STORE_OK);
	assert_pinned(1, 100);
	reopen();
	assert_pinned(1, 100);
	assert_int_equal(save("c", 100, &one_more, &saved), STORE_OK);
	assert_int_equal(save("d", 100, &one_more, &saved), STORE_OK);
	assert_string_equal(kept(), "a.jpg ");
	record_clip("x", "film1", stem);
	assert_int_equal(add_clip(stem, &no_limits), STORE_OK);
	assert_int_equal(store_keep(store, "x.mp4", true, &why), STORE_OK);
	record_clip("y", "film 2", stem);
	assert_int_equal(add_clip(stem, &no_limits), STORE_OK);
	record_clip("z", "film3 and more", stem);
	assert_int_equal(add_clip(stem, &small), STORE_OK);
	assert_non_null(strstr(clips(), "x.mp4 5 "));
	assert_string_equal(kept(), "a.jpg x.mp4 ");
	assert_pinned(2, 105);
	assert_int_equal(store_keep(store, "a.jpg", false, &why), STORE_OK);
	assert_string_equal(kept(), "x.mp4 ");
	assert_int_equal(save("e", 100, &one_more, &saved), STORE_OK);
	assert_null(strstr(names(), "a.jpg"));
}

/* Who deletes it, deletes it; the next one of that name is another. */
static void
test_a_pin_goes_with_its_picture(void **state)
{
	struct store_picture saved;
	char stem[STORE_NAME_SIZE];

	(void)state;
	save("a", 100, &no_limits, &saved);
	record_clip("x", "film1", stem);
	assert_int_equal(add_clip(stem, &no_limits), STORE_OK);
	assert_int_equal(store_keep(store, "a.jpg", true, &why), STORE_OK);
	assert_int_equal(store_keep(store, "x.mp4", true, &why), STORE_OK);
	assert_int_equal(store_delete_picture(store, "a.jpg", &why), STORE_OK);
	assert_int_equal(store_delete_clip(store, "x.mp4", &why), STORE_OK);
	assert_pinned(0, 0);
	store_drop_clip(store, stem, &why);
	save("a", 100, &no_limits, &saved);
	record_clip("x", "film1", stem);
	assert_int_equal(add_clip(stem, &no_limits), STORE_OK);
	assert_string_equal(kept(), "");
	assert_int_equal(store_keep(store, "none.jpg", true, &why), STORE_MISSING);
	assert_string_equal(why.text, "no such picture");
	assert_int_equal(store_keep(store, "none.mp4", true, &why), STORE_MISSING);
	assert_int_equal(store_keep(store, "../x.mp4", true, &why), STORE_MISSING);
	assert_pinned(0, 0);
}

/* The rows are made again from the files, and are kept as before; a pin that is not what was
 * written is found. */
static void
test_pins_survive_damage(void **state)
{
	struct store_picture saved;
	char stem[STORE_NAME_SIZE];

	(void)state;
	save("a", 100, &no_limits, &saved);
	record_clip("x", "film1", stem);
	assert_int_equal(add_clip(stem, &no_limits), STORE_OK);
	assert_int_equal(store_keep(store, "a.jpg", true, &why), STORE_OK);
	assert_int_equal(store_keep(store, "x.mp4", true, &why), STORE_OK);
	assert_int_equal(store_drop_clip(store, stem, &why), STORE_OK);
	store_free(&store);
	tamper("INSERT INTO pinned VALUES ('snaps/b.jpg', 7)");
	reopen();
	assert_int_equal(store_look(store, &why), STORE_DAMAGED);
	scratch_silence(true);
	assert_int_equal(store_repair(store, &why), STORE_OK);
	scratch_silence(false);
	assert_string_equal(kept(), "a.jpg x.mp4 ");
	assert_pinned(2, 105);
	assert_int_equal(store_look(store, &why), STORE_OK);
}

/* ---- what goes by itself -------------------------------------------------- */

/* A clip of 100 bytes, from that time. */
static void
add_clip_of(const char *wanted, uint64_t wall_ns, const struct store_limits *limits)
{
	struct store_clip clip = { .wall_ns = wall_ns, .data = json_object() };
	char movie[101];

	memset(movie, 'f', 100);
	movie[100] = '\0';
	record_clip(wanted, movie, clip.stem);
	assert_int_equal(store_add_clip(store, &clip, limits, &why), STORE_OK);
	json_decref(clip.data);
	assert_int_equal(store_drop_clip(store, clip.stem, &why), STORE_OK);
}

/* Whoever comes, the oldest of both goes; pictures are of 1700000000. */
static void
test_pictures_and_clips_have_one_quota(void **state)
{
	const struct store_limits limits = { .quota_bytes = 310, .quota_files = 100 };
	struct store_picture saved;
	char stem[STORE_NAME_SIZE];

	(void)state;
	add_clip_of("old", 1600000000 * second, &limits);
	assert_int_equal(save("a", 100, &limits, &saved), STORE_OK);
	add_clip_of("new", 1800000000 * second, &limits);
	assert_int_equal(save("b", 100, &limits, &saved), STORE_OK);
	assert_string_equal(clips(), "new.mp4 100 ");
	assert_string_equal(names(), "b.jpg a.jpg ");
	add_clip_of("newer", 1800000001 * second, &limits);
	assert_string_equal(clips(), "newer.mp4 100 new.mp4 100 ");
	assert_string_equal(names(), "b.jpg ");
	assert_int_equal(store_deleted(store)->quota, 2);
	/* A clip that is being recorded has its room, too, and does not go. */
	record_clip("now",
	    "all that there was before it began, and what it was that began, two "
	    "hundred bytes in all, or nearly so, as one that counts them will see; "
	    "so the oldest goes",
	    stem);
	assert_int_equal(save("c", 100, &limits, &saved), STORE_OK);
	assert_string_equal(names(), "c.jpg ");
	assert_string_equal(clips(), "");
	assert_int_equal(save("d", 200, &limits, &saved), STORE_FULL);
	assert_non_null(strstr(why.text, "quota: clips that are not finished have "));
	assert_string_equal(names(), "c.jpg ");
	assert_string_equal(clips_left(), "now ");
}

/* Files do not come back with a rollback: their rows do not, either. */
static void
test_a_clip_that_made_room_is_gone(void **state)
{
	const struct store_limits limits = { .quota_bytes = 150, .quota_files = 100 };
	struct store_picture saved;

	(void)state;
	add_clip_of("old", 1600000000 * second, &limits);
	store_begin(store, &why);
	assert_int_equal(save("a", 100, &limits, &saved), STORE_OK);
	store_rollback(store);
	assert_string_equal(clips(), "");
	assert_totals(0, 0);
	assert_int_equal(scratch_count("cam/clips"), 0);
}

static int
save_aged(const char *stem, unsigned days)
{
	struct store_picture saved;

	return store_save_picture(store, stem, (const unsigned char *)"jpeg", 4,
	    ((uint64_t)time(NULL) - days * 86400ull) * second, &no_limits, &saved, &why);
}

static void
test_what_is_too_old_goes(void **state)
{
	const struct store_limits limits = { .quota_bytes = UINT64_MAX,
		.quota_files = UINT64_MAX,
		.keep_days = { [STORE_CAUSE_MOTION] = 7, [STORE_CAUSE_ALWAYS] = 2 } };
	struct store_picture saved;
	unsigned count;

	(void)state;
	save_aged("manual-1", 90);
	save_aged("motion-1", 9);
	save_aged("motion-2", 8);
	save_aged("motion-3", 6);
	assert_int_equal(store_keep(store, "motion-1.jpg", true, &why), STORE_OK);
	add_clip_of("always-1", ((uint64_t)time(NULL) - 3 * 86400) * second, &no_limits);
	add_clip_of("motion-4", ((uint64_t)time(NULL) - 3 * 86400) * second, &no_limits);
	assert_int_equal(store_expire(store, &no_limits, &count, &why), STORE_OK);
	assert_int_equal(count, 0);
	assert_int_equal(store_expire(store, &limits, &count, &why), STORE_OK);
	assert_int_equal(count, 2);
	assert_string_equal(names(), "motion-3.jpg motion-1.jpg manual-1.jpg ");
	assert_string_equal(clips(), "motion-4.mp4 100 ");
	assert_int_equal(store_deleted(store)->age, 2);
	/* Saving does it as well. */
	assert_int_equal(store_delete_picture(store, "motion-3.jpg", &why), STORE_OK);
	save_aged("motion-5", 8);
	assert_int_equal(save("manual-2", 4, &limits, &saved), STORE_OK);
	assert_string_equal(names(), "manual-2.jpg motion-1.jpg manual-1.jpg ");
	assert_int_equal(store_deleted(store)->age, 3);
	assert_int_equal(store_deleted(store)->quota, 0);
	/* Not all at once. */
	for (int i = 0; i < STORE_EXPIRE_MAX + 5; i++)
		save_aged("motion-6", 8);
	assert_int_equal(store_expire(store, &limits, &count, &why), STORE_OK);
	assert_int_equal(count, STORE_EXPIRE_MAX);
	assert_int_equal(store_expire(store, &limits, &count, &why), STORE_OK);
	assert_int_equal(count, 5);
}

/* ---- damage ---------------------------------------------------------- */

static void
test_a_damaged_database_is_moved_aside(void **state)
{
	struct store_picture saved;
	int64_t id;

	(void)state;
	save("first", 10, &no_limits, &saved);
	save("second", 20, &no_limits, &saved);
	for (int i = 0; i < 5; i++)
		id = add_event("motion", i);
	store_free(&store);
	scratch_write(
	    "cam/state.db", "this is no database any more, whatever it may have been before ....");
	scratch_silence(true);
	store = store_new(scratch_path("cam"), &why);
	scratch_silence(false);
	assert_non_null(store);
	assert_int_equal(scratch_count_like("cam", "state.db.corrupt-"), 1);
	/* The pictures are still there, and no number is given away twice. */
	assert_string_equal(names(), "second.jpg first.jpg ");
	assert_int_equal(add_event("motion", 1), id + 1);
	reopen();
	assert_int_equal(scratch_count_like("cam", "state.db.corrupt-"), 1);
}

static void
test_damage_found_after_a_crash(void **state)
{
	unsigned char junk[4096];
	pid_t child;
	int fd;

	(void)state;
	store_begin(store, &why);
	for (int i = 0; i < 500; i++)
		add_event("motion", i);
	store_commit(store, &why);
	store_free(&store);
	child = fork();
	if (child == 0) {
		store = store_new(scratch_path("cam"), &why);
		add_event("motion", 1);
		_exit(0); /* not closed: the log stays */
	}
	waitpid(child, NULL, 0);
	assert_true(scratch_size("cam/state.db-wal") > 0);
	memset(junk, 0x55, sizeof junk);
	fd = open(scratch_path("cam/state.db"), O_WRONLY);
	assert_int_equal(pwrite(fd, junk, sizeof junk, 10 * 4096), sizeof junk);
	close(fd);
	scratch_silence(true);
	store = store_new(scratch_path("cam"), &why);
	assert_non_null(store);
	if (store_look(store, &why) != STORE_OK)
		assert_int_equal(store_repair(store, &why), STORE_OK);
	scratch_silence(false);
	assert_true(scratch_count_like("cam", "state.db.corrupt-") > 0);
	/* All but the page that is lost, and the one number that the crash left open. */
	assert_in_range(store_repaired(store)->events, 300, 500);
	assert_true(add_event("motion", 1) > 501);
}

static unsigned char *
contents(const char *name)
{
	size_t size = (size_t)scratch_size(name);
	unsigned char *bytes = malloc(size);
	int fd = open(scratch_path("%s", name), O_RDONLY);

	assert_int_equal(read(fd, bytes, size), size);
	close(fd);
	return bytes;
}

static void
test_a_newer_layout_is_refused(void **state)
{
	unsigned char *before, *after;

	(void)state;
	store_free(&store);
	tamper("PRAGMA user_version = 99");
	before = contents("cam/state.db");
	assert_null(store_new(scratch_path("cam"), &why));
	assert_non_null(strstr(
	    why.text, "state.db: has layout 99, this orield knows 4: it is from a newer version"));
	after = contents("cam/state.db");
	assert_int_equal(scratch_size("cam/state.db-wal"), -1);
	assert_memory_equal(before, after, (size_t)scratch_size("cam/state.db"));
	free(before);
	free(after);
	tamper("PRAGMA user_version = 4");
	reopen();
}

static void
test_a_folder_that_cannot_be_written(void **state)
{
	(void)state;
	add_event("motion", 1);
	store_free(&store);
	assert_null(store_new(scratch_path("no/such/folder"), &why));
	assert_non_null(strstr(why.text, "no/such/folder: No such file or directory"));
	if (!scratch_mount_read_only("cam"))
		skip();
	assert_null(store_new(scratch_path("cam"), &why));
	assert_non_null(strstr(why.text, "cam/state.db: the database is read-only"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_events_data, setup, teardown),
		cmocka_unit_test_setup_teardown(test_acknowledged, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_an_answer_stays_within_its_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_numbers_are_never_used_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_events_are_pruned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_gap_costs_no_events, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_an_inner_rollback_leaves_the_outer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_outer_rollback_takes_all, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_what_is_open_at_the_end_is_undone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_picture, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_in_one_second, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pages_of_pictures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_oldest_go_first, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_file_that_somebody_removed_is_no_obstacle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keep_free, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_inodes_left, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_failing_write_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_files_and_rows_are_brought_together, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kill_at_any_moment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layout_1_is_brought_along, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layout_2_is_brought_along, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layout_3_is_brought_along, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_clip_from_journal_to_row, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_of_clips, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clips_are_mended, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clips_have_a_quota, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_kept_does_not_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_pin_goes_with_its_picture, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pins_survive_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_pictures_and_clips_have_one_quota, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_clip_that_made_room_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_too_old_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_damaged_database_is_moved_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage_found_after_a_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_newer_layout_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_folder_that_cannot_be_written, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
