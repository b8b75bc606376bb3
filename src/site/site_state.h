/* SPDX-License-Identifier: ISC */
/* site_state: what one worker process has, for the code that answers its requests. */
#ifndef ORIEL_SITE_SITE_STATE_H
#define ORIEL_SITE_SITE_STATE_H

#include <event2/event.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/hosts.h"
#include "base/options.h"
#include "fanout/admission.h"
#include "fanout/frame_buf.h"
#include "site/login.h"
#include "site/registry.h"

struct export;

struct site {
	const struct options *options;
	struct event_base *base;
	struct event *term, *interrupt, *farewell, *beat;
	struct fastcgi_server *server;
	struct login login;
	struct registry *registry;		 /* of struct fanout */
	const struct hosts *hosts;		 /* NULL: by any name */
	struct admission streams, events, waits; /* viewers now */
	struct admission commands;		 /* under way */
	struct frame_buf_budget frames;		 /* memory for frames under way to viewers */
	LIST_HEAD(, export) exports;		 /* under way, or about to end */
	unsigned exports_count;
	_Atomic uint64_t *pulse;
};

#endif
