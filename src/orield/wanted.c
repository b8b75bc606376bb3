/* SPDX-License-Identifier: ISC */
#include "orield/wanted.h"

#include "protocol/settings.h"

struct capture_settings
wanted_capture(const struct options *options)
{
	return (struct capture_settings){
		.wanted = {
			.kind = options_text(options, SETTING_SOURCE),
			.device = options_text(options, SETTING_DEVICE),
			.input = options_text(options, SETTING_INPUT),
			.width = (uint32_t)options_number(options, SETTING_WIDTH),
			.height = (uint32_t)options_number(options, SETTING_HEIGHT),
			.fps = (uint32_t)options_number(options, SETTING_FPS),
			/* The choices are "auto" and then enum pixel_format in its order. */
			.format = (int)options_number(options, SETTING_FORMAT) - 1,
			.testcard_period_ms = (uint32_t)options_number(options, SETTING_TESTCARD_PERIOD),
			.buffers = (uint32_t)options_number(options, SETTING_BUFFERS),
			.image_most = (uint32_t)options_number(options, SETTING_IMAGE_MB) << 20,
		},
		.slots = (unsigned)options_number(options, SETTING_SLOTS),
		.slot_kb = (unsigned)options_number(options, SETTING_SLOT_KB),
		.ring_most = (uint64_t)options_number(options, SETTING_RING_MB) << 20,
		.encoders = (unsigned)options_number(options, SETTING_ENCODERS),
		.mask = options_text(options, SETTING_MASK),
	};
}

struct capture_tuning
wanted_tuning(const struct options *options)
{
	return (struct capture_tuning){
		.quality = (int)options_number(options, SETTING_QUALITY),
		.motion = options_number(options, SETTING_MOTION) != 0,
		.motion_fps = (unsigned)options_number(options, SETTING_MOTION_FPS),
		.detect = {
			.threshold = (unsigned)options_number(options, SETTING_THRESHOLD),
			.noise = (unsigned)options_number(options, SETTING_NOISE),
			.light_switch = (unsigned)options_number(options, SETTING_LIGHT_SWITCH),
		},
		.spans = {
			.gap_ms = (unsigned)options_number(options, SETTING_MOTION_GAP),
			.pictures = (unsigned)options_number(options, SETTING_MOTION_MIN),
			.cooldown_ms = (unsigned)options_number(options, SETTING_COOLDOWN),
		},
	};
}

struct store_limits
wanted_limits(const struct options *options)
{
	return (struct store_limits){
		.quota_bytes = (uint64_t)options_number(options, SETTING_QUOTA_MB) << 20,
		.quota_files = (uint64_t)options_number(options, SETTING_QUOTA_FILES),
		.keep_free = (unsigned)options_number(options, SETTING_KEEP_FREE),
		.keep_days = {
			[STORE_CAUSE_MOTION] = (unsigned)options_number(options, SETTING_KEEP_DAYS_MOTION),
			[STORE_CAUSE_MANUAL] = (unsigned)options_number(options, SETTING_KEEP_DAYS_MANUAL),
			[STORE_CAUSE_ALWAYS] = (unsigned)options_number(options, SETTING_KEEP_DAYS_ALWAYS),
		},
	};
}
