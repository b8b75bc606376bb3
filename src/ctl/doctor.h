/* SPDX-License-Identifier: ISC */
/* doctor: what the checks of `orielctl doctor` share. */
#ifndef ORIEL_CTL_DOCTOR_H
#define ORIEL_CTL_DOCTOR_H

#include "ctl/ctl.h"

enum verdict { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_BAD };

struct doctor {
	struct ctl *ctl;
	const char *camera; /* its name */
	const char *state_dir, *fcgi, *ws,
	    *nginx;		   /* options; NULL = find out, or nginx's default */
	json_t *settings, *status; /* of the running orield, NULL without */
	long streams,
	    fcgi_workers; /* of the running oriel-fcgi: max_streams, workers; 0: not known */
	bool bad;	  /* something was bad */
};

/* Print one finding. `advice`: what to do, NULL for nothing. */
void doctor_say(struct doctor *doctor, enum verdict verdict, const char *check, const char *advice,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Checks of the machine around orield: doctor_host.c */
void doctor_check_devices(struct doctor *doctor);
void doctor_check_folder(struct doctor *doctor, const char *check, const char *path);
void doctor_check_worker(struct doctor *doctor, const char *name, const char *path);
void doctor_check_nginx(struct doctor *doctor);

/* Do nginx's listening sockets limit unsent data? `configuration`: nginx -T. listeners.c */
void doctor_check_listeners(struct doctor *doctor, const char *configuration);

/* Limits that have to fit together: doctor_limits.c. `configuration`: nginx -T's. */
void doctor_check_requests(struct doctor *doctor, const char *configuration);
void doctor_check_places(struct doctor *doctor, const char *name, const char *path);

/* The site's accounts, and for root the set-up token: doctor_accounts.c */
void doctor_check_accounts(struct doctor *doctor);

#endif
