/* SPDX-License-Identifier: ISC */
#include "source/source.h"

#include <errno.h>
#include <string.h>

#include "protocol/reasons.h"

static const struct {
	const char *name;
	struct source *(*open)(const struct source_request *wanted, struct cause *why);
} kinds[] = {
#define SOURCE_KIND(NAME) { .name = #NAME, .open = NAME##_open },
	SOURCES(SOURCE_KIND)
#undef SOURCE_KIND
};

/* "auto": a camera, if there is one or one was named. */
static struct source *
source_open_auto(const struct source_request *wanted, struct cause *why)
{
	struct source *source = v4l2_open(wanted, why);

	if (source == NULL && errno == ENOENT && wanted->device[0] == '\0')
		return testcard_open(wanted, why);
	return source;
}

struct source *
source_open(const struct source_request *wanted, struct cause *why)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(wanted->kind, kinds[i].name) == 0)
			return kinds[i].open(wanted, why);
	return source_open_auto(wanted, why);
}

enum source_result
source_take(struct source *source, struct picture *picture, struct cause *why)
{
	return source->kind->take(source, picture, why);
}

void
source_release(struct source *source)
{
	source->kind->release(source);
}

bool
source_moved(struct source *source)
{
	return source->kind->moved != NULL && source->kind->moved(source);
}

void
source_close(struct source **source)
{
	if (*source == NULL)
		return;
	(*source)->kind->close(*source);
	*source = NULL;
}

void
source_read_controls(struct source *source, bool all)
{
	if (source->kind->read_controls != NULL)
		source->kind->read_controls(source, all);
}

bool
source_step_controls(struct source *source)
{
	return source->kind->step_controls != NULL && source->kind->step_controls(source);
}

json_t *
source_controls(struct source *source)
{
	return source->kind->controls != NULL ? source->kind->controls(source) : json_array();
}

int
source_check_control(
    struct source *source, const char *name, const json_t *value, struct cause *why)
{
	if (source->kind->check_control == NULL)
		return cause_detail(why, &reason_unknown_control, "unknown control %.32s", name);
	return source->kind->check_control(source, name, value, why);
}

int
source_set_control(struct source *source, const char *name, const json_t *value, struct cause *why)
{
	if (source->kind->set_control == NULL)
		return cause_detail(why, &reason_unknown_control, "unknown control %.32s", name);
	return source->kind->set_control(source, name, value, why);
}

bool
source_notice(struct source *source)
{
	return source->kind->notice != NULL && source->kind->notice(source);
}
