/* SPDX-License-Identifier: ISC */
#include "site/exchange.h"

#include <string.h>

#include "base/json.h"
#include "http/reply.h"
#include "site/site_state.h"

struct fanout *
exchange_find(const struct exchange *exchange, const char *name, size_t length)
{
	struct registry *registry = exchange->site->registry;
	struct fanout *fanout = registry_find(registry, name, length);

	if (fanout == NULL)
		reply_json(exchange->conn, 404,
		    json_pack("{s:s, s:o}", "error",
			name != NULL ? "unknown camera"
				     : "which camera? ask for /cam/NAME/ or set default_camera",
			"cameras", registry_names(registry)));
	return fanout;
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
