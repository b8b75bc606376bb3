/* SPDX-License-Identifier: ISC */
/* dispatch: decides which requests may come in, and which handler answers each. */
#ifndef ORIEL_SITE_DISPATCH_H
#define ORIEL_SITE_DISPATCH_H

#include "fastcgi/conn.h"

/* For fastcgi_server_new(), with a struct site as argument. */
conn_handler dispatch;

#endif
