/* SPDX-License-Identifier: ISC */
#include "base/hosts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/address.h"
#include "base/word_list.h"

/* Reserved for such use (RFC 6762, RFC 8375, ICANN's .internal), or not delegated. */
static const char *const home_domains[] = { "local", "lan", "home", "home.arpa", "internal",
	"localdomain" };

static void
lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* ---- own names ------------------------------------------------------- */

/* What does not fit is left out. */
static void
own_add(struct hosts *hosts, const char *name, const char *domain)
{
	size_t used = strlen(hosts->own), room = sizeof hosts->own - used;
	int length = snprintf(
	    hosts->own + used, room, " %s%s%s", name, domain[0] != '\0' ? "." : "", domain);

	if (length < 0 || (size_t)length >= room)
		hosts->own[used] = '\0';
}

/* hosts(5): "127.0.1.1 camera.example.net camera" */
static void
take_hosts_line(struct hosts *hosts, const char *label, char *line)
{
	size_t length = strlen(label);
	char *rest, *name = strtok_r(line, " \t", &rest);

	while (name != NULL && (name = strtok_r(NULL, " \t", &rest)) != NULL)
		if (strncmp(name, label, length) == 0 && name[length] == '.')
			own_add(hosts, name, "");
}

/* resolv.conf(5): "search a.example b.example" */
static void
take_resolv_line(struct hosts *hosts, const char *label, char *line)
{
	char *rest, *domain = strtok_r(line, " \t", &rest);

	if (domain == NULL || (strcmp(domain, "search") != 0 && strcmp(domain, "domain") != 0))
		return;
	while ((domain = strtok_r(NULL, " \t", &rest)) != NULL)
		own_add(hosts, label, domain);
}

static void
own_read(struct hosts *hosts, const char *label, const char *etc, const char *name,
    void (*take_line)(struct hosts *hosts, const char *label, char *line))
{
	char path[256], line[1024];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", etc, name);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	while (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "#;\n")] = '\0';
		lower(line);
		take_line(hosts, label, line);
	}
	fclose(file);
}

void
hosts_init(struct hosts *hosts, const char *host_name, const char *allowed, const char *etc)
{
	char name[HOSTS_NAME_MAX + 1];

	memset(hosts, 0, sizeof *hosts);
	snprintf(hosts->allowed, sizeof hosts->allowed, "%s", allowed);
	lower(hosts->allowed);
	snprintf(name, sizeof name, "%s", host_name);
	lower(name);
	own_add(hosts, name, "");
	name[strcspn(name, ".")] = '\0';
	if (name[0] == '\0')
		return;
	for (size_t i = 0; i < sizeof home_domains / sizeof home_domains[0]; i++)
		own_add(hosts, name, home_domains[i]);
	own_read(hosts, name, etc, "hosts", take_hosts_line);
	own_read(hosts, name, etc, "resolv.conf", take_resolv_line);
}

void
hosts_init_here(struct hosts *hosts, const char *allowed)
{
	char name[HOSTS_NAME_MAX + 1] = "";

	if (gethostname(name, sizeof name - 1) == -1)
		name[0] = '\0';
	hosts_init(hosts, name, allowed, "/etc");
}

/* ---- the name in a request ------------------------------------------- */

static bool
is_port(const char *text)
{
	return *text == '\0' ||
	    (*text == ':' && strspn(text + 1, "0123456789") == strlen(text + 1));
}

/* Cut off the port, and the dot of an absolute name. False: it is no host. */
static bool
cut_port(char *name)
{
	char *port = name + strcspn(name, ":");
	size_t length;

	if (!is_port(port))
		return false;
	*port = '\0';
	length = strlen(name);
	if (length > 1 && name[length - 1] == '.')
		name[--length] = '\0';
	return length > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") == length;
}

/* "[::1]:8080" */
static bool
is_bracketed_literal(char *name)
{
	char *end = strchr(name, ']');

	if (end == NULL || !is_port(end + 1))
		return false;
	*end = '\0';
	return strchr(name, ':') != NULL && address_is_literal(name + 1);
}

static bool
ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length > tail && strcmp(name + length - tail, end) == 0;
}

bool
hosts_have(const struct hosts *hosts, const char *host, size_t length, const char *site)
{
	char name[HOSTS_NAME_MAX + sizeof ":65535" + 1];

	if (length == 0 || strcmp(hosts->allowed, "*") == 0)
		return true;
	if (length >= sizeof name || memchr(host, '\0', length) != NULL)
		return false;
	memcpy(name, host, length);
	name[length] = '\0';
	lower(name);
	if (name[0] == '[')
		return is_bracketed_literal(name);
	if (!cut_port(name))
		return false;
	return strchr(name, '.') == NULL || address_is_literal(name) ||
	    ends_with(name, ".localhost") || word_list_has(hosts->own, name, strlen(name)) ||
	    word_list_has(hosts->allowed, name, strlen(name)) || strcasecmp(name, site) == 0;
}
