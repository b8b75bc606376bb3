/* SPDX-License-Identifier: ISC */
/* A store whose files are damaged, at rest or in use. Whatever the damage is, the store goes on,
 * no event number is used twice, the pictures are there, and a setting is what it was or the
 * default. */
#include "unit.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/faults.h"
#include "random.h"
#include "scratch.h"
#include "store/numbers.h"
#include "store/store.h"

enum { EVENTS = 400, PICTURES = 5, PAGE = 4096, ROUND_S = 60, REPAIRS_MAX = 6 };

static const struct store_limits no_limits = { .quota_bytes = UINT64_MAX,
	.quota_files = UINT64_MAX };
static const char *const settings[][2] = { { "threshold", "17" }, { "cooldown", "4" },
	{ "trigger_count", "23" } };
static struct store *store;
static struct cause why;
static char said[300]; /* what is wrong with the round */
static struct random dice;
static bool refused; /* said in words, and untouched */

static void
complain(const char *format, ...)
{
	va_list args;

	if (said[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(said, sizeof said, format, args);
	va_end(args);
}

static size_t
below(size_t limit)
{
	return limit == 0 ? 0 : random_below(&dice, (uint32_t)limit);
}

/* ---- a store at work ------------------------------------------------- */

/* As the store worker does: damage that shows is repaired, and the same is done again. */
static bool
mended(int result)
{
	static int repairs;

	if (result == STORE_OK || !store_is_damaged(store, &why) || ++repairs > REPAIRS_MAX)
		return false;
	if (store_repair(store, &why) != STORE_OK)
		complain("cannot be repaired: %s", why.text);
	return said[0] == '\0';
}

static int64_t
add_event(int number)
{
	json_t *data = json_pack(
	    "{s:i, s:s}", "n", number, "text", "an event that takes some room in its page");
	int64_t id = 0;
	int result;

	do
		result = store_add_event(
		    store, number % 3 == 0 ? "camera" : "motion", 1700000000, data, &id, &why);
	while (mended(result));
	json_decref(data);
	if (result != STORE_OK)
		complain("no event: %s", why.text);
	return id;
}

static void
save(int number)
{
	unsigned char jpeg[300];
	struct store_picture saved;
	char stem[16];
	int result;

	memset(jpeg, 'a' + number, sizeof jpeg);
	snprintf(stem, sizeof stem, "p%d", number);
	do
		result = store_save_picture(
		    store, stem, jpeg, sizeof jpeg, 1700000000, &no_limits, &saved, &why);
	while (mended(result));
	if (result != STORE_OK)
		complain("no picture: %s", why.text);
}

static void
open_store(void)
{
	store = store_new(scratch_path("cam"), &why);
	refused = store == NULL && strstr(why.text, "newer version") != NULL;
	if (store == NULL && !refused)
		complain("cannot be opened: %s", why.text);
}

static int64_t
work(int from, int events)
{
	int64_t id = 0;

	store_begin(store, &why);
	for (int i = from; i < from + events; i++)
		id = add_event(i);
	if (store_commit(store, &why) != STORE_OK)
		complain("no commit: %s", why.text);
	return id;
}

/* 400 events and more, in many pages; the newest only in the log when it is not closed. */
static int64_t
fill(void)
{
	int64_t id;

	open_store();
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		store_set_value(store, settings[i][0], settings[i][1], &why);
	work(0, EVENTS);
	for (int i = 0; i < PICTURES; i++)
		save(i);
	store_free(&store);
	open_store();
	id = work(EVENTS, 20);
	return id;
}

/* Killed: nothing was closed. */
static int64_t
fill_and_crash(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(fill() != EVENTS + 20);
	waitpid(child, &status, 0);
	if (status != 0)
		complain("could not be filled");
	return EVENTS + 20;
}

/* ---- what is done to its files --------------------------------------- */

static long
size_of(const char *name)
{
	return scratch_size(name);
}

static void
put(const char *name, long at, const void *bytes, size_t length)
{
	int fd = open(scratch_path("%s", name), O_WRONLY | O_CREAT, 0640);

	assert_int_equal(pwrite(fd, bytes, length, at), length);
	close(fd);
}

static void
flip(const char *name, long from, long to, size_t bits)
{
	for (size_t i = 0; i < bits && to > from; i++) {
		long at = from + (long)below((size_t)(to - from));
		int fd = open(scratch_path("%s", name), O_RDONLY);
		unsigned char byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		close(fd);
		byte ^= (unsigned char)(1u << below(8));
		put(name, at, &byte, 1);
	}
}

static void
shorten(const char *name, long size)
{
	assert_int_equal(truncate(scratch_path("%s", name), size), 0);
}

static void
copy(const char *from, const char *to)
{
	static char bytes[4 << 20];
	int fd = open(scratch_path("%s", from), O_RDONLY);
	ssize_t length = fd != -1 ? read(fd, bytes, sizeof bytes) : 0;

	close(fd);
	if (fd == -1)
		return;
	put(to, 0, bytes, (size_t)length);
	shorten(to, length);
}

static void
junk_page(long page, bool zero)
{
	unsigned char bytes[PAGE] = { 0 };

	for (size_t i = 0; !zero && i < sizeof bytes; i++)
		bytes[i] = (unsigned char)below(256);
	put("cam/state.db", page * PAGE, bytes, sizeof bytes);
}

/* One page over another: pages that are sound and lead in circles. */
static void
copy_page(long from, long to)
{
	unsigned char bytes[PAGE];
	int fd = open(scratch_path("cam/state.db"), O_RDONLY);

	assert_int_equal(pread(fd, bytes, sizeof bytes, from * PAGE), sizeof bytes);
	close(fd);
	put("cam/state.db", to * PAGE, bytes, sizeof bytes);
}

/* The root pages of the indexes. */
static long
page_of(const char *name)
{
	char question[100];
	sqlite3_stmt *say;
	sqlite3 *handle;
	long page = 2;

	snprintf(question, sizeof question, "SELECT rootpage FROM sqlite_master WHERE name = '%s'",
	    name);
	sqlite3_open_v2(scratch_path("cam/state.db"), &handle, SQLITE_OPEN_READONLY, NULL);
	if (sqlite3_prepare_v2(handle, question, -1, &say, NULL) == SQLITE_OK &&
	    sqlite3_step(say) == SQLITE_ROW)
		page = sqlite3_column_int(say, 0);
	sqlite3_finalize(say);
	sqlite3_close(handle);
	return page - 1;
}

static void
flip_in_index(void)
{
	long page = page_of(below(2) == 0 ? "event_type" : "sqlite_autoindex_picture_1");

	flip("cam/state.db", page * PAGE, (page + 1) * PAGE, 1 + below(4));
}

static void
flip_in_page_of(const char *table)
{
	long page = page_of(table);

	flip("cam/state.db", page * PAGE, (page + 1) * PAGE, 1 + below(3));
}

enum { KINDS = 24 };
static const char *
damage(unsigned kind)
{
	long size = size_of("cam/state.db"), pages = size / PAGE;

	switch (kind) {
	case 0: flip("cam/state.db", 0, size, 1); return "one bit";
	case 1: flip("cam/state.db", 0, size, 8 + below(50)); return "some bits";
	case 2: flip("cam/state.db", 0, 100, 1 + below(3)); return "bits of the header";
	case 3: flip("cam/state.db", 100, PAGE, 1 + below(4)); return "bits of the schema";
	case 4: shorten("cam/state.db", (long)below((size_t)size)); return "truncated";
	case 5:
		shorten("cam/state.db", PAGE * (long)below((size_t)pages));
		return "truncated to pages";
	case 6: shorten("cam/state.db", 100); return "header only";
	case 7: shorten("cam/state.db", 0); return "empty";
	case 8: junk_page((long)below((size_t)pages), true); return "a page of zeros";
	case 9: junk_page((long)below((size_t)pages), false); return "a page of junk";
	case 10:
		scratch_write("cam/state.db", "this is no database any more, whatever it was ...");
		return "no database";
	case 11: flip_in_index(); return "bits of an index";
	case 12: flip_in_page_of("event"); return "bits of the tree of events";
	case 13: flip_in_page_of("value"); return "bits of the settings";
	case 14: flip_in_page_of("sqlite_sequence"); return "bits of the numbers";
	case 15: flip_in_page_of("picture"); return "bits of the list of pictures";
	case 16:
		copy_page((long)below((size_t)pages), (long)below((size_t)pages));
		return "a page over another";
	case 17: unlink(scratch_path("cam/state.db")); return "removed";
	case 18:
		unlink(scratch_path("cam/state.db"));
		unlink(scratch_path("cam/state.db-wal"));
		return "removed with its log";
	case 19: copy("old.db", "cam/state.db"); return "an older copy";
	case 20:
		unlink(scratch_path("cam/state.db"));
		copy("old.db", "cam/state.db");
		return "an older copy in a new file";
	case 21:
		flip("cam/numbers", 0, size_of("cam/numbers"), 1);
		return "a bit of the file of numbers";
	case 22:
		copy("old.numbers", "cam/numbers");
		flip("cam/state.db", 0, size, 9);
		return "an older file of numbers, and bits";
	default:
		unlink(scratch_path("cam/numbers"));
		copy("old.db", "cam/state.db");
		return "an older copy and no numbers";
	}
}

enum { LOG_KINDS = 5 };
static const char *
damage_log(unsigned kind)
{
	long size = size_of("cam/state.db-wal");

	switch (kind) {
	case 0: shorten("cam/state.db-wal", (long)below((size_t)size)); return "log truncated";
	case 1: flip("cam/state.db-wal", 0, size, 1 + below(9)); return "bits of the log";
	case 2: unlink(scratch_path("cam/state.db-wal")); return "log lost";
	case 3: shorten("cam/state.db-wal", 0); return "log empty";
	default:
		flip("cam/state.db-wal", size / 2, size, 40);
		flip("cam/state.db", 0, size_of("cam/state.db"), 3);
		return "bits of both";
	}
}

/* ---- what must be so afterwards -------------------------------------- */

static void
check_value(void *arg, const char *name, const char *text)
{
	(void)arg;
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if (strcmp(name, settings[i][0]) == 0 && strcmp(text, settings[i][1]) == 0)
			return;
	complain("setting \"%.30s\" is \"%.30s\"", name, text);
}

static void
check_values(void)
{
	int result;

	do
		result = store_each_value(store, check_value, NULL, &why);
	while (mended(result));
	if (result != STORE_OK)
		complain("no settings: %s", why.text);
}

static void
check_pictures(void)
{
	struct store_query query = { .limit = 1000 };
	json_t *answer = NULL, *snap;
	size_t index, count = 0;
	char path[100];
	int result;

	do
		result = store_pictures(store, &query, &answer, &why);
	while (mended(result));
	if (result != STORE_OK) {
		complain("no pictures: %s", why.text);
		return;
	}
	json_array_foreach(json_object_get(answer, "snaps"), index, snap) {
		snprintf(path, sizeof path, "cam/snaps/%s",
		    json_string_value(json_object_get(snap, "name")));
		count += scratch_size(path) == 300 &&
		    json_integer_value(json_object_get(snap, "bytes")) == 300;
	}
	if (count != PICTURES || json_array_size(json_object_get(answer, "snaps")) != PICTURES)
		complain("%zu pictures are right, %zu are listed", count,
		    json_array_size(json_object_get(answer, "snaps")));
	json_decref(answer);
}

/* Old ones are what they were, and the new ones' numbers are beyond them. */
static void
check_events(int64_t given)
{
	struct store_query query = { .after = 0, .limit = 1000 };
	int64_t id = add_event(1000);
	json_t *answer = NULL, *event;
	size_t index;
	int result;

	if (id <= given || id > NUMBERS_MAX)
		complain("number %lld after %lld", (long long)id, (long long)given);
	do
		result = store_events(store, &query, &answer, &why);
	while (mended(result));
	if (result != STORE_OK) {
		complain("no events: %s", why.text);
		return;
	}
	json_array_foreach(json_object_get(answer, "events"), index, event) {
		json_int_t number = json_integer_value(
		    json_object_get(json_object_get(event, "data"), "n"));
		const char *type = json_string_value(json_object_get(event, "type"));

		if (strcmp(type, number % 3 == 0 ? "camera" : "motion") != 0 ||
		    (number != 1000 &&
			json_integer_value(json_object_get(event, "id")) != number + 1))
			complain("event %lld is not what it was",
			    json_integer_value(json_object_get(event, "id")));
	}
	json_decref(answer);
}

/* As anybody's tool sees it. */
static void
check_file(void)
{
	const char *text = "nothing";
	sqlite3_stmt *say = NULL;
	sqlite3 *handle;

	sqlite3_open_v2(scratch_path("cam/state.db"), &handle, SQLITE_OPEN_READWRITE, NULL);
	sqlite3_prepare_v2(handle, "PRAGMA integrity_check(1)", -1, &say, NULL);
	if (sqlite3_step(say) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(say, 0);
	if (strcmp(text, "ok") != 0)
		complain("neither moved aside nor healed: %.80s", text);
	sqlite3_finalize(say);
	sqlite3_close(handle);
}

static void
check_all(int64_t given)
{
	mended(store_look(store, &why));
	if (store_is_damaged(store, &why))
		mended(STORE_FAILED);
	check_values();
	check_pictures();
	check_events(given);
	store_free(&store);
	open_store();
	if (store == NULL)
		return;
	mended(store_look(store, &why));
	check_values();
	check_events(given);
	store_free(&store);
	check_file();
	if (scratch_count_like("cam", "state.db.corrupt-") > 2 * STORE_DAMAGED_KEPT)
		complain("too many are kept");
}

/* ---- rounds ---------------------------------------------------------- */

enum when { AT_REST, AFTER_A_CRASH, IN_USE, WHENS };
static const char *const when_words[] = { "at rest", "after a crash", "in use" };

static void
round_run(unsigned number)
{
	enum when when = number % WHENS;
	unsigned kind = number / WHENS;
	const char *what;
	int64_t given;

	dice.state = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
	given = when == AFTER_A_CRASH ? fill_and_crash() : fill();
	copy("cam/numbers", "old.numbers");
	if (when == AT_REST)
		store_free(&store);
	what = when == AFTER_A_CRASH && kind % 2 == 0 ? damage_log(kind / 2 % LOG_KINDS)
						      : damage(kind % KINDS);
	if (when != IN_USE)
		open_store();
	if (store != NULL)
		check_all(given);
	if (refused && strncmp(what, "bits of the header", 10) != 0)
		complain("refused");
	if (said[0] != '\0') {
		printf("round %u, %s, %s: %s\n", number, what, when_words[when], said);
		fflush(stdout);
	}
}

/* A process of its own for each, which might crash or not end. */
static bool
round_is_good(unsigned number)
{
	int status;
	pid_t child;

	scratch_clear("cam");
	child = fork();
	if (child == 0) {
		alarm(ROUND_S);
		round_run(number);
		_exit(said[0] != '\0');
	}
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		print_error("round %u: signal %d\n", number, WTERMSIG(status));
	else if (WEXITSTATUS(status) > 1)
		print_error("round %u: exit %d\n", number, WEXITSTATUS(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A copy as of some time ago. */
static void
make_old_copy(void)
{
	open_store();
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		store_set_value(store, settings[i][0], settings[i][1], &why);
	work(0, 50);
	for (int i = 0; i < PICTURES; i++)
		save(i);
	store_free(&store);
	copy("cam/state.db", "old.db");
}

static void
test_any_damage(void **state)
{
	unsigned rounds = WHENS * KINDS * (getenv("ORIEL_SOAK") != NULL ? 20 : 1), bad = 0;

	(void)state;
	faults->hasty = 1; /* no power is lost here */
	scratch_make();
	mkdir(scratch_path("cam"), 0750);
	scratch_silence(true);
	make_old_copy();
	for (unsigned number = 0; number < rounds; number++)
		bad += !round_is_good(number);
	scratch_silence(false);
	scratch_remove();
	print_message("%u rounds of damage, %u bad\n", rounds, bad);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
