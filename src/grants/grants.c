/* SPDX-License-Identifier: ISC */
#include "grants/grants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLED ".settled"

enum { FILE_SIZE = GRANTS_PATH_SIZE + GRANT_SIZE + 2 };

int
grants_init(struct grants *grants, const char *run_dir, struct cause *why)
{
	int length = snprintf(grants->path, sizeof grants->path, "%s/.grants", run_dir);

	if (length > 0 && (size_t)length < sizeof grants->path)
		return 0;
	grants->path[0] = '\0';
	return cause_set(why, "%.64s…: too long a path", run_dir);
}

bool
grant_id_valid(const char *id)
{
	return strspn(id, "0123456789abcdef") == GRANT_SIZE - 1 && id[GRANT_SIZE - 1] == '\0';
}

static const char *
grant_file(const struct grants *grants, const char *name, char path[FILE_SIZE])
{
	snprintf(path, FILE_SIZE, "%s/%s", grants->path, name);
	return path;
}

static bool
grant_file_is_there(const struct grants *grants, const char *name)
{
	char path[FILE_SIZE];

	return access(grant_file(grants, name, path), F_OK) == 0;
}

static int
grant_file_make(const struct grants *grants, const char *name, struct cause *why)
{
	char path[FILE_SIZE];
	int fd = open(
	    grant_file(grants, name, path), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0440);

	if (fd != -1)
		close(fd);
	return fd != -1 || errno == EEXIST ? 0 : cause_errno(why, "%s", path);
}

/* The mode does not depend on the umask. A folder that systemd made keeps its own mode. */
int
grants_make_folder(const struct grants *grants, struct cause *why)
{
	if (mkdir(grants->path, 0750) == -1)
		return errno == EEXIST ? 0 : cause_errno(why, "%s", grants->path);
	return chmod(grants->path, 0750) == 0 ? 0 : cause_errno(why, "%s", grants->path);
}

bool
grants_have(const struct grants *grants, const char *id)
{
	return grant_id_valid(id) && grant_file_is_there(grants, id);
}

int
grants_publish(const struct grants *grants, const char *id, struct cause *why)
{
	if (!grant_id_valid(id))
		return cause_set(why, "no grant: %.40s", id);
	return grant_file_make(grants, id, why);
}

int
grants_withdraw(const struct grants *grants, const char *id, struct cause *why)
{
	char path[FILE_SIZE];

	if (!grant_id_valid(id))
		return cause_set(why, "no grant: %.40s", id);
	if (unlink(grant_file(grants, id, path)) == 0 || errno == ENOENT)
		return 0;
	return cause_errno(why, "%s", path);
}

int
grants_each(const struct grants *grants, grants_visit *each, void *arg, struct cause *why)
{
	DIR *folder = opendir(grants->path);
	struct dirent *entry;

	if (folder == NULL)
		return cause_errno(why, "%s", grants->path);
	while ((entry = readdir(folder)) != NULL)
		if (grant_id_valid(entry->d_name))
			each(arg, entry->d_name);
	closedir(folder);
	return 0;
}

bool
grants_are_settled(const struct grants *grants)
{
	return grant_file_is_there(grants, SETTLED);
}

int
grants_mark_settled(const struct grants *grants, struct cause *why)
{
	return grant_file_make(grants, SETTLED, why);
}
