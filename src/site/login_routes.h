/* SPDX-License-Identifier: ISC */
/* login_routes: the routes that make, show and end a session. */
#ifndef ORIEL_SITE_LOGIN_ROUTES_H
#define ORIEL_SITE_LOGIN_ROUTES_H

#include "site/exchange.h"

route_handler login_session, login_page, login_post, login_api, login_logout;

#endif
