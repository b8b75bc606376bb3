/* SPDX-License-Identifier: ISC */
#include "site/site.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/log.h"
#include "fanout/fanout.h"
#include "loop/timer.h"
#include "site/dispatch.h"
#include "site/export.h"
#include "site/settings.h"
#include "site/site_state.h"

enum { FAREWELL_MS = 1000, FAREWELL_LOOK_MS = 20 };

static void
site_drop(void *server)
{
	struct fanout *fanout = server;

	fanout_free(&fanout);
}

/* Makes what serves camera `name`, for the registry. */
static void *
site_serve(void *arg, const char *name)
{
	struct site *site = arg;

	return fanout_new(site->base, options_text(site->options, SITE_RUN_DIR), name,
	    &site->frames, &site->waits);
}

/* ---- the process ----------------------------------------------------- */

static void
site_farewell(evutil_socket_t unused, short what, void *arg)
{
	struct site *site = arg;

	(void)unused, (void)what;
	if (fastcgi_server_busy(site->server) == 0)
		event_base_loopbreak(site->base);
	else
		timer_start(site->farewell, FAREWELL_LOOK_MS * CLOCK_MS);
}

static void
site_end(void *fanout)
{
	fanout_end(fanout);
}

/* SIGTERM: no new requests; streams end, answers under way get a second. */
static void
site_stop(evutil_socket_t number, short what, void *arg)
{
	struct site *site = arg;

	(void)number, (void)what;
	fastcgi_server_stop(site->server);
	registry_each(site->registry, site_end);
	timer_end_loop(site->base, FAREWELL_MS * CLOCK_MS);
	site_farewell(-1, 0, site);
}

static void
site_beat(evutil_socket_t unused, short what, void *arg)
{
	(void)unused, (void)what;
	log_say_lost();
	++*((struct site *)arg)->pulse;
}

static int
site_watch_pulse(struct site *site, _Atomic uint64_t *pulse, uint64_t pulse_ns)
{
	if (pulse == NULL)
		return 0;
	site->pulse = pulse;
	site->beat = event_new(site->base, -1, EV_PERSIST, site_beat, site);
	return timer_start(site->beat, pulse_ns);
}

static void
site_make_seats(struct site *site)
{
	const struct options *options = site->options;
	unsigned share = (unsigned)options_number(options, SITE_MAX_SHARE);

	limiter_init(
	    &site->streams.limiter, (size_t)options_number(options, SITE_MAX_STREAMS), share);
	limiter_init(
	    &site->events.limiter, (size_t)options_number(options, SITE_MAX_EVENTS), share);
	limiter_init(&site->waits.limiter, (size_t)options_number(options, SITE_MAX_WAITS), share);
	limiter_init(
	    &site->commands.limiter, (size_t)options_number(options, SITE_MAX_COMMANDS), share);
	site->streams.full = "too many streams";
	site->events.full = "too many event streams";
	site->waits.full = "too many wait for a snapshot";
	site->commands.full = "too many requests at a time";
}

static int
site_init(struct site *site, int listen_fd, struct backoff *backoff, struct cause *why)
{
	const struct options *options = site->options;

	site_make_seats(site);
	site->base = event_base_new();
	if (site->base == NULL || login_init(&site->login, site->base, options, backoff, why) == -1)
		return -1;
	site->registry = registry_new(options_text(options, SITE_RUN_DIR),
	    options_text(options, SITE_DEFAULT_CAMERA), site_serve, site);
	site->server = fastcgi_server_new(site->base, listen_fd, dispatch, site);
	site->term = evsignal_new(site->base, SIGTERM, site_stop, site);
	site->interrupt = evsignal_new(site->base, SIGINT, site_stop, site);
	site->farewell = evtimer_new(site->base, site_farewell, site);
	if (site->registry == NULL || site->server == NULL || site->term == NULL ||
	    site->interrupt == NULL || site->farewell == NULL)
		return -1;
	registry_open(site->registry);
	return event_add(site->term, NULL) == 0 ? event_add(site->interrupt, NULL) : -1;
}

static void
site_deinit(struct site *site)
{
	struct event *events[] = { site->term, site->interrupt, site->farewell, site->beat };

	fastcgi_server_free(&site->server);
	exports_end(site);
	login_deinit(&site->login);
	registry_free(&site->registry, site_drop);
	limiter_deinit(&site->streams.limiter);
	limiter_deinit(&site->events.limiter);
	limiter_deinit(&site->waits.limiter);
	limiter_deinit(&site->commands.limiter);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i] != NULL)
			event_free(events[i]);
	if (site->base != NULL)
		event_base_free(site->base);
}

/* nginx has two descriptors per viewer; we have one. */
static void
site_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
site_run(const struct options *options, int listen_fd, struct backoff *backoff,
    const struct hosts *hosts, _Atomic uint64_t *pulse, uint64_t pulse_ns)
{
	/* With log-in a browser sends no cookie to another name, so names are checked only on
	 * request. */
	bool named = backoff == NULL || options_text(options, SITE_ALLOW_HOSTS)[0] != '\0';
	struct site site = { .options = options, .hosts = named ? hosts : NULL };
	struct cause why = { .text = "out of memory" };
	int status = 0;

	frame_buf_budget_init(
	    &site.frames, (size_t)options_number(options, SITE_FRAME_MEMORY) << 20);
	site_raise_descriptors();
	signal(SIGPIPE, SIG_IGN);
	if (request_init() == -1 || site_init(&site, listen_fd, backoff, &why) == -1 ||
	    site_watch_pulse(&site, pulse, pulse_ns) == -1) {
		log_error("site", "%s", why.text);
		status = 1;
	} else
		event_base_dispatch(site.base);
	site_deinit(&site);
	return status;
}
