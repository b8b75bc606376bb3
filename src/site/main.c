/* SPDX-License-Identifier: ISC */
/* oriel-fcgi: options, socket, workers; then teardown in reverse order. */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/backoff.h"
#include "auth/secret.h"
#include "base/clock.h"
#include "base/hosts.h"
#include "base/log.h"
#include "base/unixsock.h"
#include "protocol/camera_name.h"
#include "confine/confine.h"
#include "site/login.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/workers.h"
#include "grants/grants.h"

enum { EXIT_WRONG = 2 };

struct program {
	struct options *options;
	struct backoff *backoff; /* one for all workers; NULL: log-in is off */
	struct grants grants;	 /* with log-in */
	struct hosts hosts;
	int listen_fd;
	bool inherited; /* systemd owns the socket's file */
};

/* The system calls of a worker. (Its parent also looks after workers.) An export has a thread. The
 * log-in has another one, which hashes, and a database. */
static unsigned
worker_calls(const struct program *program)
{
	return CONFINE_WATCH | CONFINE_THREADS | (program->backoff != NULL ? CONFINE_STORE : 0);
}

/* The parent, and so the workers. */
static void
program_give_up_rights(const struct program *program)
{
	enum { OWN = CONFINE_READ | CONFINE_WRITE | CONFINE_MAKE };
	bool login = program->backoff != NULL;
	const struct confine_path paths[] = {
		{ .path = options_text(program->options, SITE_RUN_DIR), .may = CONFINE_READ },
		{ .path = login ? program->grants.path : "", .may = OWN },
		{ .path = login ? options_text(program->options, SITE_STATE_DIR) : "", .may = OWN },
		{ .path = program->inherited ? "" : options_text(program->options, SITE_LISTEN),
		    .may = CONFINE_SOCKETS | CONFINE_AROUND },
		{ .path = "/dev/urandom", .may = CONFINE_READ },
	};

	json_object_seed(0); /* while the seed can still be read */
	clock_fix_zone();
	confine(worker_calls(program) | CONFINE_PROCESSES, paths, sizeof paths / sizeof paths[0]);
}

static int
program_serve(void *arg, _Atomic uint64_t *pulse, uint64_t pulse_ns)
{
	struct program *program = arg;

	if (options_number(program->options, SITE_CONFINE) != 0)
		confine(worker_calls(program), NULL, 0);
	return site_run(program->options, program->listen_fd, program->backoff, &program->hosts,
	    pulse, pulse_ns);
}

static int
program_check(const struct program *program, struct cause *why)
{
	const char *camera = options_text(program->options, SITE_DEFAULT_CAMERA);

	if (camera[0] != '\0' && !camera_name_valid(camera))
		return cause_set(why, "default_camera: \"%s\" is no camera's name", camera);
	return 0;
}

static int
program_prepare_login(struct program *program, struct cause *why)
{
	if (options_number(program->options, SITE_LOGIN) == 0) {
		log_notice("main", "log-in is off: whoever reaches the site is an operator");
		return 0;
	}
	if (secret_init(why) == -1 ||
	    grants_init(&program->grants, options_text(program->options, SITE_RUN_DIR), why) == -1)
		return -1;
	login_prepare(program->options);
	program->backoff = backoff_new(why);
	return program->backoff != NULL ? 0 : -1;
}

static int
program_run(struct program *program)
{
	const char *path = options_text(program->options, SITE_LISTEN);
	struct cause why;
	int status;

	if (program_check(program, &why) == -1) {
		log_error("main", "%s", why.text);
		return EXIT_WRONG;
	}
	log_set_level(
	    (enum log_level)log_level_parse(options_text(program->options, SITE_LOG_LEVEL)));
	if (program_prepare_login(program, &why) == -1) {
		log_error("main", "%s", why.text);
		return EXIT_FAILURE;
	}
	hosts_init_here(&program->hosts, options_text(program->options, SITE_ALLOW_HOSTS));
	program->listen_fd = unixsock_listen(path, &program->inherited, &why);
	if (program->listen_fd == -1) {
		log_error("main", "%s", why.text);
		return EXIT_FAILURE;
	}
	log_info("main", "serving %s", program->inherited ? "the socket systemd gave" : path);
	if (options_number(program->options, SITE_CONFINE) != 0)
		program_give_up_rights(program);
	status = workers_run(
	    (unsigned)options_number(program->options, SITE_WORKERS), program_serve, program);
	close(program->listen_fd);
	if (!program->inherited && unlink(path) == -1 && errno != ENOENT)
		log_warning("main", "%s: %s", path, strerror(errno));
	return status;
}

int
main(int argc, char **argv)
{
	struct program program = { .listen_fd = -1 };
	struct cause why;
	int status = EXIT_SUCCESS;

	log_init(site_program.name, LOG_LEVEL_INFO);
	log_never_wait();
	program.options = options_new(&site_program);
	if (program.options == NULL) {
		log_error("main", "out of memory");
		return EXIT_FAILURE;
	}
	switch (options_read(program.options, argc, argv, &why)) {
	case OPTIONS_RUN: status = program_run(&program); break;
	case OPTIONS_DONE: break;
	case OPTIONS_WRONG:
		log_error("main", "%s", why.text);
		status = EXIT_WRONG;
		break;
	}
	backoff_free(&program.backoff);
	options_free(&program.options);
	return status;
}
