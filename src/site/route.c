/* SPDX-License-Identifier: ISC */
#include "site/route.h"

#include <stdbool.h>
#include <string.h>

#define ROUTE_ROW(ID, METHOD, PATH, ROLE, SCOPE, HANDLER, ...) \
	[ROUTE_##ID] = { .method = METHOD,                     \
		.path = PATH,                                  \
		.role = ROLE,                                  \
		.scope = SCOPE_##SCOPE,                        \
		.summary = __VA_ARGS__ },
const struct route_row route_table[ROUTE_COUNT] = { ROUTES(ROUTE_ROW) };
#undef ROUTE_ROW

/* NULL when the row has another path, otherwise what stands for its *. */
static const char *
row_match(const struct route_row *row, const char *path)
{
	size_t length = strcspn(row->path, "*");

	if (strncmp(row->path, path, length) != 0)
		return NULL;
	path += length;
	if (row->path[length] == '\0')
		return *path == '\0' ? path : NULL;
	return *path != '\0' && strchr(path, '/') == NULL ? path : NULL;
}

static bool
row_takes(const struct route_row *row, const char *method)
{
	return strcmp(row->method, method) == 0 ||
	    (strcmp(method, "HEAD") == 0 && strcmp(row->method, "GET") == 0);
}

static void
route_allow(struct route *route, const struct route_row *row)
{
	if (route->allow[0] != '\0')
		strcat(route->allow, ", ");
	strcat(route->allow, row->method);
	if (strcmp(row->method, "GET") == 0)
		strcat(route->allow, ", HEAD");
}

/* Cut /cam/NAME off. */
static const char *
route_cut_camera(struct route *route, const char *path)
{
	static const char prefix[] = "/cam/";
	const char *name = path + sizeof prefix - 1, *rest;

	if (strncmp(path, prefix, sizeof prefix - 1) != 0)
		return path;
	rest = strchrnul(name, '/');
	route->camera = name;
	route->camera_length = (size_t)(rest - name);
	route->elsewhere = *rest == '\0' && rest > name;
	return route->elsewhere ? "/" : rest;
}

enum route_outcome
route_find(const char *method, const char *path, struct route *route)
{
	memset(route, 0, sizeof *route);
	route->name = "";
	route->role = ROLE_VIEWER;
	path = route_cut_camera(route, path);
	for (int id = 0; id < ROUTE_COUNT; id++) {
		const struct route_row *row = &route_table[id];
		const char *name = row_match(row, path);

		if (name == NULL)
			continue;
		if (row_takes(row, method)) {
			route->id = (enum route_id)id;
			route->role = row->role;
			route->name = name;
			return ROUTE_FOUND;
		}
		route_allow(route, row);
		if (row->role < route->role)
			route->role = row->role;
	}
	return route->allow[0] != '\0' ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}
