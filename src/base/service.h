/* SPDX-License-Identifier: ISC */
/* service: what we tell systemd (sd_notify(3)). Without systemd nothing happens. */
#ifndef ORIEL_BASE_SERVICE_H
#define ORIEL_BASE_SERVICE_H

#include <stdint.h>

void service_ready(const char *status); /* READY=1, and a line for `systemctl status` */
void service_status(const char *status);
void service_stopping(void);
void service_watchdog(void); /* WATCHDOG=1: still alive */

/* How often service_watchdog() is due: half of WatchdogSec; 0 = never asked for. */
uint64_t service_watchdog_ns(void);

#endif
