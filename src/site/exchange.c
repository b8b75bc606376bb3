/* SPDX-License-Identifier: ISC */
#include "site/exchange.h"

#include <string.h>

#include "base/json.h"
#include "http/reply.h"
#include "protocol/reasons.h"
#include "site/site_state.h"

struct fanout *
exchange_find(const struct exchange *exchange, const char *name, size_t length)
{
	struct registry *registry = exchange->site->registry;
	struct fanout *fanout = registry_find(registry, name, length);
	struct cause why;
	json_t *error;

	if (fanout != NULL)
		return fanout;
	if (name != NULL)
		cause_reason(&why, &reason_unknown_camera);
	else
		cause_detail(&why, &reason_which_camera,
		    "which camera? ask for /cam/NAME/ or set default_camera");
	error = reason_error(&why);
	json_object_set_new(error, "cameras", registry_names(registry));
	reply_json(exchange->conn, 404, error);
	return NULL;
}

bool
exchange_hold(const struct exchange *exchange)
{
	struct login *login = &exchange->site->login;

	if (login_hold(login, exchange->conn, exchange->request))
		return true;
	login_refuse(login, exchange->conn, exchange->request);
	return false;
}
