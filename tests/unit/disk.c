/* SPDX-License-Identifier: ISC */
#include "disk.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/faults.h"

enum { OPERATIONS_MAX = 20000, NODES_MAX = 2000, NAME = 64, SECTOR = 512 };

/* A node is a file or folder, from its creation on; [0] is the folder watched. */
struct operation {
	enum { CREATE, WRITE, TRUNCATE, SYNC, RENAME, UNLINK } kind;
	int node; /* the file; its folder for RENAME and UNLINK */
	int made; /* of CREATE: the new node in folder `node` */
	char name[NAME], to[NAME];
	unsigned char *data;
	size_t length;
	int64_t offset;
};

static struct operation operations[OPERATIONS_MAX];
static size_t count;
static struct {
	ino_t number;
	bool folder;
} nodes[NODES_MAX];
static int node_count;

/* ---- recording ------------------------------------------------------- */

/* Numbers are used again: the newest node counts. */
static int
node_find(const struct stat *status)
{
	for (int i = node_count - 1; i >= 0; i--)
		if (nodes[i].number == status->st_ino)
			return i;
	return -1;
}

static int
node_of(int folder, const char *path)
{
	struct stat status;

	return fstatat(folder, path, &status, 0) == 0 ? node_find(&status) : -1;
}

static int
node_of_fd(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? node_find(&status) : -1;
}

static int
node_of_parent(int folder, const char *path)
{
	char copy[256];

	snprintf(copy, sizeof copy, "%s", path);
	return node_of(folder, dirname(copy));
}

static void
set_name(char name[NAME], const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(name, NAME, "%s", slash != NULL ? slash + 1 : path);
}

static struct operation *
add(int kind, int node)
{
	if (node == -1 || count == OPERATIONS_MAX)
		return NULL;
	operations[count] = (struct operation){ .kind = kind, .node = node };
	return &operations[count++];
}

static void
record_created(const struct fault_seen *seen, bool folder)
{
	struct operation *operation = add(CREATE, node_of_parent(seen->folder, seen->path));
	struct stat status;

	if (operation == NULL || fstatat(seen->folder, seen->path, &status, 0) == -1 ||
	    node_count == NODES_MAX)
		return;
	set_name(operation->name, seen->path);
	operation->made = node_count;
	nodes[node_count].folder = folder;
	nodes[node_count++].number = status.st_ino;
}

static void
record_write(const struct fault_seen *seen)
{
	struct operation *operation = add(WRITE, node_of_fd(seen->fd));

	if (operation == NULL)
		return;
	operation->data = malloc(seen->length);
	memcpy(operation->data, seen->data, seen->length);
	operation->length = seen->length;
	operation->offset = seen->offset;
}

static void
record_names(const struct fault_seen *seen)
{
	struct operation *operation = add(
	    seen->call == FAULT_RENAME ? RENAME : UNLINK, node_of_parent(seen->folder, seen->path));

	if (operation == NULL)
		return;
	set_name(operation->name, seen->path);
	if (seen->to != NULL)
		set_name(operation->to, seen->to);
}

static void
record(const struct fault_seen *seen)
{
	struct operation *operation;

	switch (seen->call) {
	case FAULT_OPEN:
	case FAULT_MKDIR: record_created(seen, seen->call == FAULT_MKDIR); break;
	case FAULT_WRITE: record_write(seen); break;
	case FAULT_TRUNCATE:
		operation = add(TRUNCATE, node_of_fd(seen->fd));
		if (operation != NULL)
			operation->offset = seen->offset;
		break;
	case FAULT_SYNC: add(SYNC, node_of_fd(seen->fd)); break;
	case FAULT_RENAME:
	case FAULT_UNLINK: record_names(seen); break;
	default: break;
	}
}

void
disk_watch(const char *folder)
{
	struct stat status;

	if (stat(folder, &status) == -1)
		abort();
	nodes[0].number = status.st_ino;
	nodes[0].folder = true;
	node_count = 1;
	faults_watch = record;
}

size_t
disk_operations(void)
{
	return count;
}

void
disk_unwatch(void)
{
	faults_watch = NULL;
	if (count == OPERATIONS_MAX || node_count == NODES_MAX)
		abort();
}

void
disk_forget(void)
{
	for (size_t i = 0; i < count; i++)
		free(operations[i].data);
	count = 0;
	node_count = 0;
}

/* ---- what is left ---------------------------------------------------- */

struct names { /* what a folder holds */
	struct {
		char name[NAME];
		int node;
	} at[256];
	int count;
};

struct contents {
	unsigned char *data;
	size_t length, room;
};

static struct {
	struct names names;
	struct contents contents;
	size_t synced; /* operations before this one are on disk */
} images[NODES_MAX];

static int
names_find(const struct names *names, const char *name)
{
	for (int i = 0; i < names->count; i++)
		if (strcmp(names->at[i].name, name) == 0)
			return i;
	return -1;
}

static void
names_remove(struct names *names, const char *name)
{
	int at = names_find(names, name);

	if (at != -1)
		names->at[at] = names->at[--names->count];
}

static void
names_put(struct names *names, const char *name, int node)
{
	names_remove(names, name);
	if (names->count == (int)(sizeof names->at / sizeof names->at[0]))
		abort();
	snprintf(names->at[names->count].name, NAME, "%s", name);
	names->at[names->count++].node = node;
}

static void
names_apply(struct names *names, const struct operation *operation)
{
	int at = names_find(names, operation->name);

	if (operation->kind == CREATE) {
		names_put(names, operation->name, operation->made);
	} else if (at != -1) {
		int node = names->at[at].node;

		names_remove(names, operation->name);
		if (operation->kind == RENAME)
			names_put(names, operation->to, node);
	}
}

static void
contents_resize(struct contents *contents, size_t length)
{
	if (length > contents->room) {
		contents->room = length * 2;
		contents->data = realloc(contents->data, contents->room);
	}
	if (length > contents->length)
		memset(contents->data + contents->length, 0, length - contents->length);
	contents->length = length;
}

static void
contents_apply(struct contents *contents, const struct operation *operation, size_t length)
{
	size_t end = (size_t)operation->offset + length;

	if (operation->kind == TRUNCATE) {
		contents_resize(contents, (size_t)operation->offset);
	} else if (length > 0) {
		if (end > contents->length)
			contents_resize(contents, end);
		memcpy(contents->data + operation->offset, operation->data, length);
	}
}

/* How much of an unsynced write survives: all, nothing, or its first sectors. */
static size_t
surviving(const struct operation *operation, unsigned chance)
{
	if (operation->kind != WRITE || chance % 4 < 2)
		return operation->length;
	return chance % 4 == 2 ? 0 : operation->length / 2 / SECTOR * SECTOR;
}

/* Bring the image of a node to operation `end`, except that behind its newest sync
 * only what `keep` allows is there. */
static void
image_build(int node, size_t end, unsigned keep, unsigned *dice)
{
	bool open = true; /* of names: none is lost before one that is kept */

	for (size_t i = 0; i < end; i++) {
		const struct operation *operation = &operations[i];
		unsigned chance = i < images[node].synced || keep == DISK_ALL ? 0
		    : keep == DISK_SYNCED				      ? 2
					  : (unsigned)rand_r(dice) >> 8;

		if (operation->node != node || operation->kind == SYNC)
			continue;
		if (operation->kind == WRITE || operation->kind == TRUNCATE) {
			if (operation->kind == WRITE || chance % 4 != 2)
				contents_apply(&images[node].contents, operation,
				    surviving(operation, chance));
		} else {
			open = open && chance % 4 != 2;
			if (open)
				names_apply(&images[node].names, operation);
		}
	}
}

static void
put_file(const char *path, const struct contents *contents)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0640);

	if (fd == -1 || write(fd, contents->data, contents->length) != (ssize_t)contents->length)
		abort();
	close(fd);
}

/* SQLite's shared memory is made anew by whoever comes first. */
static bool
is_memory(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcmp(name + length - 4, "-shm") == 0;
}

static void
put_folder(const char *path, int node)
{
	const struct names *names = &images[node].names;
	char inner[512];

	for (int i = 0; i < names->count; i++) {
		int entry = names->at[i].node;

		snprintf(inner, sizeof inner, "%s/%s", path, names->at[i].name);
		if (nodes[entry].folder) {
			mkdir(inner, 0750);
			put_folder(inner, entry);
		} else if (!is_memory(names->at[i].name)) {
			put_file(inner, &images[entry].contents);
		}
	}
}

void
disk_build(const char *folder, size_t end, unsigned keep)
{
	unsigned dice = keep;

	for (int node = 0; node < node_count; node++) {
		images[node].names.count = 0;
		images[node].contents.length = 0;
		images[node].synced = 0;
	}
	for (size_t i = 0; i < end; i++)
		if (operations[i].kind == SYNC)
			images[operations[i].node].synced = i;
	for (int node = 0; node < node_count; node++)
		image_build(node, end, keep, &dice);
	put_folder(folder, 0);
}
