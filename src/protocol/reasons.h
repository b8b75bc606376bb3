/* SPDX-License-Identifier: ISC */
/* reasons: the replies that more than one program gives when something cannot be done. */
#ifndef ORIEL_PROTOCOL_REASONS_H
#define ORIEL_PROTOCOL_REASONS_H

/* What became of it is not known: it may have been done. Beside "ok": false or "error". */
#define CODE_UNKNOWN_OUTCOME "unknown_outcome"

/* Replies that more than one program gives. */
#define REASON_NO_FRAME "no frame yet"
#define REASON_NO_DAEMON "camera daemon not running"
#define REASON_SILENT "the camera daemon does not answer"
#define REASON_BUSY "busy"
#define REASON_UNKNOWN_OUTCOME                                         \
	"no answer yet: it may have been done, or may be done later; " \
	"ask again with the same id to learn which"
#define REASON_STOPPING "the camera daemon was stopped"
#define REASON_MOTION_OFF "motion detection is off"
#define REASON_NOT_ARMED "not armed"
#define REASON_OPERATORS "operators only"
#define ERROR_BAD_JSON "bad json"
#define ERROR_UNKNOWN_COMMAND "unknown command"

#endif
