/* SPDX-License-Identifier: ISC */
/* export: GET /export. A thread makes the archive (export/archive.h) and writes it into a pipe; the
 * loop takes as much out of the pipe as the reader takes from us. So neither the disk nor a slow
 * reader holds up anybody but the export itself. */
#ifndef ORIEL_SITE_EXPORT_H
#define ORIEL_SITE_EXPORT_H

#include "site/exchange.h"

route_handler export_get;

/* End all threads; their readers have gone. */
void exports_end(struct site *site);

#endif
