/* SPDX-License-Identifier: ISC */
/* dispatch: which request may come in, and which handler answers it. */
#ifndef ORIEL_SITE_DISPATCH_H
#define ORIEL_SITE_DISPATCH_H

#include "fastcgi/conn.h"

/* For fastcgi_server_new(), with a struct site as argument. */
conn_handler dispatch;

#endif
