/* SPDX-License-Identifier: ISC */
/* oriel-fcgi: options, socket, workers; then everything back in reverse. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unixsock.h"
#include "base/vocabulary.h"
#include "confine/confine.h"
#include "fcgi/setup.h"
#include "fcgi/site.h"
#include "fcgi/workers.h"

enum { EXIT_WRONG = 2 };

struct program {
	struct options *options;
	int listener;
	bool inherited;			/* the socket's file is systemd's */
};

/* What a worker may ask of the kernel; its parent beside that looks after workers. */
enum { WORKER_CALLS = CONFINE_WATCH };

/* The parent, and so the workers. */
static void
program_give_up_rights(const struct program *program)
{
	const struct confine_path paths[] = {
		{ options_text(program->options, SETUP_RUN_DIR), CONFINE_READ },
		{ program->inherited ? "" : options_text(program->options, SETUP_LISTEN), CONFINE_SOCKETS | CONFINE_AROUND },
		{ "/dev/urandom", CONFINE_READ },
	};

	json_object_seed(0);		/* while it can be read for sure */
	confine(WORKER_CALLS | CONFINE_PROCESSES, paths, sizeof paths / sizeof paths[0]);
}

static int
program_serve(void *arg, _Atomic uint64_t *pulse, uint64_t pulse_ns)
{
	struct program *program = arg;

	if (options_number(program->options, SETUP_CONFINE) != 0)
		confine(WORKER_CALLS, NULL, 0);
	return site_run(program->options, program->listener, pulse, pulse_ns);
}

static int
program_check(const struct program *program, struct cause *why)
{
	const char *camera = options_text(program->options, SETUP_DEFAULT_CAMERA);

	if (camera[0] != '\0' && !camera_name_valid(camera))
		return cause_set(why, "default_camera: \"%s\" is no camera's name", camera);
	return 0;
}

static int
program_run(struct program *program)
{
	const char *path = options_text(program->options, SETUP_LISTEN);
	struct cause why;
	int status;

	if (program_check(program, &why) == -1) {
		log_error("main", "%s", why.text);
		return EXIT_WRONG;
	}
	log_set_level((enum log_level)log_level_parse(options_text(program->options, SETUP_LOG_LEVEL)));
	program->listener = unixsock_listen(path, &program->inherited, &why);
	if (program->listener == -1) {
		log_error("main", "%s", why.text);
		return EXIT_FAILURE;
	}
	log_info("main", "serving %s", program->inherited ? "the socket systemd gave" : path);
	if (options_number(program->options, SETUP_CONFINE) != 0)
		program_give_up_rights(program);
	status = workers_run((unsigned)options_number(program->options, SETUP_WORKERS), program_serve, program);
	close(program->listener);
	if (!program->inherited && unlink(path) == -1 && errno != ENOENT)
		log_warning("main", "%s: %s", path, strerror(errno));
	return status;
}

int
main(int argc, char **argv)
{
	struct program program = { .listener = -1 };
	struct cause why;
	int status = EXIT_SUCCESS;

	log_init(setup_program.name, LOG_LEVEL_INFO);
	program.options = options_new(&setup_program);
	if (program.options == NULL) {
		log_error("main", "out of memory");
		return EXIT_FAILURE;
	}
	switch (options_read(program.options, argc, argv, &why)) {
	case OPTIONS_RUN:
		status = program_run(&program);
		break;
	case OPTIONS_DONE:
		break;
	case OPTIONS_WRONG:
		log_error("main", "%s", why.text);
		status = EXIT_WRONG;
		break;
	}
	options_free(&program.options);
	return status;
}
