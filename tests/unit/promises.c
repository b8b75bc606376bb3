/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "promises.h"
#include "scratch.h"

enum { PICTURES = 2 * PROMISES_STEPS, QUOTA = 6 };

static const struct store_limits limits = { .quota_bytes = UINT64_MAX, .quota_files = QUOTA };
struct store *store;
char when[WHEN_SIZE];
static struct cause why;

/* What was answered with STORE_OK, and after how many operations of the disk. */
static struct {
	int value; /* the newest: 1.. */
	size_t value_at[PROMISES_STEPS + 1];
	struct {
		int64_t id;
		size_t at;
	} events[2 * PROMISES_STEPS + 1];
	int event_count;
	struct {
		char name[STORE_NAME_SIZE];
		size_t at;     /* SIZE_MAX: was not promised */
		size_t may_go; /* removing it has begun; SIZE_MAX: never */
		size_t gone;   /* it was promised to be gone */
	} pictures[PICTURES];
	int picture_count, undead; /* undead: could not be deleted, and counts */
} promised;

/* ---- what a store is asked to do ------------------------------------- */

static size_t
picture_size(int number)
{
	return 3000 + 700 * (size_t)number;
}

static int
add_event(int64_t *id)
{
	json_t *data = json_pack("{s:s}", "text", "an event that takes some room in its page");
	int result = store_add_event(store, "motion", 1700000000, data, id, &why);

	json_decref(data);
	return result;
}

static void
promise_event(int64_t id)
{
	promised.events[promised.event_count].id = id;
	promised.events[promised.event_count++].at = disk_operations();
}

/* The oldest one still promised goes when there are as many as may be. */
static void
expect_eviction(void)
{
	int live = promised.undead, oldest = -1;

	for (int i = promised.picture_count - 1; i >= 0; i--)
		if (promised.pictures[i].at != SIZE_MAX &&
		    promised.pictures[i].may_go == SIZE_MAX) {
			live++;
			oldest = i;
		}
	if (live >= QUOTA && oldest != -1)
		promised.pictures[oldest].may_go = disk_operations();
}

static int
save(int *number)
{
	struct store_picture saved;
	unsigned char *jpeg;
	char stem[16];
	int result;

	*number = promised.picture_count++;
	promised.pictures[*number].at = promised.pictures[*number].may_go = SIZE_MAX;
	promised.pictures[*number].gone = SIZE_MAX;
	snprintf(stem, sizeof stem, "p%d", *number);
	snprintf(promised.pictures[*number].name, STORE_NAME_SIZE, "%s.jpg", stem);
	jpeg = malloc(picture_size(*number));
	if (jpeg == NULL)
		return STORE_FAILED;
	memset(jpeg, 'a' + *number, picture_size(*number));
	expect_eviction();
	result = store_save_picture(
	    store, stem, jpeg, (uint32_t)picture_size(*number), 1700000000, &limits, &saved, &why);
	free(jpeg);
	return result;
}

/* As the store worker does it: several on one commit. */
static void
step_together(int step)
{
	char text[16];
	int64_t id = 0;
	int number = -1;
	int result = store_begin(store, &why);

	if (result != STORE_OK)
		return;
	snprintf(text, sizeof text, "%d", step);
	result = add_event(&id);
	if (result == STORE_OK)
		result = save(&number);
	if (result == STORE_OK)
		result = store_set_value(store, "step", text, &why);
	if (result != STORE_OK) {
		store_rollback(store);
		return;
	}
	if (store_commit(store, &why) != STORE_OK)
		return;
	promise_event(id);
	promised.pictures[number].at = disk_operations();
	promised.value = step;
	promised.value_at[step] = disk_operations();
}

static void
step_alone(void)
{
	int64_t id;
	int number;

	if (add_event(&id) == STORE_OK)
		promise_event(id);
	if (save(&number) == STORE_OK)
		promised.pictures[number].at = disk_operations();
}

static void
step_undone(void)
{
	int64_t id;

	if (store_begin(store, &why) != STORE_OK)
		return;
	add_event(&id);
	store_rollback(store);
}

static void
step_delete(void)
{
	int at = promised.picture_count - 1;

	while (at >= 0 &&
	    (promised.pictures[at].at == SIZE_MAX || promised.pictures[at].may_go != SIZE_MAX))
		at--;
	if (at == -1)
		return;
	promised.pictures[at].may_go = disk_operations();
	if (store_delete_picture(store, promised.pictures[at].name, &why) == STORE_OK)
		promised.pictures[at].gone = disk_operations();
	else
		promised.undead++;
}

static bool
open_store(const char *folder)
{
	why.text[0] = '\0';
	store = store_new(folder, &why);
	return store != NULL;
}

void
promises_work(const char *folder, int steps)
{
	memset(&promised, 0, sizeof promised);
	memset(promised.value_at, 0xff, sizeof promised.value_at);
	for (int step = 1; step <= steps; step++) {
		if (store == NULL && !open_store(folder))
			continue;
		step_together(step);
		step_undone();
		if (step % 3 == 0)
			step_delete();
		if (step % 2 == 0)
			step_alone();
		if (step % 5 == 0)
			store_free(&store);
	}
}

/* ---- what must be there afterwards ----------------------------------- */

static json_t *
events_found(int64_t *last)
{
	struct store_query query = { .after = 0, .limit = 1000 };
	json_t *answer, *found = json_object(), *event;
	char key[24];
	size_t index;

	assert_int_equal(store_events(store, &query, &answer, &why), STORE_OK);
	*last = json_integer_value(json_object_get(answer, "last"));
	json_array_foreach(json_object_get(answer, "events"), index, event) {
		snprintf(key, sizeof key, "%lld", json_integer_value(json_object_get(event, "id")));
		json_object_set(found, key, event);
	}
	json_decref(answer);
	return found;
}

static void
check_events(size_t end)
{
	int64_t last, id = 0, newest = 0;
	json_t *found = events_found(&last);
	char key[24];

	for (int i = 0; i < promised.event_count && promised.events[i].at <= end; i++) {
		newest = promised.events[i].id;
		snprintf(key, sizeof key, "%lld", (long long)newest);
		if (json_object_get(found, key) == NULL)
			fail_msg("%s: event %s was stored and is lost", when, key);
	}
	json_decref(found);
	assert_true(last >= newest);
	assert_int_equal(add_event(&id), STORE_OK);
	assert_true(id > newest);
}

static void
take_value(void *arg, const char *name, const char *text)
{
	if (strcmp(name, "step") == 0)
		*(int *)arg = atoi(text);
}

static void
check_value(size_t end)
{
	int value = 0, least = 0;

	for (int step = 1; step <= PROMISES_STEPS; step++)
		if (promised.value_at[step] <= end)
			least = step;
	assert_int_equal(store_each_value(store, take_value, &value, &why), STORE_OK);
	assert_true(value >= least);
}

/* Whole, byte for byte. */
static void
check_picture(const char *folder, const char *name)
{
	static unsigned char bytes[1 << 16];
	int number = atoi(name + 1), fd;
	char path[300];

	snprintf(path, sizeof path, "%s/snaps/%s", folder, name);
	fd = open(path, O_RDONLY);
	if (fd == -1)
		fail_msg("%s: %s is listed and is not there", when, path);
	assert_int_equal(read(fd, bytes, sizeof bytes), picture_size(number));
	close(fd);
	for (size_t i = 0; i < picture_size(number); i++)
		if (bytes[i] != 'a' + number)
			fail_msg("%s: %s: byte %zu is wrong", when, path, i);
}

static void
check_pictures(const char *folder, size_t end)
{
	struct store_query query = { .limit = 1000 };
	bool listed[PICTURES] = { false };
	json_t *answer, *snap;
	size_t index;

	assert_int_equal(store_pictures(store, &query, &answer, &why), STORE_OK);
	json_array_foreach(json_object_get(answer, "snaps"), index, snap) {
		const char *name = json_string_value(json_object_get(snap, "name"));

		check_picture(folder, name);
		listed[atoi(name + 1)] = true;
	}
	json_decref(answer);
	for (int i = 0; i < promised.picture_count; i++) {
		if (promised.pictures[i].at <= end && promised.pictures[i].may_go >= end &&
		    !listed[i])
			fail_msg("%s: %s was saved and is lost", when, promised.pictures[i].name);
		if (promised.pictures[i].gone <= end && listed[i])
			fail_msg("%s: %s was deleted and is back", when, promised.pictures[i].name);
	}
}

static bool
has_corrupt(const char *folder)
{
	const char *name = strrchr(folder, '/') + 1;

	return scratch_count_like(name, "state.db.corrupt") > 0;
}

void
promises_check(const char *folder, size_t end)
{
	if (!open_store(folder))
		fail_msg("%s: cannot open: %s", when, why.text);
	assert_false(has_corrupt(folder));
	check_value(end);
	check_pictures(folder, end);
	check_events(end);
	store_free(&store);
}

/* ---- more of it ------------------------------------------------------ */

int64_t
promises_number(const char *folder)
{
	int64_t id = 0;

	if (store == NULL && !open_store(folder))
		fail_msg("%s: cannot open: %s", when, why.text);
	if (add_event(&id) != STORE_OK)
		fail_msg("%s: cannot store: %s", when, why.text);
	store_free(&store);
	return id;
}

void
promises_one_more(const char *folder)
{
	promise_event(promises_number(folder));
}

void
promises_pictures_may_go(void)
{
	for (int i = 0; i < promised.picture_count; i++)
		promised.pictures[i].may_go = 0;
}

bool
promises_are_whole(void)
{
	return promised.event_count > PROMISES_STEPS && promised.value == PROMISES_STEPS;
}
