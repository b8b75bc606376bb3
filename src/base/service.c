/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/service.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

void
service_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void
service_status(const char *status)
{
	sd_notifyf(0, "STATUS=%s", status);
}

void
service_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void
service_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}

uint64_t
service_watchdog_ns(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec * 1000 / 2 : 0;
}
#else
void
service_ready(const char *status)
{
	(void)status;
}

void
service_status(const char *status)
{
	(void)status;
}

void
service_stopping(void)
{
}

void
service_watchdog(void)
{
}

uint64_t
service_watchdog_ns(void)
{
	return 0;
}
#endif
