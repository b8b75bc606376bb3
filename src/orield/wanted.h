/* SPDX-License-Identifier: ISC */
/* wanted: the options, as settings for capture and store. Strings are borrowed from the options. */
#ifndef ORIEL_ORIELD_WANTED_H
#define ORIEL_ORIELD_WANTED_H

#include "base/options.h"
#include "capture/capture.h"
#include "store/store.h"

struct capture_settings wanted_capture(const struct options *options);
struct capture_tuning wanted_tuning(const struct options *options);
struct store_limits wanted_limits(const struct options *options);

#endif
