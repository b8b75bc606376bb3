/* SPDX-License-Identifier: ISC */
/* Do the limits fit together? Beyond a limit of ours a client gets an error that says so. Beyond
 * those of nginx or of the kernel its connection is just closed. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unixsock.h"
#include "ctl/doctor.h"
#include "ctl/run.h"

enum {
	NGINX_CONNECTIONS = 512,  /* nginx's default of worker_connections */
	NGINX_DESCRIPTORS = 1024, /* the kernel's soft limit, which nginx leaves alone by default */
	NGINX_BESIDE = 30,   /* listening sockets, connections kept to the workers, log files */
	WORKER_BESIDE = 256, /* cameras, database, commands and connections under way */
	ARGUMENTS_MAX = 64,
};

/* ---- nginx ----------------------------------------------------------- */

/* Is the text at `at` in a comment? */
static bool
is_comment(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		if (*--at == '#')
			return true;
	return false;
}

/* The number after the last directive `name`; `initial` when there is none, -1 when it is a
 * word. */
static long
directive(const char *text, const char *name, long initial)
{
	size_t length = strlen(name);

	for (const char *at = text; (at = strstr(at, name)) != NULL; at += length) {
		const char *value = at + length + strspn(at + length, " \t");

		if (at > text && strchr(" \t\n{;", at[-1]) != NULL && value > at + length &&
		    !is_comment(text, at))
			initial = isdigit((unsigned char)*value) ? strtol(value, NULL, 10) : -1;
	}
	return initial;
}

/* Do as many requests reach oriel-fcgi as it has places for streams? */
static void
doctor_compare_streams(struct doctor *doctor, const char *configuration, long requests)
{
	long processes = directive(configuration, "worker_processes", 1);
	long streams = doctor->streams * doctor->fcgi_workers;
	char advice[200];

	if (processes < 1) /* auto */
		processes = sysconf(_SC_NPROCESSORS_ONLN);
	if (streams <= requests * processes)
		return;
	snprintf(advice, sizeof advice,
	    "for more: worker_connections %ld; and worker_rlimit_nofile %ld; in nginx.conf, "
	    "limit_conn oriel_process %ld; in the site file",
	    2 * streams + NGINX_BESIDE, 2 * (2 * streams + NGINX_BESIDE), streams);
	doctor_say(doctor, DOCTOR_NOTE, "streams", advice,
	    "oriel-fcgi has places for %ld (max_streams), but nginx lets %ld requests in "
	    "(%ld in each of %ld processes)",
	    streams, requests * processes, requests, processes);
}

void
doctor_check_requests(struct doctor *doctor, const char *configuration)
{
	long requests = directive(configuration, "limit_conn oriel_process", 0),
	     needed = 2 * requests + NGINX_BESIDE;
	long connections = directive(configuration, "worker_connections", NGINX_CONNECTIONS);
	long descriptors = directive(configuration, "worker_rlimit_nofile", NGINX_DESCRIPTORS);
	char advice[200];

	if (requests <= 0) {
		snprintf(advice, sizeof advice,
		    "limit_conn oriel_process %ld; in the server of the site file",
		    (connections - NGINX_BESIDE) / 2);
		doctor_say(doctor, DOCTOR_BAD, "requests", advice,
		    "its site file does not limit them: beyond %ld connections "
		    "nginx closes them without a word",
		    connections);
	} else if (needed > connections || needed > descriptors) {
		snprintf(advice, sizeof advice,
		    "worker_connections %ld; and worker_rlimit_nofile %ld; in nginx.conf, "
		    "or a smaller limit_conn oriel_process",
		    needed, 2 * needed);
		doctor_say(doctor, DOCTOR_BAD, "requests", advice,
		    "%ld at a time need %ld connections and descriptors; "
		    "nginx has %ld and %ld, and closes what comes then without a word",
		    requests, needed, connections, descriptors);
	} else {
		doctor_say(doctor, DOCTOR_OK, "requests", NULL,
		    "%ld at a time in each process of nginx, of %ld connections", requests,
		    connections);
		doctor_compare_streams(doctor, configuration, requests);
	}
}

/* ---- workers --------------------------------------------------------- */

static bool
process_is(pid_t pid, const char *name)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fscanf(file, "%31s", comm) != 1)
		comm[0] = '\0';
	fclose(file);
	return strcmp(comm, name) == 0;
}

/* The process that listens there: unix(7), SO_PEERCRED. 0: none of that name, or systemd in its
 * place. */
static pid_t
listener_of(const char *path, const char *name)
{
	struct ucred peer = { .pid = 0 };
	socklen_t length = sizeof peer;
	int fd = unixsock_connect(path);

	if (fd == -1)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		peer.pid = 0;
	close(fd);
	return peer.pid > 0 && process_is(peer.pid, name) ? peer.pid : 0;
}

/* The main process of its unit. */
static pid_t
unit_of(const char *name)
{
	char unit[64];
	char *const arguments[] = { (char *)"systemctl", (char *)"show", (char *)"-p",
		(char *)"MainPID", (char *)"--value", unit, NULL };
	int status;
	char *text;
	pid_t pid;

	snprintf(unit, sizeof unit, "%s.service", name);
	text = run_program(arguments, "", &status);
	pid = text != NULL && status == 0 ? (pid_t)strtol(text, NULL, 10) : 0;
	free(text);
	return pid > 0 && process_is(pid, name) ? pid : 0;
}

static long
descriptors_of(pid_t pid)
{
	char path[64], line[160];
	long most = -1;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/limits", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	while (most == -1 && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "Max open files %*s %ld", &most) != 1)
			most = -1;
	fclose(file);
	return most;
}

/* The arguments of a process, in `text`. */
static int
arguments_of(pid_t pid, char *text, size_t size, char **arguments)
{
	ssize_t length;
	char path[64];
	int count = 0, fd;

	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd != -1 ? read(fd, text, size - 1) : -1;
	if (fd != -1)
		close(fd);
	for (char *end = text + (length > 0 ? length : 0); text < end && count < ARGUMENTS_MAX;
	     text += strlen(text) + 1) {
		*end = '\0';
		arguments[count++] = text;
	}
	return count;
}

/* Add the line's number to the places; note streams for nginx's limits. */
static void
places_add(struct doctor *doctor, const char *line, long *places)
{
	long number = strtol(line + strcspn(line, "=\n") + 1, NULL, 10);

	if (strncmp(line, "max_streams", 11) == 0)
		doctor->streams = number;
	if (strncmp(line, "workers", 7) == 0)
		doctor->fcgi_workers = number;
	if (strncmp(line, "max_", 4) == 0 && strncmp(line, "max_share", 9) != 0 &&
	    strncmp(line, "max_commands", 12) != 0)
		*places += number;
}

/* The sum of its limits (max_streams, max_clients, …), as the program of that name reads its
 * arguments. We run the program beside us or in PATH, never the process's own file, which a
 * taken-over worker could choose. -1: unknown. */
static long
places_of(struct doctor *doctor, pid_t pid, const char *name)
{
	char text[4096], path[PATH_MAX + 64] = "", *arguments[ARGUMENTS_MAX + 2] = { NULL },
					 *output;
	int count = arguments_of(pid, text, sizeof text, arguments), status;
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	long places = 0;

	if (count == 0)
		return -1;
	snprintf(path + strlen(dirname(length > 0 ? path : strcpy(path, "/usr/bin/x"))), 64, "/%s",
	    name);
	arguments[0] = access(path, X_OK) == 0 ? path : (char *)name;
	arguments[count] = (char *)"--dump-config";
	output = run_program(arguments, "", &status);
	for (const char *line = output; line != NULL && status == 0; line = strchr(line, '\n')) {
		line += *line == '\n';
		places_add(doctor, line, &places);
	}
	free(output);
	return output != NULL && status == 0 ? places : -1;
}

void
doctor_check_places(struct doctor *doctor, const char *name, const char *path)
{
	pid_t pid = listener_of(path, name);
	long places, descriptors;
	char advice[100];

	if (pid == 0)
		pid = unit_of(name);
	if (pid == 0)
		return;
	places = places_of(doctor, pid, name);
	descriptors = descriptors_of(pid);
	if (places == -1 || descriptors == -1)
		return;
	snprintf(advice, sizeof advice, "LimitNOFILE=%ld in its unit, or smaller caps (max_...)",
	    2 * (places + WORKER_BESIDE));
	if (places + WORKER_BESIDE > descriptors)
		doctor_say(doctor, DOCTOR_BAD, name, advice,
		    "its caps allow %ld at a time, but it has %ld descriptors", places,
		    descriptors);
	else
		doctor_say(doctor, DOCTOR_OK, name, NULL, "up to %ld at a time, of %ld descriptors",
		    places, descriptors);
}
