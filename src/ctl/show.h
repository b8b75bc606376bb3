/* SPDX-License-Identifier: ISC */
/* show: prints replies and events for people. Text from cameras, files and clients on which a
 * terminal would act is shown as \x1b (base/text.h). */
#ifndef ORIEL_CTL_SHOW_H
#define ORIEL_CTL_SHOW_H

#include <jansson.h>
#include <stddef.h>

void show_status(const json_t *reply);
void show_settings(const json_t *reply); /* of `get` */
void show_changed(const json_t *reply);	 /* of `set` */
void show_event(const json_t *event);	 /* of `events`, or a line to a subscriber */
void show_snaps(const json_t *reply);
void show_clips(const json_t *reply);
void show_controls(const json_t *reply);
void show_cameras(const json_t *list); /* source_list() */

void show_users(const json_t *list); /* account_db_user_list() and its like */
void show_sessions(const json_t *list);
void show_tokens(const json_t *list);

void show_text(const char *text);	       /* NULL: nothing */
void show_padded(const char *text, int width); /* and spaces, up to so many columns */
void show_time(double seconds);		       /* since 1970, as local time */

/* "1.2 MB"; storage: at least 16 bytes. Returns it. */
const char *show_bytes(char *text, size_t size, long long bytes);

#endif
