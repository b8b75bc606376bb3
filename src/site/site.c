/* SPDX-License-Identifier: ISC */
#include "site/site.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/vocabulary.h"
#include "site/api.h"
#include "fanout/camera.h"
#include "fastcgi/conn.h"
#include "site/dashboard.h"
#include "fanout/events.h"
#include "site/login.h"
#include "http/origin.h"
#include "http/query.h"
#include "http/reply.h"
#include "site/registry.h"
#include "site/route.h"
#include "fanout/admission.h"
#include "site/settings.h"
#include "fanout/snapshot.h"
#include "fanout/stream.h"

enum { STREAM_FPS_MAX = 240, FAREWELL_MS = 1000 };

struct site {
	const struct options *options;
	struct event_base *base;
	struct event *term, *interrupt, *farewell, *beat;
	struct listener *listener;
	struct login login;
	struct registry *registry;
	struct gallery *galleries;		 /* all */
	const struct hosts *hosts;		 /* NULL: by any name */
	struct admission streams, events, waits; /* viewers now */
	struct admission commands;		 /* under way */
	struct frame_buf_budget frames;		 /* memory for frames on their way to them */
	_Atomic uint64_t *pulse;
};

/* One camera and those who look at it. */
struct gallery {
	struct gallery *next;
	struct camera *camera;
	struct streams *streams;
	struct snapshots *snapshots;
	struct events *events;
};

/* ---- galleries ---------------------------------------------------------------------------- */

static void
gallery_free(void *thing)
{
	struct gallery *gallery = thing;

	camera_free(&gallery->camera);
	streams_free(&gallery->streams);
	snapshots_free(&gallery->snapshots);
	events_free(&gallery->events);
	free(gallery);
}

static void *
gallery_new(void *arg, const char *name)
{
	struct site *site = arg;
	struct gallery *gallery = calloc(1, sizeof *gallery);

	if (gallery == NULL)
		return NULL;
	gallery->camera = camera_new(
	    site->base, options_text(site->options, SITE_RUN_DIR), name, &site->frames);
	if (gallery->camera == NULL)
		goto fail;
	gallery->streams = streams_new(site->base, gallery->camera);
	gallery->snapshots = snapshots_new(site->base, gallery->camera, &site->waits);
	gallery->events = events_new(site->base, gallery->camera);
	if (gallery->streams == NULL || gallery->snapshots == NULL || gallery->events == NULL)
		goto fail;
	gallery->next = site->galleries;
	site->galleries = gallery;
	return gallery;
fail:
	gallery_free(gallery);
	return NULL;
}

/* ---- viewers ---------------------------------------------------------------------------------- */

/* To HEAD, after what says the type. */
static void
site_head_only(struct conn *conn, struct reply_head *head)
{
	reply_add(head, "Cache-Control: no-cache, no-store");
	reply_send(conn, head, NULL, 0);
}

static void
site_stream(
    struct site *site, struct gallery *gallery, struct conn *conn, const struct request *request)
{
	enum stream_type type = stream_type(request);
	struct limiter_user *place;
	struct reply_head head;
	struct cause why;
	uint64_t fps = 0;

	if (query_number(request->query, "fps", 1, STREAM_FPS_MAX, &fps, &why) == -1)
		reply_error(conn, 400, "%s", why.text);
	else if (conn_is_head(conn)) {
		reply_begin(&head, conn, 200);
		stream_add_type(&head, type);
		site_head_only(conn, &head);
	} else if (frame_buf_budget_is_spent(&site->frames))
		reply_error(conn, 503,
		    "too many slow viewers: the memory for their frames is spent (frame_memory)");
	else if (viewer_admit(&site->streams, conn, request, &place))
		stream_begin(gallery->streams, conn, type, (unsigned)fps, limiter_leave, place);
}

/* Last-Event-ID is what EventSource sends; the parameter is for those who cannot. */
static void
site_events(
    struct site *site, struct gallery *gallery, struct conn *conn, const struct request *request)
{
	char text[QUERY_VALUE_SIZE] = "";
	struct limiter_user *place;
	struct reply_head head;
	struct cause why;

	if (query_text(request->query, "last_event_id", text, &why) == -1)
		reply_error(conn, 400, "%s", why.text);
	else if (conn_is_head(conn)) {
		reply_begin(&head, conn, 200);
		reply_add(&head, "Content-Type: text/event-stream");
		site_head_only(conn, &head);
	} else if (viewer_admit(&site->events, conn, request, &place))
		events_begin(gallery->events, conn,
		    request->last_event_id[0] != '\0' ? request->last_event_id : text,
		    limiter_leave, place);
}

/* ---- requests ------------------------------------------------------------------------------------ */

static void
site_serve(struct site *site, const struct route *route, struct gallery *gallery, struct conn *conn,
    const struct request *request)
{
	const struct api_visit visit = { .camera = gallery->camera,
		.conn = conn,
		.request = request,
		.role = login_role(&site->login, request),
		.admission = &site->commands };

	switch (route->id) {
	case ROUTE_STATUS: api_status(&visit); break;
	case ROUTE_SNAPSHOT: snapshot_get(gallery->snapshots, conn, request); break;
	case ROUTE_STREAM: site_stream(site, gallery, conn, request); break;
	case ROUTE_EVENTS: site_events(site, gallery, conn, request); break;
	case ROUTE_GET_CONFIG: api_get_config(&visit); break;
	case ROUTE_SET_CONFIG: api_set_config(&visit); break;
	case ROUTE_SNAPS: api_snaps(&visit); break;
	case ROUTE_SNAP: api_snap(&visit, route->name); break;
	case ROUTE_DELETE_SNAP: api_delete_snap(&visit, route->name); break;
	case ROUTE_HISTORY: api_history(&visit); break;
	case ROUTE_GET_CONTROLS: api_get_controls(&visit); break;
	case ROUTE_SET_CONTROLS: api_set_controls(&visit); break;
	case ROUTE_READY: api_ready(&visit); break;
	case ROUTE_PAGE: dashboard_get(conn, request, route, camera_name(gallery->camera)); break;
	default: /* the site's own: site_serve_own() */ abort();
	}
}

/* What is the site's and no camera's. False: it is a camera's. */
static bool
site_serve_own(
    struct site *site, const struct route *route, struct conn *conn, const struct request *request)
{
	switch (route->id) {
	case ROUTE_HEALTH: /* of the process, whatever the cameras do */
		api_health(conn);
		return true;
	case ROUTE_SESSION: login_session(&site->login, conn, request); return true;
	case ROUTE_LOGIN_PAGE: login_page(&site->login, conn, request); return true;
	case ROUTE_LOGIN: login_post(&site->login, conn, request); return true;
	case ROUTE_API_LOGIN: login_api(&site->login, conn, request); return true;
	case ROUTE_LOGOUT: login_logout(&site->login, conn, request); return true;
	default: return false;
	}
}

static void
site_no_method(struct conn *conn, const struct route *route)
{
	static const char body[] = "{\"error\":\"method not allowed\"}";
	struct reply_head head;

	reply_begin(&head, conn, 405);
	reply_add(&head, "Allow: %s", route->allow);
	reply_add(&head, "Content-Type: application/json");
	reply_add(&head, "Cache-Control: no-store");
	reply_send(conn, &head, body, sizeof body - 1);
}

static void
site_no_camera(struct site *site, struct conn *conn, const struct route *route)
{
	reply_json(conn, 404,
	    json_pack("{s:s, s:o}", "error",
		route->camera != NULL ? "unknown camera"
				      : "which camera? ask for /cam/NAME/ or set default_camera",
		"cameras", registry_names(site->registry)));
}

static bool
method_changes(const char *method)
{
	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
	    strcmp(method, "OPTIONS") != 0;
}

/* What lasts longer than a moment. */
static bool
route_lasts(const struct route *route, const struct request *request)
{
	return route->id == ROUTE_STREAM || route->id == ROUTE_EVENTS ||
	    (route->id == ROUTE_SNAPSHOT && request->query[0] != '\0');
}

/* May who asks ask this, from where they ask it? Else it has been answered. */
static bool
site_lets_in(
    struct site *site, const struct route *route, struct conn *conn, const struct request *request)
{
	enum role role = login_role(&site->login, request);

	if (request->origin[0] != '\0') {
		if (origin_preflight(conn, request, site->login.origins))
			return false;
		if (origin_listed(site->login.origins, request->origin))
			conn_set_shared(conn);
	}
	if (route->role == ROLE_NONE)
		return true;
	if (site->hosts != NULL &&
	    !hosts_have(site->hosts, request->host, strlen(request->host), request->site))
		origin_refuse_host(conn, request);
	else if (role == ROLE_NONE)
		login_refuse(&site->login, conn, request);
	else if (role < route->role)
		reply_error(conn, 403, REASON_OPERATORS);
	else if (method_changes(request->method) && !login_trusts(&site->login, request))
		origin_refuse(conn, request, "this page may not change anything here");
	else
		return true;
	return false;
}

static void
site_request_found(
    struct site *site, struct route *route, struct conn *conn, const struct request *request)
{
	char name[QUERY_VALUE_SIZE];
	struct gallery *gallery;

	if (site_serve_own(site, route, conn, request))
		return;
	if (route->id == ROUTE_PAGE && !dashboard_choose(route, name, conn, request))
		return;
	gallery = registry_find(site->registry, route->camera, route->camera_length);
	if (gallery == NULL)
		site_no_camera(site, conn, route);
	else if (route_lasts(route, request) && !login_hold(&site->login, conn, request))
		login_refuse(&site->login, conn, request);
	else
		site_serve(site, route, gallery, conn, request);
}

static void
site_request(void *arg, struct conn *conn, const struct request *request)
{
	struct site *site = arg;
	struct route route;
	enum route_outcome outcome;

	if (request->task[0] != '\0') {
		login_task(&site->login, conn, request);
		return;
	}
	outcome = route_find(request->method, request->path, &route);
	if (!site_lets_in(site, &route, conn, request))
		return;
	switch (outcome) {
	case ROUTE_NO_PATH: reply_no_path(conn, request->path); break;
	case ROUTE_NO_METHOD: site_no_method(conn, &route); break;
	case ROUTE_FOUND: site_request_found(site, &route, conn, request); break;
	}
}

/* ---- the process ------------------------------------------------------------------------------------- */

static void
site_farewell(evutil_socket_t unused, short what, void *arg)
{
	struct site *site = arg;
	static const struct timeval look = { .tv_usec = 20000 };

	(void)unused, (void)what;
	if (listener_busy(site->listener) == 0)
		event_base_loopbreak(site->base);
	else
		event_add(site->farewell, &look);
}

/* SIGTERM: no new requests; streams end, answers under way get a second. */
static void
site_stop(evutil_socket_t number, short what, void *arg)
{
	static const struct timeval limit = { .tv_usec = FAREWELL_MS * 1000 % 1000000,
		.tv_sec = FAREWELL_MS / 1000 };
	struct site *site = arg;

	(void)number, (void)what;
	listener_shut(site->listener);
	for (struct gallery *gallery = site->galleries; gallery != NULL; gallery = gallery->next) {
		streams_end(gallery->streams);
		snapshots_end(gallery->snapshots);
		events_end(gallery->events);
	}
	event_base_loopexit(site->base, &limit);
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
	struct timeval every = { .tv_sec = (time_t)(pulse_ns / CLOCK_S),
		.tv_usec = (suseconds_t)(pulse_ns % CLOCK_S / 1000) };

	if (pulse == NULL)
		return 0;
	site->pulse = pulse;
	site->beat = event_new(site->base, -1, EV_PERSIST, site_beat, site);
	return site->beat != NULL ? event_add(site->beat, &every) : -1;
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
	    options_text(options, SITE_DEFAULT_CAMERA), gallery_new, site);
	site->listener = listener_new(site->base, listen_fd, site_request, site);
	site->term = evsignal_new(site->base, SIGTERM, site_stop, site);
	site->interrupt = evsignal_new(site->base, SIGINT, site_stop, site);
	site->farewell = evtimer_new(site->base, site_farewell, site);
	if (site->registry == NULL || site->listener == NULL || site->term == NULL ||
	    site->interrupt == NULL || site->farewell == NULL)
		return -1;
	registry_open(site->registry);
	return event_add(site->term, NULL) == 0 ? event_add(site->interrupt, NULL) : -1;
}

static void
site_deinit(struct site *site)
{
	struct event *events[] = { site->term, site->interrupt, site->farewell, site->beat };

	listener_free(&site->listener);
	login_deinit(&site->login);
	registry_free(&site->registry, gallery_free);
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

/* Two descriptors a viewer are nginx's part; ours is one. */
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
	/* Where one has to log in, another name brings no cookie along: then only by wish. */
	bool named = backoff == NULL || options_text(options, SITE_ALLOW_HOSTS)[0] != '\0';
	struct site site = { .options = options, .hosts = named ? hosts : NULL };
	struct cause why = { "out of memory" };
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
