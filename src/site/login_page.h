/* SPDX-License-Identifier: ISC */
/* login_page: the log-in page, made here so that it needs no JavaScript: the form, the form for
 * the first user, the page of a logged-in user, and the page that only asks again
 * (LOGIN_PAGE_BOUNCE). */
#ifndef ORIEL_SITE_LOGIN_PAGE_H
#define ORIEL_SITE_LOGIN_PAGE_H

#include "fastcgi/conn.h"

enum login_page_kind { LOGIN_PAGE_LOGIN, LOGIN_PAGE_SETUP, LOGIN_PAGE_WELCOME, LOGIN_PAGE_BOUNCE };

struct login_page { /* all texts are escaped here; "" for none */
	enum login_page_kind kind;
	const char *mount; /* of the site */
	const char *next;  /* where to go afterwards */
	const char *user;  /* as typed before, or the logged-in user */
	const char *error; /* a sentence, or NULL */
	unsigned wait_s;   /* Retry-After; 0: none */
};

void login_page_send(struct conn *conn, int status, const struct login_page *page);

#endif
