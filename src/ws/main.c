/* SPDX-License-Identifier: ISC */
/* oriel-ws: WebSocket commands for all cameras, behind nginx. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/options.h"
#include "confine/confine.h"
#include "protocol/camera_name.h"
#include "ws/relay.h"
#include "ws/server.h"

enum {
	LISTEN,
	RUN_DIR,
	DEFAULT_CAMERA,
	LOGIN,
	ALLOW_ORIGINS,
	ALLOW_NO_ORIGIN,
	ALLOW_HOSTS,
	MAX_CLIENTS,
	MAX_COMMANDS,
	MAX_SHARE,
	CONFINE,
	LOG_LEVEL,
	OPTIONS
};

static const struct option_row table[OPTIONS] = {
	[LISTEN] = { .name = "listen",
	    .type = OPTION_TEXT,
	    .initial = "/run/oriel-ws/sock",
	    .argument = "FILE",
	    .help = "The Unix socket on which nginx reaches this worker." },
	[RUN_DIR] = { .name = "run_dir",
	    .type = OPTION_TEXT,
	    .initial = "/run/oriel",
	    .argument = "DIR",
	    .help = "Where each camera has a folder with its control socket." },
	[DEFAULT_CAMERA] = { .name = "default_camera",
	    .type = OPTION_TEXT,
	    .initial = "",
	    .argument = "NAME",
	    .help = "The camera of /control; without it the only one there is, or " CAMERA_FIRST
		    "." },
	[LOGIN] = { .name = "login",
	    .type = OPTION_BOOLEAN,
	    .initial = "yes",
	    .help = "Users must log in; no: whoever reaches the site is an operator." },
	[ALLOW_ORIGINS] = { .name = "allow_origins",
	    .type = OPTION_TEXT,
	    .initial = "",
	    .argument = "ORIGINS",
	    .help = "Web origins that may connect besides the site's own, exact, "
		    "separated by spaces: https://dash.example." },
	[ALLOW_NO_ORIGIN] = { .name = "allow_no_origin",
	    .type = OPTION_BOOLEAN,
	    .initial = "yes",
	    .help = "Let clients in that send no Origin: programs; browsers always send it." },
	[ALLOW_HOSTS] = { .name = "allow_hosts",
	    .type = OPTION_TEXT,
	    .initial = "",
	    .argument = "NAMES",
	    .help = "Names of this site besides the machine's own, separated by spaces, * "
		    "for any; with log-in off others are refused." },
	[MAX_CLIENTS] = { .name = "max_clients",
	    .type = OPTION_INTEGER,
	    .min = 1,
	    .max = 10000,
	    .initial = "1024",
	    .help = "WebSockets at a time; one more is answered 503." },
	[MAX_COMMANDS] = { .name = "max_commands",
	    .type = OPTION_INTEGER,
	    .min = 1,
	    .max = 100000,
	    .initial = "128",
	    .help =
		"Messages waiting for a camera's daemon at a time; one more is refused, its connection stays." },
	[MAX_SHARE] = { .name = "max_share",
	    .type = OPTION_INTEGER,
	    .min = 1,
	    .max = 100,
	    .initial = "50",
	    .unit = "%",
	    .help = "How much of each of these one account may take, or one address with "
		    "log-in off; one more is answered 429, or refused." },
	[CONFINE] = { .name = "confine",
	    .type = OPTION_BOOLEAN,
	    .initial = "yes",
	    .help = "Give up at the start all files and system calls that are not needed; "
		    "no: to find out whether that causes a failure." },
	[LOG_LEVEL] = { .name = "log_level",
	    .type = OPTION_CHOICE,
	    .initial = "info",
	    .choices = "error|warning|notice|info|debug",
	    .help = "Least important messages to log." },
};

static const struct option_program program = {
	.name = "oriel-ws",
	.version = PACKAGE_VERSION,
	.table = table,
	.count = OPTIONS,
	.summary = "WebSocket commands for Oriel cameras, behind nginx.",
};

static int
check_options(const struct options *options, struct cause *why)
{
	const char *camera = options_text(options, DEFAULT_CAMERA);
	char path[CAMERA_PATH_SIZE];

	if (camera[0] != '\0' && !camera_name_valid(camera))
		return cause_set(why, "default_camera \"%s\" is no camera's name", camera);
	if (!camera_socket(path, options_text(options, RUN_DIR), camera))
		return cause_set(why, "run_dir is too long for the path of a socket");
	return 0;
}

static void
give_up_rights(const struct options *options, const struct server *server)
{
	const struct confine_path paths[] = {
		{ .path = options_text(options, RUN_DIR), .may = CONFINE_READ },
		{ .path = server_file(server), .may = CONFINE_SOCKETS | CONFINE_AROUND },
		{ .path = "/dev/urandom", .may = CONFINE_READ },
	};

	json_object_seed(0); /* while the seed can still be read */
	confine(CONFINE_WATCH, paths, sizeof paths / sizeof paths[0]);
}

static void
grants_readable(evutil_socket_t fd, short what, void *holds)
{
	(void)fd, (void)what;
	grant_watch_dispatch(holds);
}

static int
serve_world(const struct options *options, struct relay_world *world, struct cause *why)
{
	bool named = world->holds == NULL || options_text(options, ALLOW_HOSTS)[0] != '\0';
	struct hosts hosts = { 0 };
	struct server_setup setup = {
		.base = world->set.base,
		.listen = options_text(options, LISTEN),
		.clients_max = (size_t)options_number(options, MAX_CLIENTS),
		.policy = { .origins = options_text(options, ALLOW_ORIGINS),
		    .allow_no_origin = options_number(options, ALLOW_NO_ORIGIN) != 0,
		    .login = world->holds != NULL,
		    .hosts = named ? &hosts : NULL },
		.service = &relay_service,
		.world = world,
	};
	struct server *server;
	int result = -1;

	hosts_init_here(&hosts, options_text(options, ALLOW_HOSTS));
	limiter_init(
	    &world->limiter, setup.clients_max, (unsigned)options_number(options, MAX_SHARE));
	limiter_init(&world->commands, (size_t)options_number(options, MAX_COMMANDS),
	    (unsigned)options_number(options, MAX_SHARE));
	server = server_new(&setup, why);
	if (server != NULL && options_number(options, CONFINE) != 0)
		give_up_rights(options, server);
	if (server != NULL)
		result = server_run(server, why);
	server_free(&server);
	limiter_deinit(&world->limiter);
	limiter_deinit(&world->commands);
	return result;
}

static int
serve(const struct options *options, struct event_base *base, struct cause *why)
{
	struct relay_world world = { .set = {
					 .base = base,
					 .run_dir = options_text(options, RUN_DIR),
					 .configured = options_text(options, DEFAULT_CAMERA),
				     } };
	struct event *grants = NULL;
	int result = -1;

	if (options_number(options, LOGIN) == 0) {
		result = serve_world(options, &world, why);
	} else if ((world.holds = grant_watch_new(world.set.run_dir, why)) != NULL) {
		grants = event_new(base, grant_watch_fd(world.holds), EV_READ | EV_PERSIST,
		    grants_readable, world.holds);
		if (grants != NULL && event_add(grants, NULL) == 0)
			result = serve_world(options, &world, why);
		else
			cause_set(why, "out of memory");
	}
	if (grants != NULL)
		event_free(grants);
	camera_set_deinit(&world.set);
	grant_watch_free(&world.holds);
	return result;
}

int
main(int argc, char **argv)
{
	struct options *options = options_new(&program);
	struct event_base *base = event_base_new();
	enum options_verdict verdict = OPTIONS_WRONG;
	struct cause why = { .text = "out of memory" };
	int result = -1;

	log_init(program.name, LOG_LEVEL_INFO);
	log_never_wait();
	if (options != NULL && base != NULL)
		verdict = options_read(options, argc, argv, &why);
	if (verdict == OPTIONS_RUN && check_options(options, &why) == -1)
		verdict = OPTIONS_WRONG;
	if (verdict == OPTIONS_RUN) {
		log_set_level(LOG_LEVEL_ERROR + (enum log_level)options_number(options, LOG_LEVEL));
		result = serve(options, base, &why);
	}
	if (result == -1 && verdict != OPTIONS_DONE)
		log_error("ws", "%s", why.text);
	if (base != NULL)
		event_base_free(base);
	options_free(&options);
	if (verdict == OPTIONS_WRONG)
		return 2;
	return result == -1 && verdict != OPTIONS_DONE ? EXIT_FAILURE : EXIT_SUCCESS;
}
