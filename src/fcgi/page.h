/* SPDX-License-Identifier: ISC */
/* page: the log-in page, made here so that it needs no JavaScript: the form, the one for
 * the first user, who is logged in, and the one that only asks again (PAGE_BOUNCE). */
#ifndef ORIEL_FCGI_PAGE_H
#define ORIEL_FCGI_PAGE_H

#include "fcgi/conn.h"

enum page_kind { PAGE_LOGIN, PAGE_SETUP, PAGE_WELCOME, PAGE_BOUNCE };

struct page { /* all texts are escaped here; "" for none */
	enum page_kind kind;
	const char *mount; /* of the site */
	const char *next;  /* where to go afterwards */
	const char *user;  /* as typed before, or who is logged in */
	const char *error; /* a sentence, or NULL */
	unsigned wait_s;   /* Retry-After; 0: none */
};

void page_send(struct conn *conn, int status, const struct page *page);

#endif
