/* SPDX-License-Identifier: ISC */
#include "motion/span.h"

#include "base/clock.h"

static uint64_t
ns_since(uint64_t then, uint64_t now)
{
	return now > then ? now - then : 0;
}

static bool
is_cooling(const struct span *span, const struct span_settings *settings, uint64_t now)
{
	return span->any && ns_since(span->begun_ns, now) < settings->cooldown_ms * CLOCK_MS;
}

static void
note_above(struct span *span, const struct span_picture *picture)
{
	if (picture->mono_ns > span->above_ns)
		span->above_ns = picture->mono_ns;
	if (picture->change <= span->peak)
		return;
	span->peak = picture->change;
	span->peak_wall_ns = picture->wall_ns;
}

static void
begin(struct span *span, const struct span_picture *picture)
{
	span->open = span->any = true;
	span->begun_ns = span->above_ns = picture->mono_ns;
	span->begun_wall_ns = span->peak_wall_ns = picture->wall_ns;
	span->peak = 0;
	note_above(span, picture);
}

static enum span_step
look_open(
    struct span *span, const struct span_settings *settings, const struct span_picture *picture)
{
	if (picture->above)
		note_above(span, picture);
	else if (ns_since(span->above_ns, picture->mono_ns) >= settings->gap_ms * CLOCK_MS) {
		span_end(span);
		return SPAN_ENDS;
	}
	return SPAN_LASTS;
}

enum span_step
span_look(
    struct span *span, const struct span_settings *settings, const struct span_picture *picture)
{
	if (span->open)
		return look_open(span, settings, picture);
	if (!picture->above) {
		span->run = 0;
		return SPAN_NONE;
	}
	if (++span->run < settings->pictures)
		return SPAN_SHORT;
	if (is_cooling(span, settings, picture->mono_ns))
		return SPAN_COOLDOWN;
	begin(span, picture);
	return SPAN_BEGINS;
}

bool
span_end(struct span *span)
{
	bool open = span->open;

	span->open = false;
	span->run = 0;
	return open;
}

uint64_t
span_length_ns(const struct span *span)
{
	return ns_since(span->begun_ns, span->above_ns);
}
