/* SPDX-License-Identifier: ISC */
/* hosts: which names may a browser use for this site?
 *
 * A page of evil.example can make its name point here from one moment to the next (DNS rebinding).
 * The browser then takes us for that page's own server: cookies and Origin do not help, and where
 * nobody has to log in the page may do anything. Only the name in the browser's Host tells.
 *
 * Good names are: IP addresses; "localhost" and what ends in ".localhost"; names without a dot,
 * which nobody can own in public DNS; the machine's own names: its host name alone, in the
 * domains that homes use (.local, .lan, …), and in those of resolv.conf(5) and hosts(5). And
 * what the administrator allows. Nothing is looked up in DNS: that could take 13 s. */
#ifndef ORIEL_BASE_HOSTS_H
#define ORIEL_BASE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/options.h"

enum { HOSTS_NAME_MAX = 253 }; /* RFC 1035 section 2.3.4, as text */

struct hosts {
	char own[2048];			/* lower case, separated by spaces */
	char allowed[OPTION_TEXT_SIZE]; /* the same; "*": any */
};

/* `host_name`: from gethostname(2). `allowed`: the option allow_hosts. `etc`: the folder with
 * `hosts` and `resolv.conf`, "/etc"; a file that cannot be read adds nothing. */
void hosts_init(struct hosts *hosts, const char *host_name, const char *allowed, const char *etc);

/* The same for this machine. */
void hosts_init_here(struct hosts *hosts, const char *allowed);

/* Is `host` (a Host header of `length` bytes, with or without a port) one of them, or `site`
 * (nginx's server_name)? True also for an empty `host`: no browser sends that. */
bool hosts_have(const struct hosts *hosts, const char *host, size_t length, const char *site);

#endif
