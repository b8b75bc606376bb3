/* SPDX-License-Identifier: ISC */
#include "fanout/fanout.h"

#include <stdlib.h>

struct fanout *
fanout_new(struct event_base *base, const char *run_dir, const char *name,
    struct frame_buf_budget *budget, struct admission *waits)
{
	struct fanout *fanout = calloc(1, sizeof *fanout);

	if (fanout == NULL)
		return NULL;
	fanout->camera = camera_new(base, run_dir, name, budget);
	if (fanout->camera == NULL)
		goto fail;
	fanout->streams = streams_new(base, fanout->camera);
	fanout->snapshots = snapshots_new(base, fanout->camera, waits);
	fanout->events = events_new(base, fanout->camera);
	if (fanout->streams == NULL || fanout->snapshots == NULL || fanout->events == NULL)
		goto fail;
	return fanout;
fail:
	fanout_free(&fanout);
	return NULL;
}

void
fanout_free(struct fanout **fanout)
{
	struct fanout *gone = *fanout;

	if (gone == NULL)
		return;
	*fanout = NULL;
	camera_free(&gone->camera);
	streams_free(&gone->streams);
	snapshots_free(&gone->snapshots);
	events_free(&gone->events);
	free(gone);
}

void
fanout_end(struct fanout *fanout)
{
	streams_end(fanout->streams);
	snapshots_end(fanout->snapshots);
	events_end(fanout->events);
}
