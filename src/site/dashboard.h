/* SPDX-License-Identifier: ISC */
/* dashboard: a camera's page, /cam/NAME/, and what leads there. nginx sends the page, a file.
 * Only the worker knows whether there is such a camera. */
#ifndef ORIEL_SITE_DASHBOARD_H
#define ORIEL_SITE_DASHBOARD_H

#include "site/exchange.h"

/* The page of /cam/NAME/, or a redirect to it. */
route_handler dashboard_get;

#endif
