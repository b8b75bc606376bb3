/* SPDX-License-Identifier: ISC */
/* The site's accounts: who may read them, whether they are sound, and how to make the first
 * user. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/account_db.h"
#include "ctl/doctor.h"
#include "ctl/owner.h"

enum { PATH_SIZE = 512 };

/* The child's findings, sent through a pipe. */
struct finding {
	enum account_db_result result;
	int64_t users;
	char token[SETUP_TOKEN_SIZE]; /* "" = none */
	struct cause why;
};

static void
look(const struct doctor *doctor, struct finding *finding)
{
	struct account_db_settings settings = { doctor->ctl->accounts, doctor->ctl->run_dir, 1, 1 };
	char path[PATH_SIZE];
	struct cause unread;
	struct account_db *db = NULL;

	finding->result = ACCOUNT_DB_TROUBLE;
	if (owner_become(settings.state_dir, &finding->why) == 0 && secret_init(&finding->why) == 0)
		db = account_db_new(&settings, &finding->why);
	if (db != NULL)
		finding->result = account_db_count_users(db, &finding->users, &finding->why);
	account_db_free(&db);
	snprintf(path, sizeof path, "%s/setup-token", settings.state_dir);
	if (finding->result == ACCOUNT_DB_OK && finding->users == 0)
		setup_token_read(path, finding->token, &unread);
}

/* In a child, which becomes the owner of the accounts: the rest still needs root. */
static bool
find(const struct doctor *doctor, struct finding *finding)
{
	int ends[2], status;
	pid_t child;
	ssize_t got;

	memset(finding, 0, sizeof *finding);
	if (pipe2(ends, O_CLOEXEC) == -1)
		return false;
	child = fork();
	if (child == 0) {
		look(doctor, finding);
		_exit(write(ends[1], finding, sizeof *finding) != sizeof *finding);
	}
	close(ends[1]);
	got = child != -1 ? read(ends[0], finding, sizeof *finding) : -1;
	close(ends[0]);
	if (child != -1)
		waitpid(child, &status, 0);
	return got == sizeof *finding;
}

static void
check_content(struct doctor *doctor)
{
	struct finding finding;
	char advice[200];

	if (!find(doctor, &finding)) {
		doctor_say(doctor, DOCTOR_BAD, "accounts", NULL, "cannot be looked at: %s",
		    strerror(errno));
	} else if (finding.result != ACCOUNT_DB_OK) {
		doctor_say(doctor, DOCTOR_BAD, "accounts",
		    "nobody is let in until it is mended: orielctl restore --force "
		    "FILE puts a backup in its place; or move it away and begin anew",
		    "%s", finding.why.text);
	} else if (finding.users > 0) {
		doctor_say(
		    doctor, DOCTOR_OK, "accounts", NULL, "%lld users", (long long)finding.users);
	} else {
		snprintf(advice, sizeof advice, "open the site and set it up with this token: %s",
		    finding.token);
		doctor_say(doctor, DOCTOR_NOTE, "accounts",
		    finding.token[0] != '\0' ? advice : "orielctl user add NAME --role=operator",
		    "nobody has an account yet");
	}
	secret_wipe(&finding, sizeof finding);
}

static void
check_mode(struct doctor *doctor, const char *path, const struct stat *st)
{
	char advice[PATH_SIZE + 20];

	if ((st->st_mode & 0077) == 0)
		return;
	snprintf(advice, sizeof advice, "chmod go= %s", path);
	doctor_say(doctor, DOCTOR_BAD, "accounts", advice, "%s: mode %04o lets others in", path,
	    st->st_mode & 07777);
}

void
doctor_check_accounts(struct doctor *doctor)
{
	const char *folder = doctor->ctl->accounts;
	struct stat around, st;
	char path[PATH_SIZE], advice[PATH_SIZE + 40];

	snprintf(path, sizeof path, "%s/auth.db", folder);
	if (stat(folder, &around) == -1 || stat(path, &st) == -1) {
		doctor_say(doctor, DOCTOR_NOTE, "accounts",
		    errno == EACCES
			? "ask again as root"
			: "oriel-fcgi makes them when it starts, unless login = no; --accounts=DIR says where",
		    "%s: %s", path, strerror(errno));
		return;
	}
	check_mode(doctor, folder, &around);
	check_mode(doctor, path, &st);
	if (st.st_uid != around.st_uid) {
		snprintf(advice, sizeof advice, "chown --reference=%s %s*", folder, path);
		doctor_say(doctor, DOCTOR_BAD, "accounts", advice,
		    "%s belongs to somebody else than its folder", path);
	}
	if (geteuid() == 0 || geteuid() == st.st_uid)
		check_content(doctor);
	else
		doctor_say(doctor, DOCTOR_NOTE, "accounts", "ask again as root",
		    "%s is not for you to read", path);
}
