/* SPDX-License-Identifier: ISC */
/* The machine around orield: devices, folders, the workers' sockets, nginx. */
#include "ctl/doctor.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unixsock.h"
#include "ctl/run.h"

enum { GROUPS_MAX = 256, BACKLOG_WANTED = 4096 };

/* ---- people and groups ----------------------------------------------- */

static bool
user_in_group(const struct passwd *user, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) == -1)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* May `user` read and write it, by its mode bits? */
static bool
user_may(const struct passwd *user, const struct stat *st)
{
	if (user->pw_uid == 0)
		return true;
	if (user->pw_uid == st->st_uid)
		return (st->st_mode & 0600) == 0600;
	if (user_in_group(user, st->st_gid))
		return (st->st_mode & 0060) == 0060;
	return (st->st_mode & 0006) == 0006;
}

static const char *
group_name(gid_t gid)
{
	const struct group *group = getgrgid(gid);

	return group != NULL ? group->gr_name : "?";
}

/* ---- camera devices -------------------------------------------------- */

static void
check_device(struct doctor *doctor, const char *path, const struct passwd *user)
{
	char advice[200];
	struct stat st;

	if (stat(path, &st) == -1 || !S_ISCHR(st.st_mode))
		return;
	if (user_may(user, &st)) {
		doctor_say(
		    doctor, DOCTOR_OK, "device", NULL, "%s may be used by %s", path, user->pw_name);
		return;
	}
	snprintf(advice, sizeof advice, "usermod -aG %s %s, then restart orield",
	    group_name(st.st_gid), user->pw_name);
	doctor_say(doctor, DOCTOR_BAD, "device", advice,
	    "%s (group %s, mode %04o) may not be used by %s", path, group_name(st.st_gid),
	    st.st_mode & 07777, user->pw_name);
}

void
doctor_check_devices(struct doctor *doctor)
{
	const struct passwd *user = getpwnam("oriel");
	glob_t nodes;

	if (user == NULL)
		user = getpwuid(getuid());
	if (user == NULL || glob("/dev/video*", 0, NULL, &nodes) != 0) {
		doctor_say(doctor, DOCTOR_NOTE, "device",
		    "plug a camera in, or feed pictures: orield --source=pipe",
		    "no /dev/video* here: orield shows its test card");
		return;
	}
	for (size_t i = 0; i < nodes.gl_pathc; i++)
		check_device(doctor, nodes.gl_pathv[i], user);
	globfree(&nodes);
}

/* ---- folders --------------------------------------------------------- */

void
doctor_check_folder(struct doctor *doctor, const char *check, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		doctor_say(doctor, errno == EACCES ? DOCTOR_NOTE : DOCTOR_BAD, check,
		    errno == EACCES ? "ask again as root" : "orield makes it when it starts",
		    "%s: %s", path, strerror(errno));
	else if ((st.st_mode & 0007) != 0)
		doctor_say(doctor, DOCTOR_BAD, check, "chmod o= it",
		    "%s: mode %04o lets everybody in", path, st.st_mode & 07777);
	else
		doctor_say(doctor, DOCTOR_OK, check, NULL, "%s: mode %04o, group %s", path,
		    st.st_mode & 07777, group_name(st.st_gid));
}

/* ---- workers --------------------------------------------------------- */

void
doctor_check_worker(struct doctor *doctor, const char *name, const char *path)
{
	char advice[100];
	int fd = unixsock_connect(path);

	snprintf(advice, sizeof advice, "systemctl enable --now %s.socket", name);
	if (fd != -1)
		doctor_say(doctor, DOCTOR_OK, name, NULL, "answers at %s", path);
	else if (errno == EACCES)
		doctor_say(doctor, DOCTOR_NOTE, name, "ask again as root",
		    "%s: only nginx may use it", path);
	else
		doctor_say(doctor, DOCTOR_BAD, name, advice, "nobody answers at %s: %s", path,
		    strerror(errno));
	if (fd != -1)
		close(fd);
}

/* ---- nginx ----------------------------------------------------------- */

/* The configuration that nginx reads, or its error message, and its exit status. For free(3). */
static char *
nginx_configuration(const char *conf, int *status)
{
	char *const arguments[] = { (char *)"nginx", (char *)"-T",
		conf != NULL ? (char *)"-c" : NULL, (char *)conf, NULL };

	return run_program(arguments, "", status);
}

/* May nginx's workers use our sockets? */
static void
check_nginx_user(struct doctor *doctor, const char *configuration)
{
	const char *line = strstr(configuration, "\nuser ");
	char name[64] = "", advice[200];
	const struct passwd *user;
	struct stat st;

	if (line == NULL || sscanf(line, "\nuser %63[^; \t\n]", name) != 1 ||
	    stat(doctor->ws, &st) == -1)
		return;
	user = getpwnam(name);
	if (user == NULL || user_may(user, &st))
		return;
	snprintf(advice, sizeof advice, "usermod -aG %s %s, then restart nginx",
	    group_name(st.st_gid), name);
	doctor_say(
	    doctor, DOCTOR_BAD, "nginx", advice, "its user %s may not use %s", name, doctor->ws);
}

static void
check_backlog(struct doctor *doctor)
{
	FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");
	int most = BACKLOG_WANTED;

	if (file == NULL)
		return;
	if (fscanf(file, "%d", &most) == 1 && most < BACKLOG_WANTED)
		doctor_say(doctor, DOCTOR_NOTE, "backlog", "sysctl -w net.core.somaxconn=4096",
		    "net.core.somaxconn is %d: nginx answers 502 when many come at once", most);
	fclose(file);
}

void
doctor_check_nginx(struct doctor *doctor)
{
	int status;
	char *text = nginx_configuration(doctor->nginx, &status);

	if (text == NULL)
		return;
	if (status == RUN_MISSING)
		doctor_say(doctor, DOCTOR_BAD, "nginx", "apt-get install nginx-light",
		    "it is not installed");
	else if (status != 0 && geteuid() != 0)
		doctor_say(doctor, DOCTOR_NOTE, "nginx", "ask again as root",
		    "only root can read its whole configuration");
	else if (status != 0 && strstr(text, "Address family not supported") != NULL)
		doctor_say(doctor, DOCTOR_BAD, "nginx",
		    "remove the lines \"listen [::]...\" from the site file, and reload nginx",
		    "this machine was booted without IPv6");
	else if (status != 0)
		doctor_say(
		    doctor, DOCTOR_BAD, "nginx", "nginx -t says where", "%s", run_last_line(text));
	else if (strstr(text, "upstream oriel_control") == NULL)
		doctor_say(doctor, DOCTOR_BAD, "nginx",
		    "include Oriel's site (docs/install.md has the lines), then reload nginx",
		    "its configuration does not include the site");
	else if (strstr(text, "conflicting server name") != NULL)
		doctor_say(doctor, DOCTOR_BAD, "nginx",
		    "rm /etc/nginx/sites-enabled/default, or another server_name; then reload nginx",
		    "two sites have the same server_name and address: it shows the first");
	else
		doctor_say(doctor, DOCTOR_OK, "nginx", NULL,
		    "its configuration is valid and includes the site");
	if (status == 0) {
		check_nginx_user(doctor, text);
		if (strstr(text, "upstream oriel_control") != NULL)
			doctor_check_requests(doctor, text);
		doctor_check_listeners(doctor, text);
	}
	free(text);
	check_backlog(doctor);
}
