/* SPDX-License-Identifier: ISC */
#include "ctl/owner.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

int
owner_become(const char *folder, struct cause *why)
{
	struct stat st;

	if (stat(folder, &st) == -1)
		return cause_errno(why, "%s", folder);
	if (!S_ISDIR(st.st_mode))
		return cause_set(why, "%s: no folder", folder);
	if (geteuid() != 0 || st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) == -1 || setresgid(st.st_gid, st.st_gid, st.st_gid) == -1 ||
	    setresuid(st.st_uid, st.st_uid, st.st_uid) == -1)
		return cause_errno(why, "cannot become the owner of %s", folder);
	return 0;
}
