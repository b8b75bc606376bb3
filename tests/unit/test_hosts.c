/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hosts.h"

static struct hosts hosts;
static char etc[] = "/tmp/test_hosts.XXXXXX";

static void
put(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", etc, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(etc) == NULL)
		return -1;
	put("hosts",
	    "127.0.0.1 localhost ads.example\n127.0.1.1\tCamera.site.example  camera\n# 1.2.3.4 camera.comment.example\n");
	put("resolv.conf",
	    "nameserver 192.0.2.1\nsearch fritz.box corp.example\noptions camera.no\n");
	hosts_init(&hosts, "Camera", "cam.example Porch.Example", etc);
	return 0;
}

static int
teardown(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof path, "%s/hosts", etc);
	unlink(path);
	snprintf(path, sizeof path, "%s/resolv.conf", etc);
	unlink(path);
	return rmdir(etc);
}

static bool
have(const char *host)
{
	return hosts_have(&hosts, host, strlen(host), "_");
}

static void
test_ours(void **state)
{
	static const char *const good[] = {
		"",
		"localhost",
		"LOCALHOST:8080",
		"cam.localhost",
		"127.0.0.1",
		"127.0.0.1:8080",
		"192.168.1.7:80",
		"8.8.8.8",
		"[::1]",
		"[::1]:8080",
		"[2001:db8::7]",
		"[::ffff:192.0.2.1]:1",
		"camera",
		"Camera.local",
		"camera.local.",
		"camera.lan:8080",
		"camera.home.arpa",
		"camera.fritz.box",
		"camera.corp.example",
		"camera.site.example",
		"oriel",
		"cam.example",
		"CAM.example:443",
		"porch.example.",
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!have(good[i]))
			fail_msg("\"%s\" is refused", good[i]);
}

static void
test_of_others(void **state)
{
	static const char *const bad[] = {
		"evil.example",
		"evil.example:8080",
		"camera.evil.example",
		"localhost.evil.example",
		"127.0.0.1.evil.example",
		"evil.local",
		"ads.example",
		"camera.comment.example",
		"camera.no",
		"site.example",
		"xcam.example",
		"cam.example.evil.example",
		"cam.examplex",
		"cam.example porch.example",
		"cam.example:80:80",
		"cam.example:x",
		"[::1",
		"[::1]x",
		"[::1]:x",
		"[evil.example]",
		"[127.0.0.1]",
		"::1",
		"::1.evil.example",
		"a b",
		".",
		".localhost",
		"cam.example@evil.example",
		"cam.example/",
		"\xc3\xa9vil",
		"*",
		":8080",
		"127.1.evil",
	};
	char longest[400];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (have(bad[i]))
			fail_msg("\"%s\" is let in", bad[i]);
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_false(have(longest));
	assert_false(hosts_have(&hosts, "camera\0.evil", 12, "_"));
}

static void
test_the_servers_name(void **state)
{
	(void)state;
	assert_false(have("front.example"));
	assert_true(hosts_have(&hosts, "front.example:8443", 18, "Front.example"));
}

static void
test_any(void **state)
{
	struct hosts any;

	(void)state;
	hosts_init(&any, "camera", "*", etc);
	assert_true(hosts_have(&any, "evil.example", 12, "_"));
}

/* A name with a domain of its own, and no files. */
static void
test_whole_name(void **state)
{
	struct hosts whole;

	(void)state;
	hosts_init(&whole, "porch.site.example", "", "/nonexistent");
	assert_true(hosts_have(&whole, "porch.site.example", 18, "_"));
	assert_true(hosts_have(&whole, "porch.local", 11, "_"));
	assert_false(hosts_have(&whole, "site.example", 12, "_"));
	hosts_init(&whole, "", "", "/nonexistent");
	assert_false(hosts_have(&whole, "x.local", 7, "_"));
	assert_true(hosts_have(&whole, "127.0.0.1", 9, "_"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_of_others),
		cmocka_unit_test(test_the_servers_name),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_whole_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
