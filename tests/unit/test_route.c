/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "site/route.h"

static struct route route;

static enum route_id
found(const char *method, const char *path)
{
	assert_int_equal(route_find(method, path, &route), ROUTE_FOUND);
	return route.id;
}

static void
test_every_row_is_found(void **state)
{
	char path[64];

	(void)state;
	for (int id = 0; id < ROUTE_COUNT; id++) {
		strcpy(path, route_table[id].path);
		if (strchr(path, '*') != NULL)
			strcpy(strchr(path, '*'), "x.jpg");
		assert_int_equal(found(route_table[id].method, path), id);
		assert_null(route.camera);
	}
}

static void
test_head_goes_where_get_goes(void **state)
{
	(void)state;
	assert_int_equal(found("HEAD", "/config"), ROUTE_GET_CONFIG);
	assert_int_equal(found("HEAD", "/snaps/a.jpg"), ROUTE_SNAP);
}

static void
test_cameras(void **state)
{
	(void)state;
	assert_int_equal(found("GET", "/cam/front-door/snaps/"), ROUTE_SNAPS);
	assert_int_equal(route.camera_length, 10);
	assert_memory_equal(route.camera, "front-door", 10);
	assert_int_equal(found("GET", "/cam//status"), ROUTE_STATUS);
	assert_non_null(route.camera);
	assert_int_equal(route.camera_length, 0);
	assert_int_equal(found("GET", "/cam/x/"), ROUTE_PAGE);
	assert_false(route.elsewhere);
	assert_int_equal(found("GET", "/cam/x"), ROUTE_PAGE);
	assert_true(route.elsewhere);
	assert_int_equal(route.camera_length, 1);
	assert_int_equal(route_find("GET", "/cam/", &route), ROUTE_NO_PATH);
	assert_int_equal(route_find("GET", "/cam", &route), ROUTE_NO_PATH);
	assert_int_equal(route_find("GET", "/cam/a/cam/b/status", &route), ROUTE_NO_PATH);
}

static void
test_names(void **state)
{
	(void)state;
	assert_int_equal(found("GET", "/snaps/a.jpg"), ROUTE_SNAP);
	assert_string_equal(route.name, "a.jpg");
	assert_int_equal(found("GET", "/snaps/"), ROUTE_SNAPS);
	assert_int_equal(route_find("GET", "/snaps/a/b.jpg", &route), ROUTE_NO_PATH);
	assert_int_equal(route_find("GET", "/snaps", &route), ROUTE_NO_PATH);
}

static void
test_unknown_paths(void **state)
{
	static const char *const paths[] = { "", "status", "/statusx", "/status/", "//status",
		"/STATUS", "/snapshot.jpg/", "/event", "/../status" };

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		assert_int_equal(route_find("GET", paths[i], &route), ROUTE_NO_PATH);
}

static void
test_allow(void **state)
{
	(void)state;
	assert_int_equal(route_find("PUT", "/config", &route), ROUTE_NO_METHOD);
	assert_string_equal(route.allow, "GET, HEAD, POST");
	assert_int_equal(route_find("POST", "/cam/x/status", &route), ROUTE_NO_METHOD);
	assert_string_equal(route.allow, "GET, HEAD");
	assert_int_equal(route_find("get", "/snaps/x", &route), ROUTE_NO_METHOD);
	assert_string_equal(route.allow, "GET, HEAD, DELETE, POST");
	assert_int_equal(route_find("", "/healthz", &route), ROUTE_NO_METHOD);
}

/* Who may request what; the log-in itself, and whether the process is alive, is for everybody. */
static void
test_roles(void **state)
{
	(void)state;
	for (int id = 0; id < ROUTE_COUNT; id++) {
		if (id == ROUTE_HEALTH || id > ROUTE_SESSION)
			assert_int_equal(route_table[id].role, ROLE_NONE);
		else if (strcmp(route_table[id].method, "GET") != 0)
			assert_int_equal(route_table[id].role, ROLE_OPERATOR);
		else
			assert_int_equal(route_table[id].role, ROLE_VIEWER);
	}
}

/* Routes of the site need no camera: the log-in, and whether the process is alive. A page finds
 * its camera itself. */
static void
test_scopes(void **state)
{
	(void)state;
	for (int id = 0; id < ROUTE_COUNT; id++)
		assert_int_equal(
		    route_table[id].scope, id >= ROUTE_PAGE ? SCOPE_SITE : SCOPE_CAMERA);
}

/* A path's methods are those of its rows: no two rows are the same, and what one path may be
 * asked for stands together. */
static void
test_methods_of_a_path(void **state)
{
	(void)state;
	for (int id = 0; id < ROUTE_COUNT; id++)
		for (int other = 0; other < id; other++) {
			if (strcmp(route_table[id].path, route_table[other].path) != 0)
				continue;
			assert_string_not_equal(route_table[id].method, route_table[other].method);
			assert_int_equal(route_table[id].scope, route_table[other].scope);
		}
}

/* The role needed to learn what exists. */
static void
test_role_of_a_path(void **state)
{
	(void)state;
	found("POST", "/config");
	assert_int_equal(route.role, ROLE_OPERATOR);
	found("GET", "/config");
	assert_int_equal(route.role, ROLE_VIEWER);
	route_find("PUT", "/config", &route);
	assert_int_equal(route.role, ROLE_VIEWER);
	route_find("PUT", "/login", &route);
	assert_int_equal(route.role, ROLE_NONE);
	route_find("GET", "/nothing", &route);
	assert_int_equal(route.role, ROLE_VIEWER);
}

/* Where a camera's page is, the site is as well. */
static void
test_routes_of_the_site(void **state)
{
	(void)state;
	assert_int_equal(found("POST", "/login"), ROUTE_LOGIN);
	assert_int_equal(found("POST", "/cam/x/login"), ROUTE_LOGIN);
	assert_int_equal(found("GET", "/cam/x/session"), ROUTE_SESSION);
	assert_int_equal(route_find("POST", "/cam/x/nothing", &route), ROUTE_NO_PATH);
	assert_int_equal(route.role, ROLE_VIEWER);
	assert_int_equal(found("GET", "/cam/x/healthz"), ROUTE_HEALTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_found),
		cmocka_unit_test(test_head_goes_where_get_goes),
		cmocka_unit_test(test_cameras),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_unknown_paths),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_methods_of_a_path),
		cmocka_unit_test(test_role_of_a_path),
		cmocka_unit_test(test_routes_of_the_site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
