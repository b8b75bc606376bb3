/* SPDX-License-Identifier: ISC */
/* api: the JSON routes. Each is one command to orield and its answer as HTTP:
 * "error" is 400, "ok": false is 503 (or 404), no answer is 503, or 504 when it may have
 * been done; too many of one user at a time are 429. */
#ifndef ORIEL_SITE_API_H
#define ORIEL_SITE_API_H

#include "fanout/camera.h"
#include "fastcgi/conn.h"
#include "fastcgi/request.h"
#include "fanout/admission.h"

/* Who asks what of which camera. */
struct api_visit {
	struct camera *camera;
	struct conn *conn;
	const struct request *request;
	enum role role;
	struct admission *admission; /* for commands under way */
};

void api_status(const struct api_visit *visit);
void api_get_config(const struct api_visit *visit);
void api_set_config(const struct api_visit *visit);
void api_get_controls(const struct api_visit *visit);
void api_set_controls(const struct api_visit *visit);
void api_history(const struct api_visit *visit);
void api_snaps(const struct api_visit *visit);
void api_ready(const struct api_visit *visit);

/* `name` is what the path ends in. */
void api_snap(const struct api_visit *visit, const char *name);
void api_delete_snap(const struct api_visit *visit, const char *name);

void api_health(struct conn *conn); /* this process is alive: it answers */

#endif
