/* SPDX-License-Identifier: ISC */
/* Landlock, by its own system calls: glibc has no names for them (kernel:
 * Documentation/userspace-api/landlock.rst). A rule binds to an inode. So it holds for
 * everything that comes and goes below a folder, but not when the folder itself is made again. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "confine/confine_internal.h"

/* Newer than Debian 12's header. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#define NET_TCP 3ULL	    /* LANDLOCK_ACCESS_NET_BIND_TCP | _CONNECT_TCP */
#define SCOPE_ABSTRACT 1ULL /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET */
#define SCOPE_SIGNAL 2ULL   /* LANDLOCK_SCOPE_SIGNAL */

/* struct landlock_ruleset_attr as of ABI 6. An older kernel takes it as long as the members that
 * it does not know are 0. */
struct ruleset {
	uint64_t files, net, scope;
};

/* All rights of the file system that this ABI knows. */
static uint64_t
rights_known(int abi)
{
	uint64_t rights = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1; /* ABI 1: up to here */

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

static uint64_t
rights_of(unsigned may)
{
	uint64_t rights = 0;

	if (may & CONFINE_READ)
		rights |= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	if (may & CONFINE_WRITE)
		rights |= LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
	if (may & CONFINE_MAKE)
		rights |= LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
		    LANDLOCK_ACCESS_FS_REMOVE_FILE;
	if (may & CONFINE_SOCKETS)
		rights |= LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;
	if (may & CONFINE_DEVICES)
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

/* What can be allowed for anything but a folder. */
static const uint64_t rights_of_files = LANDLOCK_ACCESS_FS_READ_FILE |
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV;

/* Make it the path of the folder above; false when there is none. */
static bool
path_up(char *path)
{
	size_t length = strlen(path);
	char *slash;

	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	if (strcmp(path, "/") == 0 || strcmp(path, ".") == 0)
		return false;
	slash = strrchr(path, '/');
	if (slash == NULL)
		strcpy(path, "."); /* `path` has at least one byte */
	else
		slash[slash == path] = '\0';
	return true;
}

static bool
is_root(int fd)
{
	struct stat is, root;

	return fstat(fd, &is) == 0 && stat("/", &root) == 0 && is.st_dev == root.st_dev &&
	    is.st_ino == root.st_ino;
}

/* Open it, or the nearest folder above it that exists; but not the root, which would allow
 * everything. -1: logged. */
static int
path_open(const struct confine_path *entry)
{
	char *path = strdup(entry->path);
	bool above = (entry->may & CONFINE_AROUND) != 0;
	int fd = -1;

	if (path != NULL && (!above || path_up(path)))
		fd = open(path, O_PATH | O_CLOEXEC);
	while (fd == -1 && path != NULL && (above = path_up(path)))
		fd = open(path, O_PATH | O_CLOEXEC);
	if (fd != -1 && above && is_root(fd)) {
		close(fd);
		fd = -1;
	}
	if (fd == -1)
		log_warning("confine",
		    "%s: nothing to hold on to but /: out of reach until the next start",
		    entry->path);
	free(path);
	return fd;
}

static int
rule_add(int ruleset, const struct confine_path *entry, uint64_t known)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = path_open(entry),
		.allowed_access = rights_of(entry->may) & known };
	struct stat is;
	long result = 0;

	if (rule.parent_fd == -1)
		return 0;
	if (fstat(rule.parent_fd, &is) == 0 && !S_ISDIR(is.st_mode))
		rule.allowed_access &= rights_of_files;
	if (rule.allowed_access != 0)
		result = syscall(
		    SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return (int)result;
}

/* systemd's socket for READY=1 (sd_notify(3)) may be an abstract one: "@…". */
static uint64_t
scopes(int abi)
{
	const char *notify = getenv("NOTIFY_SOCKET");

	if (abi < 6)
		return 0;
	return notify != NULL && notify[0] == '@' ? SCOPE_SIGNAL : SCOPE_SIGNAL | SCOPE_ABSTRACT;
}

static int
ruleset_make(int abi, const struct confine_path *paths, size_t count, struct cause *why)
{
	struct ruleset attributes = {
		.files = rights_known(abi), .net = abi >= 4 ? NET_TCP : 0, .scope = scopes(abi)
	};
#ifdef ORIEL_SANITIZED
	/* A report names functions and lines, from all the files that were loaded. */
	static const struct confine_path everything = { .path = "/", .may = CONFINE_READ };
#endif
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);

	if (ruleset == -1)
		return cause_errno(why, "landlock_create_ruleset");
#ifdef ORIEL_SANITIZED
	if (rule_add(ruleset, &everything, attributes.files) == -1)
		goto fail;
#endif
	for (size_t i = 0; i < count; i++)
		if (paths[i].path[0] != '\0' &&
		    rule_add(ruleset, &paths[i], attributes.files) == -1)
			goto fail;
	return ruleset;
fail:
	cause_errno(why, "landlock_add_rule");
	close(ruleset);
	return -1;
}

int
landlock_confine(const struct confine_path *paths, size_t count, struct cause *why)
{
	int abi = (int)syscall(
	    SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset;

	if (abi < 1)
		return cause_errno(why, "landlock_create_ruleset");
	ruleset = ruleset_make(abi, paths, count, why);
	if (ruleset == -1)
		return -1;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) == -1) {
		cause_errno(why, "landlock_restrict_self");
		abi = -1;
	}
	close(ruleset);
	return abi;
}

const char *
landlock_lacks(int abi)
{
	if (abi < 3)
		return "truncation, device ioctls, signals";
	if (abi < 5)
		return "device ioctls, signals";
	return abi < 6 ? "signals" : "";
}
