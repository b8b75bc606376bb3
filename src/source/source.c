/* SPDX-License-Identifier: ISC */
#include "source/source.h"

#include <errno.h>
#include <string.h>

struct source *
source_open(const struct source_request *wanted, struct cause *why)
{
	struct source *source;

	if (strcmp(wanted->kind, "testcard") == 0)
		return testcard_open(wanted, why);
	if (strcmp(wanted->kind, "pipe") == 0)
		return pipe_open(wanted, why);
	source = v4l2_open(wanted, why);
	if (source == NULL && errno == ENOENT && strcmp(wanted->kind, "auto") == 0 &&
	    wanted->device[0] == '\0')
		return testcard_open(wanted, why);
	return source;
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
		return cause_set(why, "unknown control %.32s", name);
	return source->kind->check_control(source, name, value, why);
}

int
source_set_control(struct source *source, const char *name, const json_t *value, struct cause *why)
{
	if (source->kind->set_control == NULL)
		return cause_set(why, "unknown control %.32s", name);
	return source->kind->set_control(source, name, value, why);
}

bool
source_notice(struct source *source)
{
	return source->kind->notice != NULL && source->kind->notice(source);
}
