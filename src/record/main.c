/* SPDX-License-Identifier: ISC */
/* oriel-record: makes clips of all cameras of this machine. */
#include "config.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/options.h"
#include "base/service.h"
#include "client/cameras.h"
#include "confine/confine.h"
#include "loop/timer.h"
#include "record/encoding.h"
#include "record/supervisor.h"
#include "record/recorder.h"

enum { RUN_DIR, CONFINE, LOG_LEVEL, OPTIONS };
enum { EXIT_WRONG = 2, LOOK_MS = 1000 };

static const struct option_row table[OPTIONS] = {
	[RUN_DIR] = { .name = "run_dir",
	    .type = OPTION_TEXT,
	    .initial = "/run/oriel",
	    .argument = "DIR",
	    .help = "Where each camera has a folder with its control socket." },
	[CONFINE] = { .name = "confine",
	    .type = OPTION_BOOLEAN,
	    .initial = "yes",
	    .help =
		"Give up at start all files and system calls not needed; no helps to find out whether that is in the way." },
	[LOG_LEVEL] = { .name = "log_level",
	    .type = OPTION_CHOICE,
	    .initial = "info",
	    .choices = "error|warning|notice|info|debug",
	    .help = "What to log, up to this level." },
};

static const struct option_program program = {
	.name = "oriel-record",
	.version = PACKAGE_VERSION,
	.table = table,
	.count = OPTIONS,
	.summary = "Records clips of all cameras, before and after what happens.",
};

struct world {
	const struct options *options;
	struct event_base *base;
	struct encoding *encoding;
	struct recorder *recorders[CAMERAS_MAX];
	size_t count;
	struct event *look, *watchdog, *terminate, *interrupt;
	bool stopped; /* by a signal */
};

/* ---- the loop -------------------------------------------------------- */

static bool
world_has(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->count; i++)
		if (strcmp(recorder_name(world->recorders[i]), name) == 0)
			return true;
	return false;
}

/* A camera stays in the list when its orield is down. */
static void
world_look(evutil_socket_t fd, short what, void *arg)
{
	struct world *world = arg;
	struct cameras there;

	(void)fd, (void)what;
	cameras_list(&there, options_text(world->options, RUN_DIR));
	for (size_t i = 0; i < there.count && world->count < CAMERAS_MAX; i++) {
		if (world_has(world, there.name[i]))
			continue;
		world->recorders[world->count] = recorder_new(world->base,
		    options_text(world->options, RUN_DIR), there.name[i], world->encoding);
		world->count += world->recorders[world->count] != NULL;
	}
	for (size_t i = 0; i < world->count; i++)
		recorder_tick(world->recorders[i]);
	log_say_lost();
}

static void
world_feed_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	service_watchdog();
}

static void
world_stop(evutil_socket_t number, short what, void *arg)
{
	struct world *world = arg;

	(void)what;
	log_info("record", "%s: stopping", strsignal(number));
	world->stopped = true;
	event_base_loopbreak(world->base);
}

/* ---- life ------------------------------------------------------------ */

static int
world_start(struct world *world, int supervisor, struct cause *why)
{
	uint64_t watchdog_ns = service_watchdog_ns();

	world->base = event_base_new();
	if (world->base == NULL)
		return cause_set(why, "out of memory");
	world->encoding = encoding_new(world->base, supervisor);
	world->look = event_new(world->base, -1, EV_PERSIST, world_look, world);
	world->watchdog = event_new(world->base, -1, EV_PERSIST, world_feed_watchdog, world);
	world->terminate = evsignal_new(world->base, SIGTERM, world_stop, world);
	world->interrupt = evsignal_new(world->base, SIGINT, world_stop, world);
	if (world->encoding == NULL || world->watchdog == NULL || world->terminate == NULL ||
	    world->interrupt == NULL || event_add(world->terminate, NULL) == -1 ||
	    event_add(world->interrupt, NULL) == -1 ||
	    timer_start(world->look, LOOK_MS * CLOCK_MS) == -1 ||
	    (watchdog_ns != 0 && timer_start(world->watchdog, watchdog_ns) == -1))
		return cause_set(why, "out of memory");
	return 0;
}

static void
world_deinit(struct world *world)
{
	struct event *events[] = { world->look, world->watchdog, world->terminate,
		world->interrupt };

	for (size_t i = 0; i < world->count; i++)
		recorder_free(&world->recorders[i]);
	encoding_free(&world->encoding);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i] != NULL)
			event_free(events[i]);
	if (world->base != NULL)
		event_base_free(world->base);
}

static void
give_up_rights(const struct options *options)
{
	const struct confine_path paths[] = {
		{ options_text(options, RUN_DIR), CONFINE_READ },
	};

	confine(CONFINE_THREADS | CONFINE_STORE, paths, sizeof paths / sizeof paths[0]);
}

static int
serve(const struct options *options, struct cause *why)
{
	bool confined = options_number(options, CONFINE) != 0;
	struct world world = { .options = options };
	int supervisor = supervisor_start(confined, why), result;

	if (supervisor == -1)
		return -1;
	if (confined)
		give_up_rights(options);
	result = world_start(&world, supervisor, why);
	if (result == 0) {
		world_look(-1, 0, &world);
		service_ready("");
		event_base_dispatch(world.base);
		service_stopping();
		if (!world.stopped)
			result = cause_set(why, "the process that encodes has ended");
	}
	world_deinit(&world);
	return result;
}

int
main(int argc, char **argv)
{
	struct options *options = options_new(&program);
	enum options_verdict verdict = OPTIONS_WRONG;
	struct cause why = { .text = "out of memory" };
	int result = 0;

	log_init(program.name, LOG_LEVEL_INFO);
	log_never_wait();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	json_object_seed(0); /* before there are threads, and while /dev/urandom can be read */
	if (options != NULL)
		verdict = options_read(options, argc, argv, &why);
	if (verdict == OPTIONS_RUN) {
		log_set_level((enum log_level)log_level_parse(options_text(options, LOG_LEVEL)));
		result = serve(options, &why);
	}
	if (result == -1 || verdict == OPTIONS_WRONG)
		log_error("record", "%s", why.text);
	options_free(&options);
	if (verdict == OPTIONS_WRONG)
		return EXIT_WRONG;
	return result == -1 ? EXIT_FAILURE : EXIT_SUCCESS;
}
