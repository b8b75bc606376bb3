/* SPDX-License-Identifier: ISC */
/* reasons: why something cannot be done or was not done, one table for all programs.
 *
 * If an answer has a sentence for people, in "error" or "reason", it also has the reason's code, in
 * "code". Programs decide by the code, which does not change; the sentence may say more. The schema
 * and the docs' tables are made from the rows. */
#ifndef ORIEL_PROTOCOL_REASONS_H
#define ORIEL_PROTOCOL_REASONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cause.h"
#include "base/json.h"

/* REASON(code, "sentence"): makes `reason_CODE`. If the sentence has "…" in it, or gives several
 * forms, the code that uses the reason writes the real sentence (cause_detail). */
#define REASONS(REASON)                                                                   \
	/* the command or request itself is wrong */                                      \
	REASON(bad_json, "bad json")                                                      \
	REASON(unknown_command, "unknown command")                                        \
	REASON(unknown_argument, "unknown argument …")                                    \
	REASON(unknown_setting, "unknown setting …")                                      \
	REASON(unknown_control, "unknown control …")                                      \
	REASON(missing_argument, "missing …")                                             \
	REASON(bad_argument, "… must be …; … out of range; … is given twice")             \
	REASON(read_only, "… is read-only")                                               \
	REASON(line_too_long, "line too long")                                            \
	REASON(bad_request, "bad request")                                                \
	REASON(body_too_large, "longer than 16 KiB")                                      \
	REASON(url_too_long, "request line too long")                                     \
	REASON(headers_too_large, "request headers too large")                            \
	REASON(length_required, "length required")                                        \
	REASON(wrong_content_type, "Content-Type must be …")                              \
	REASON(method_not_allowed, "method not allowed")                                  \
	REASON(bad_range, "range not satisfiable")                                        \
	REASON(too_slow, "request came too slowly")                                       \
	REASON(https_only, "this port speaks https")                                      \
	REASON(websocket_only, "this is a WebSocket")                                     \
	REASON(unknown_subprotocol, "no such subprotocol: ask for …, or for none")        \
	/* there is no such thing */                                                      \
	REASON(not_found, "not found")                                                    \
	REASON(unknown_camera, "unknown camera")                                          \
	REASON(which_camera, "which camera? …")                                           \
	REASON(no_such_picture, "no such picture")                                        \
	REASON(no_such_clip, "no such clip")                                              \
	REASON(no_such_event, "no such event")                                            \
	/* the caller may not do this */                                                  \
	REASON(not_logged_in, "log in first")                                             \
	REASON(wrong_password, "wrong name or password")                                  \
	REASON(wrong_setup_token, "wrong set-up token")                                   \
	REASON(too_many_attempts, "too many wrong attempts, try again in … s")            \
	REASON(login_unavailable, "log-in is not possible just now")                      \
	REASON(login_off, "log-in is off")                                                \
	REASON(operators_only, "operators only")                                          \
	REASON(foreign_origin, "this origin may not connect")                             \
	REASON(unknown_host, "this name is not one of this site")                         \
	REASON(forbidden, "forbidden")                                                    \
	/* it cannot be done now */                                                       \
	REASON(busy, "busy")                                                              \
	REASON(too_many, "too many …")                                                    \
	REASON(too_many_from_one, "too many … from one account or address")               \
	REASON(frame_memory_spent,                                                        \
	    "too many slow viewers: the memory for their frames is spent (frame_memory)") \
	REASON(out_of_memory, "out of memory")                                            \
	REASON(refused, "refused")                                                        \
	/* about the other programs */                                                    \
	REASON(no_worker, "camera site worker not running")                               \
	REASON(no_daemon, "camera daemon not running")                                    \
	REASON(stopped, "the camera daemon was stopped")                                  \
	REASON(stopping, "orield is stopping")                                            \
	REASON(no_recorder, "the recorder is not running")                                \
	REASON(other_recorder, "another recorder is there")                               \
	REASON(daemon_silent, "the camera daemon does not answer")                        \
	REASON(bad_answer, "the camera daemon did not answer in JSON")                    \
	REASON(answer_too_long, "the answer is longer than a line may be")                \
	REASON(unknown_outcome,                                                           \
	    "no answer yet: it may have been done, or may be done later; "                \
	    "ask again with the same id to learn which")                                  \
	REASON(server_error, "server error")                                              \
	/* pictures */                                                                    \
	REASON(no_frame, "no frame yet")                                                  \
	REASON(no_fresh_frame, "no fresh frame")                                          \
	REASON(no_young_frame, "no frame that young")                                     \
	/* the camera: why it is offline, or why there is no picture */                   \
	REASON(no_camera, "no camera found")                                              \
	REASON(camera_denied, "…: permission denied")                                     \
	REASON(camera_in_use, "… is in use by another program")                           \
	REASON(camera_unplugged, "… was unplugged")                                       \
	REASON(camera_unfit, "… does not capture video; … does not offer …")              \
	REASON(camera_silent, "… delivers no picture")                                    \
	REASON(camera_hangs, "the camera does not answer")                                \
	REASON(bad_pictures, "… delivers only broken pictures")                           \
	REASON(other_camera, "… was opened")                                              \
	REASON(input_ended, "…: input ended")                                             \
	REASON(camera_offline, "the camera is gone")                                      \
	REASON(motion_off, "motion detection is off")                                     \
	REASON(not_armed, "not armed")                                                    \
	REASON(control_refused, "… cannot be changed now")                                \
	REASON(not_kept, "set, but not kept: …")                                          \
	/* what is kept */                                                                \
	REASON(disk_full, "disk full: …")                                                 \
	REASON(over_quota, "quota: …")                                                    \
	REASON(store_damaged, "the database is damaged")                                  \
	REASON(store_opened, "the store is open now")                                     \
	REASON(store_failed, "nothing can be stored")                                     \
	REASON(no_past, "events of the past cannot be read")

#define REASON_DECLARE(code, text) extern const struct reason reason_##code;
REASONS(REASON_DECLARE)
#undef REASON_DECLARE

#define REASON_ENUM(code, text) REASON_##code,
enum { REASONS(REASON_ENUM) REASON_COUNT };
#undef REASON_ENUM

extern const struct reason *const reason_rows[REASON_COUNT];

/* The row of `code`; NULL for one that is not known here (a newer program's), and for NULL. */
const struct reason *reason_find(const char *code);

/* ---- in JSON ---- */

/* `object` gets NAME: why's text, and "code" if there is one. */
void reason_put(json_t *object, const char *name, const struct cause *why);

/* Read them back. False, and an empty *why, when there is no text. */
bool reason_get(const json_t *object, const char *name, struct cause *why);

/* {"error": …, "code": …}: the request is wrong. A new reference. */
json_t *reason_error(const struct cause *why);

/* {"ok": false, "reason": …, "code": …}: it cannot be done now. A new reference. */
json_t *reason_refusal(const struct cause *why);

/* {"error":"…","code":"…"} as text; allocates nothing. Always terminated. */
enum { REASON_LINE_SIZE = 256 };
void reason_line(const struct reason *reason, char line[REASON_LINE_SIZE]);

#endif
