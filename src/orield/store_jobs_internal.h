/* SPDX-License-Identifier: ISC */
/* internal: what the files of store_jobs share. */
#ifndef ORIEL_ORIELD_STORE_JOBS_INTERNAL_H
#define ORIEL_ORIELD_STORE_JOBS_INTERNAL_H

#include "orield/store_jobs.h"
#include "protocol/events.h"

/* Append {"event": name, "id": id, "data": data} to the lines to send; an id of 0 is left
 * out. The data is shared. */
int store_jobs_publish(struct store_job *job, enum event_id event, int64_t id, json_t *data);

/* The picture or clip job->name was deleted. */
int store_jobs_publish_deleted(struct store_job *job);

int store_jobs_set_number(
    struct store_jobs *jobs, const char *name, uint64_t number, struct cause *why);

/* Save job->jpeg and add its `saved` event. `motion` is the event it belongs to, or 0. */
int store_jobs_save_picture(
    struct store_jobs *jobs, struct store_job *job, const char *stem, int64_t motion);

/* ---- store_jobs_motion.c ---- */
int store_jobs_motion(struct store_jobs *jobs, struct store_job *job);
int store_jobs_motion_end(struct store_jobs *jobs, struct store_job *job);
/* The end could not be stored: give the event the number of its motion, if it has one. */
void store_jobs_fail_motion_end(struct store_jobs *jobs, struct store_job *job);
/* Store the end of a span that could not be stored before, if there is one. */
int store_jobs_end_owed(struct store_jobs *jobs, struct store_job *job);
/* The store was opened: end the span that was open when orield died. */
void store_jobs_open_motion(struct store_jobs *jobs, struct store_job *job);

/* ---- store_jobs_clips.c ---- */
int store_jobs_run_clip_open(struct store_jobs *jobs, struct store_job *job);
int store_jobs_run_clip_movie(struct store_jobs *jobs, struct store_job *job);
int store_jobs_run_clip_done(struct store_jobs *jobs, struct store_job *job);
int store_jobs_run_clip_drop(struct store_jobs *jobs, struct store_job *job);
int store_jobs_run_clips_left(struct store_jobs *jobs, struct store_job *job);
int store_jobs_run_clips(struct store_jobs *jobs, struct store_job *job);
int store_jobs_run_clip_delete(struct store_jobs *jobs, struct store_job *job);
int store_jobs_run_keep(struct store_jobs *jobs, struct store_job *job);
int store_jobs_run_expire(struct store_jobs *jobs, struct store_job *job);

#endif
