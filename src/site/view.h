/* SPDX-License-Identifier: ISC */
/* view: the routes for looking at a camera: snapshot, stream, events. */
#ifndef ORIEL_SITE_VIEW_H
#define ORIEL_SITE_VIEW_H

#include "site/exchange.h"

route_handler view_snapshot, view_stream, view_events;

#endif
