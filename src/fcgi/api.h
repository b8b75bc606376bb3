/* SPDX-License-Identifier: ISC */
/* api: the JSON routes. Each is one command to orield and its answer as HTTP:
 * "error" is 400, "ok": false is 503 (or 404), no answer is 503. */
#ifndef ORIEL_FCGI_API_H
#define ORIEL_FCGI_API_H

#include "fcgi/camera.h"
#include "fcgi/conn.h"
#include "fcgi/request.h"

void api_status(struct camera *camera, struct conn *conn);
void api_get_config(struct camera *camera, struct conn *conn);
void api_set_config(struct camera *camera, struct conn *conn, const struct request *request);
void api_get_controls(struct camera *camera, struct conn *conn);
void api_set_controls(struct camera *camera, struct conn *conn, const struct request *request);
void api_history(struct camera *camera, struct conn *conn, const struct request *request);
void api_snaps(struct camera *camera, struct conn *conn, const struct request *request);

/* `name` is what the path ends in. */
void api_snap(struct camera *camera, struct conn *conn, const struct request *request, const char *name);
void api_delete_snap(struct camera *camera, struct conn *conn, const char *name);

void api_health(struct conn *conn);		/* this process is alive: it answers */
void api_ready(struct camera *camera, struct conn *conn);

#endif
