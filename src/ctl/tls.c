/* SPDX-License-Identifier: ISC */
/* orielctl tls self-signed: a key and a certificate for a network without names
 * that a public authority would vouch for. Made by the openssl program. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/run.h"

enum { NAMES_MAX = 32, NAME_SIZE = 254, PATH_SIZE = 512 };

/* certbot's file names, so that the site only needs another folder. */
#define KEY "privkey.pem"
#define CERTIFICATE "fullchain.pem"

/* Browsers refuse a certificate with a longer life (CA/Browser Forum ballot 193). */
#define DAYS "825"

struct certificate {
	const struct ctl *ctl;
	const char *folder;
	bool force;
	size_t count;
	char names[NAMES_MAX][NAME_SIZE]; /* host names and addresses */
};

/* ---- which names ----------------------------------------------------- */

static bool
is_address(const char *name)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* RFC 952 and RFC 1123 section 2.1, and a star for the first label. */
static bool
is_host_name(const char *name)
{
	const char *rest = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

	return rest[0] != '\0' && rest[0] != '-' && rest[0] != '.' && strlen(name) < NAME_SIZE &&
	    strspn(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
	    strlen(rest);
}

static bool
add_name(struct certificate *certificate, const char *name)
{
	if (!is_address(name) && !is_host_name(name))
		return false;
	for (size_t i = 0; i < certificate->count; i++)
		if (strcmp(certificate->names[i], name) == 0)
			return true;
	if (certificate->count == NAMES_MAX)
		return false;
	snprintf(certificate->names[certificate->count++], NAME_SIZE, "%s", name);
	return true;
}

/* Link-local IPv6 addresses need a scope that no certificate can name. */
static bool
is_reachable(const struct ifaddrs *at)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)at->ifa_addr;

	if (at->ifa_addr == NULL || (at->ifa_flags & IFF_UP) == 0)
		return false;
	return at->ifa_addr->sa_family == AF_INET ||
	    (at->ifa_addr->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr));
}

static void
add_addresses(struct certificate *certificate)
{
	struct ifaddrs *all, *at;
	char text[NI_MAXHOST];

	if (getifaddrs(&all) == -1)
		return;
	for (at = all; at != NULL; at = at->ifa_next) {
		socklen_t size = at->ifa_addr != NULL && at->ifa_addr->sa_family == AF_INET6
		    ? sizeof(struct sockaddr_in6)
		    : sizeof(struct sockaddr_in);

		if (is_reachable(at) &&
		    getnameinfo(at->ifa_addr, size, text, sizeof text, NULL, 0, NI_NUMERICHOST) ==
			0)
			add_name(certificate, text);
	}
	freeifaddrs(all);
}

/* The names that people on this network may type. */
static void
add_own_names(struct certificate *certificate)
{
	char host[HOST_NAME_MAX + 1] = "", local[HOST_NAME_MAX + 8];

	gethostname(host, sizeof host - 1);
	add_name(certificate, host);
	snprintf(local, sizeof local, "%s.local", host); /* mDNS, RFC 6762 */
	if (strchr(host, '.') == NULL)
		add_name(certificate, local);
	add_name(certificate, "localhost");
	add_addresses(certificate);
}

/* ---- making it ------------------------------------------------------- */

/* add_name() has checked all names: none can mean anything else in this file. */
static bool
write_request(const struct certificate *certificate, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size,
	    "[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=more\n"
	    "[name]\nCN=%.64s\n[more]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
	    "extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nsubjectAltName=",
	    certificate->names[0]);

	for (size_t i = 0; i < certificate->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s:%s", i > 0 ? "," : "",
		    is_address(certificate->names[i]) ? "IP" : "DNS", certificate->names[i]);
	if (used < size)
		used += (size_t)snprintf(text + used, size - used, "\n");
	return used < size;
}

/* Run it; a failure has been printed. */
static int
openssl(const struct certificate *certificate, char *const argv[], const char *input, char **output)
{
	int status;

	*output = run_program(argv, input, &status);
	if (*output != NULL && status == 0)
		return CTL_OK;
	if (status == RUN_MISSING)
		ctl_fail(certificate->ctl, CTL_REFUSED,
		    "there is no openssl program: apt-get install openssl");
	else
		ctl_fail(certificate->ctl, CTL_REFUSED, "openssl: %s",
		    *output != NULL ? run_last_line(*output) : "cannot be run");
	free(*output);
	*output = NULL;
	return CTL_REFUSED;
}

static int
make_pair(const struct certificate *certificate, const char *key, const char *chain)
{
	char *const argv[] = { (char *)"openssl", (char *)"req", (char *)"-x509", (char *)"-newkey",
		(char *)"ec", (char *)"-pkeyopt", (char *)"ec_paramgen_curve:P-256",
		(char *)"-nodes", (char *)"-sha256", (char *)"-days", (char *)DAYS,
		(char *)"-config", (char *)"/dev/stdin", (char *)"-keyout", (char *)key,
		(char *)"-out", (char *)chain, NULL };
	char request[RUN_INPUT_MAX], *output;
	int status;

	if (!write_request(certificate, request, sizeof request))
		return ctl_fail(certificate->ctl, CTL_USAGE, "too many names");
	status = openssl(certificate, argv, request, &output);
	free(output);
	return status;
}

/* Write both under other names first: nginx may be reading the present ones. */
static int
put_pair(const struct certificate *certificate)
{
	static const char *const names[] = { KEY, CERTIFICATE };
	char made[2][PATH_SIZE], wanted[2][PATH_SIZE];
	int status;

	for (int i = 0; i < 2; i++) {
		snprintf(wanted[i], PATH_SIZE, "%s/%s", certificate->folder, names[i]);
		snprintf(made[i], PATH_SIZE, "%s/%s.new", certificate->folder, names[i]);
		if (!certificate->force && access(wanted[i], F_OK) == 0)
			return ctl_fail(certificate->ctl, CTL_REFUSED,
			    "%s is there already (--force replaces it)", wanted[i]);
	}
	status = make_pair(certificate, made[0], made[1]);
	for (int i = 0; i < 2 && status == CTL_OK; i++)
		if (chmod(made[i], i == 0 ? 0600 : 0644) == -1 || rename(made[i], wanted[i]) == -1)
			status = ctl_fail(
			    certificate->ctl, CTL_REFUSED, "%s: %s", wanted[i], strerror(errno));
	for (int i = 0; i < 2 && status != CTL_OK; i++)
		unlink(made[i]);
	return status;
}

/* The fingerprint that the browser shows, to compare. */
static int
tell(const struct certificate *certificate)
{
	char path[PATH_SIZE], *output;
	char *const argv[] = { (char *)"openssl", (char *)"x509", (char *)"-noout",
		(char *)"-fingerprint", (char *)"-sha256", (char *)"-in", path, NULL };
	json_t *reply, *names = json_array();
	const char *print;
	int status;

	snprintf(path, sizeof path, "%s/%s", certificate->folder, CERTIFICATE);
	status = openssl(certificate, argv, "", &output);
	if (status != CTL_OK) {
		json_decref(names);
		return status;
	}
	print = run_last_line(output);
	print = strchr(print, '=') != NULL ? strchr(print, '=') + 1 : print;
	for (size_t i = 0; i < certificate->count; i++)
		json_array_append_new(names, json_words(certificate->names[i]));
	reply = json_pack("{s:b, s:o, s:s, s:o}", "ok", 1, "certificate", json_words(path),
	    "sha256", print, "names", names);
	if (certificate->ctl->json) {
		ctl_print(reply);
	} else {
		printf("%s, for " DAYS " days, for", path);
		for (size_t i = 0; i < certificate->count; i++)
			printf(" %s", certificate->names[i]);
		printf("\nits SHA-256 fingerprint, to compare with what the browser shows:\n%s\n",
		    print);
	}
	json_decref(reply);
	free(output);
	return CTL_OK;
}

static bool
parse(struct certificate *certificate, int argc, char **argv)
{
	static const struct option names[] = {
		{ .name = "force", .has_arg = no_argument, .val = 'f' }, { .name = NULL }
	};
	int option;

	if (argc < 2 || strcmp(argv[1], "self-signed") != 0)
		return false;
	optind = 0;
	while ((option = getopt_long(argc - 1, argv + 1, "", names, NULL)) != -1) {
		if (option == '?')
			return false;
		certificate->force = true;
	}
	argv += 1 + optind;
	if (*argv == NULL || strlen(*argv) > PATH_SIZE - sizeof CERTIFICATE ".new/")
		return false;
	certificate->folder = *argv++;
	for (; *argv != NULL; argv++)
		if (!add_name(certificate, *argv))
			return false;
	if (certificate->count == 0)
		add_own_names(certificate);
	return true;
}

int
ctl_tls(struct ctl *ctl, int argc, char **argv)
{
	static struct certificate certificate;
	int status;

	certificate.ctl = ctl;
	if (!parse(&certificate, argc, argv))
		return ctl_usage(argv[0]);
	if (mkdir(certificate.folder, 0700) == -1 && errno != EEXIST)
		return ctl_fail(ctl, CTL_REFUSED, "%s: %s", certificate.folder, strerror(errno));
	umask(0077);
	status = put_pair(&certificate);
	return status == CTL_OK ? tell(&certificate) : status;
}
