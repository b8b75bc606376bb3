/* SPDX-License-Identifier: ISC */
#include "uvc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

enum { CONTROL_INTERFACE, STREAM_INTERFACE };
enum { CAMERA_TERMINAL = 1, PROCESSING_UNIT, OUTPUT_TERMINAL };
enum {
	VIDEO_ENDPOINT = USB_DIR_IN | 1,
	BULK_PACKET = 512,
	PAYLOAD = 32 * BULK_PACKET,
	CLOCK = 48000000
};
enum { ERROR_NONE, ERROR_WRONG_STATE = 2, ERROR_OUT_OF_RANGE = 4, ERROR_INVALID_CONTROL = 6 };

/* Controls */

struct control {
	const char *name;
	uint8_t entity, selector, size;
	int32_t min, max, step, initial;
};

enum { AUTO_EXPOSURE, EXPOSURE_TIME, WHITE_BALANCE_AUTO, WHITE_BALANCE };
enum { EXPOSURE_MANUAL = 1, EXPOSURE_APERTURE_PRIORITY = 8 }; /* UVC 1.1, 4.2.2.1.2 */

static const struct control controls[UVC_CONTROLS] = {
	[AUTO_EXPOSURE] = { "auto_exposure", CAMERA_TERMINAL, UVC_CT_AE_MODE_CONTROL, 1, 1, 8,
	    EXPOSURE_MANUAL | EXPOSURE_APERTURE_PRIORITY, EXPOSURE_APERTURE_PRIORITY },
	[EXPOSURE_TIME] = { "exposure_time", CAMERA_TERMINAL, UVC_CT_EXPOSURE_TIME_ABSOLUTE_CONTROL,
	    4, 3, 2047, 1, 250 },
	[WHITE_BALANCE_AUTO] = { "white_balance_auto", PROCESSING_UNIT,
	    UVC_PU_WHITE_BALANCE_TEMPERATURE_AUTO_CONTROL, 1, 0, 1, 1, 1 },
	[WHITE_BALANCE] = { "white_balance", PROCESSING_UNIT,
	    UVC_PU_WHITE_BALANCE_TEMPERATURE_CONTROL, 2, 2800, 6500, 10, 4600 },
	{ "brightness", PROCESSING_UNIT, UVC_PU_BRIGHTNESS_CONTROL, 2, -64, 64, 1, 0 },
	{ "contrast", PROCESSING_UNIT, UVC_PU_CONTRAST_CONTROL, 2, 0, 64, 1, 32 },
	{ "saturation", PROCESSING_UNIT, UVC_PU_SATURATION_CONTROL, 2, 0, 128, 1, 64 },
	{ "gain", PROCESSING_UNIT, UVC_PU_GAIN_CONTROL, 2, 0, 100, 4, 0 },
	{ "sharpness", PROCESSING_UNIT, UVC_PU_SHARPNESS_CONTROL, 2, 0, 6, 1, 3 },
	{ "power_line", PROCESSING_UNIT, UVC_PU_POWER_LINE_FREQUENCY_CONTROL, 1, 0, 2, 1, 1 },
	{ "backlight", PROCESSING_UNIT, UVC_PU_BACKLIGHT_COMPENSATION_CONTROL, 2, 0, 2, 1, 1 },
};

/* Bits of bmControls: UVC 1.1, tables 3-6 and 3-8. */
enum {
	TERMINAL_CONTROLS = 1 << 1 | 1 << 3,
	UNIT_CONTROLS = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 9 | 1 << 10 |
	    1 << 12,
};

static void
put(uint8_t *data, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		data[i] = value >> 8 * i;
}

static uint32_t
get(const uint8_t *data, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint32_t)data[i] << 8 * i;
	return value;
}

static int
refuse(struct uvc *uvc, uint8_t error)
{
	uvc->error = error;
	return -1;
}

static int
control_set(struct uvc *uvc, unsigned which, const uint8_t *data)
{
	const struct control *control = &controls[which];
	int32_t value = get(data, control->size);

	if (control->min < 0 && control->size == 2)
		value = (int16_t)value;
	if (value < control->min || value > control->max)
		return refuse(uvc, ERROR_OUT_OF_RANGE);
	if ((which == EXPOSURE_TIME && uvc->controls[AUTO_EXPOSURE] != EXPOSURE_MANUAL) ||
	    (which == WHITE_BALANCE && uvc->controls[WHITE_BALANCE_AUTO] != 0))
		return refuse(uvc, ERROR_WRONG_STATE);
	uvc->controls[which] = value;
	printf("set %s %d\n", control->name, value);
	return 0;
}

static int
control_answer(struct uvc *uvc, unsigned which, const struct uvc_request *request, uint8_t *data)
{
	const struct control *control = &controls[which];
	enum { CAN_GET = 1, CAN_SET = 2 };

	switch (request->request) {
	case UVC_SET_CUR: return control_set(uvc, which, data);
	case UVC_GET_LEN: put(data, control->size, 2); return 2;
	case UVC_GET_INFO: data[0] = CAN_GET | CAN_SET; return 1;
	case UVC_GET_CUR: put(data, uvc->controls[which], control->size); break;
	case UVC_GET_MIN: put(data, control->min, control->size); break;
	case UVC_GET_MAX: put(data, control->max, control->size); break;
	case UVC_GET_RES: put(data, control->step, control->size); break;
	case UVC_GET_DEF: put(data, control->initial, control->size); break;
	default: return refuse(uvc, ERROR_INVALID_CONTROL);
	}
	return control->size;
}

static int
control_request(struct uvc *uvc, const struct uvc_request *request, uint8_t *data)
{
	uint8_t entity = request->index >> 8, selector = request->value >> 8;

	if (entity == 0 && selector == UVC_VC_REQUEST_ERROR_CODE_CONTROL) {
		data[0] = request->request == UVC_GET_INFO ? 1 : uvc->error;
		return 1;
	}
	uvc->error = ERROR_NONE;
	for (unsigned i = 0; i < UVC_CONTROLS; i++)
		if (controls[i].entity == entity && controls[i].selector == selector)
			return control_answer(uvc, i, request, data);
	return refuse(uvc, ERROR_INVALID_CONTROL);
}

/* Probe and commit: UVC 1.1, 4.3.1.1 */

static uint32_t
frame_size(const struct uvc_mode *mode)
{
	return mode->width * mode->height * 2;
}

static void
probe_fill(uint8_t *probe, unsigned format, unsigned frame, const struct uvc_mode *mode)
{
	memset(probe, 0, UVC_PROBE_SIZE);
	put(probe, 1, 2); /* bmHint: the interval stays */
	probe[2] = format + 1;
	probe[3] = frame + 1;
	put(probe + 4, mode->interval, 4);
	put(probe + 18, frame_size(mode), 4);
	put(probe + 22, PAYLOAD, 4);
	put(probe + 26, CLOCK, 4);
	probe[30] = 3; /* bmFramingInfo: frame ID and end of frame */
}

static uint32_t
interval_nearest(const struct uvc *uvc, uint32_t wanted)
{
	uint32_t best = uvc->intervals[0];

	for (unsigned i = 1; i < uvc->rate_count; i++)
		if (labs((long)uvc->intervals[i] - wanted) < labs((long)best - wanted))
			best = uvc->intervals[i];
	return best;
}

/* What the camera makes of a wish; `mode` may be NULL. */
static void
probe_settle(struct uvc *uvc, const uint8_t *wish, struct uvc_mode *mode)
{
	unsigned format = wish[2] - 1u < uvc->format_count ? wish[2] - 1 : 0;
	const struct uvc_format *row = &uvc->formats[format];
	unsigned frame = wish[3] - 1u < row->count ? wish[3] - 1 : 0;
	struct uvc_mode settled = { row->format, row->width[frame], row->height[frame],
		interval_nearest(uvc, get(wish + 4, 4)) };

	probe_fill(uvc->probe, format, frame, &settled);
	if (mode != NULL)
		*mode = settled;
}

static int
stream_request(struct uvc *uvc, const struct uvc_request *request, uint8_t *data)
{
	static const uint8_t first[UVC_PROBE_SIZE];
	bool commit = request->value >> 8 == UVC_VS_COMMIT_CONTROL;

	if (!commit && request->value >> 8 != UVC_VS_PROBE_CONTROL)
		return -1;
	switch (request->request) {
	case UVC_SET_CUR:
		probe_settle(uvc, data, commit ? &uvc->mode : NULL);
		if (commit)
			uvc->change = UVC_STREAM_ON;
		return 0;
	case UVC_GET_LEN: put(data, UVC_PROBE_SIZE, 2); return 2;
	case UVC_GET_INFO: data[0] = 3; return 1;
	case UVC_GET_MIN:
	case UVC_GET_MAX:
	case UVC_GET_DEF:
		probe_settle(uvc, first, NULL);
		/* fall through */
	case UVC_GET_CUR: memcpy(data, uvc->probe, UVC_PROBE_SIZE); return UVC_PROBE_SIZE;
	default: return -1;
	}
}

/* Descriptors: USB 2.0, 9.6, and UVC 1.1, 3 */

struct writer {
	uint8_t *data;
	unsigned length;
};

/* Every descriptor begins with its length. */
#define DESCRIPTOR(writer, ...) \
	descriptor_add(writer, (const uint8_t[]){ __VA_ARGS__ }, sizeof(uint8_t[]){ __VA_ARGS__ })
#define LE16(n) (uint8_t)(n), (uint8_t)((n) >> 8)
#define LE24(n) LE16(n), (uint8_t)((n) >> 16)
#define LE32(n) LE24(n), (uint8_t)((n) >> 24)

static void
descriptor_add(struct writer *writer, const uint8_t *body, unsigned size)
{
	writer->data[writer->length] = size + 1;
	memcpy(writer->data + writer->length + 1, body, size);
	writer->length += size + 1;
}

static void
descriptor_control(struct writer *writer)
{
	unsigned units = writer->length;

	DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VC_HEADER, LE16(0x0110), LE16(0), LE32(CLOCK),
	    1, STREAM_INTERFACE);
	DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VC_INPUT_TERMINAL, CAMERA_TERMINAL,
	    LE16(UVC_ITT_CAMERA), 0, 0, LE16(0), LE16(0), LE16(0), 3, LE24(TERMINAL_CONTROLS));
	DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VC_PROCESSING_UNIT, PROCESSING_UNIT,
	    CAMERA_TERMINAL, LE16(0), 3, LE24(UNIT_CONTROLS), 0, 0);
	DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VC_OUTPUT_TERMINAL, OUTPUT_TERMINAL,
	    LE16(UVC_TT_STREAMING), 0, PROCESSING_UNIT, 0);
	put(writer->data + units + 5, writer->length - units, 2);
}

static void
descriptor_frame(
    struct writer *writer, const struct uvc *uvc, const struct uvc_format *format, unsigned frame)
{
	const struct uvc_mode mode = { .width = format->width[frame],
		.height = format->height[frame] };
	uint8_t type = format->format == SCENE_MJPEG ? UVC_VS_FRAME_MJPEG
						     : UVC_VS_FRAME_UNCOMPRESSED;
	uint32_t size = frame_size(&mode);
	unsigned start = writer->length;

	DESCRIPTOR(writer, USB_DT_CS_INTERFACE, type, frame + 1, 0, LE16(mode.width),
	    LE16(mode.height), LE32(size), LE32(size * 240), LE32(size), LE32(uvc->intervals[0]),
	    uvc->rate_count);
	for (unsigned i = 0; i < uvc->rate_count; i++, writer->length += 4)
		put(writer->data + writer->length, uvc->intervals[i], 4);
	writer->data[start] = writer->length - start;
}

static void
descriptor_format(struct writer *writer, const struct uvc *uvc, unsigned which)
{
	enum { SRGB = 1, BT709 = 1, SMPTE170M = 4 };
	const struct uvc_format *format = &uvc->formats[which];

	if (format->format == SCENE_MJPEG)
		DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VS_FORMAT_MJPEG, which + 1,
		    format->count, 1, 1, 0, 0, 0, 0);
	else
		DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VS_FORMAT_UNCOMPRESSED, which + 1,
		    format->count, 'Y', 'U', 'Y', '2', 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00,
		    0xaa, 0x00, 0x38, 0x9b, 0x71, 16, 1, 0, 0, 0, 0);
	for (unsigned i = 0; i < format->count; i++)
		descriptor_frame(writer, uvc, format, i);
	DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VS_COLORFORMAT, SRGB, BT709, SMPTE170M);
}

static void
descriptor_stream(struct writer *writer, const struct uvc *uvc)
{
	unsigned formats = writer->length;

	if (uvc->format_count == 1)
		DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VS_INPUT_HEADER, 1, LE16(0),
		    VIDEO_ENDPOINT, 0, OUTPUT_TERMINAL, 0, 0, 0, 1, 0);
	else
		DESCRIPTOR(writer, USB_DT_CS_INTERFACE, UVC_VS_INPUT_HEADER, 2, LE16(0),
		    VIDEO_ENDPOINT, 0, OUTPUT_TERMINAL, 0, 0, 0, 1, 0, 0);
	for (unsigned i = 0; i < uvc->format_count; i++)
		descriptor_format(writer, uvc, i);
	put(writer->data + formats + 4, writer->length - formats, 2);
}

static unsigned
descriptor_configuration(const struct uvc *uvc, uint8_t *data)
{
	struct writer writer = { data, 0 };

	DESCRIPTOR(&writer, USB_DT_CONFIG, LE16(0), 2, 1, 0, USB_CONFIG_ATT_ONE, 250);
	DESCRIPTOR(&writer, USB_DT_INTERFACE_ASSOCIATION, CONTROL_INTERFACE, 2, USB_CLASS_VIDEO,
	    UVC_SC_VIDEO_INTERFACE_COLLECTION, 0, 2);
	DESCRIPTOR(&writer, USB_DT_INTERFACE, CONTROL_INTERFACE, 0, 0, USB_CLASS_VIDEO,
	    UVC_SC_VIDEOCONTROL, 0, 2);
	descriptor_control(&writer);
	DESCRIPTOR(&writer, USB_DT_INTERFACE, STREAM_INTERFACE, 0, 1, USB_CLASS_VIDEO,
	    UVC_SC_VIDEOSTREAMING, 0, 0);
	descriptor_stream(&writer, uvc);
	DESCRIPTOR(
	    &writer, USB_DT_ENDPOINT, VIDEO_ENDPOINT, USB_ENDPOINT_XFER_BULK, LE16(BULK_PACKET), 0);
	put(data + 2, writer.length, 2);
	return writer.length;
}

static unsigned
descriptor_string(const struct uvc *uvc, unsigned which, uint8_t *data)
{
	struct writer writer = { data, 0 };
	const char *text = which == 0 ? "\x09\x04" : uvc->strings[which]; /* 0: US English */

	DESCRIPTOR(&writer, USB_DT_STRING);
	for (const char *c = text; *c != '\0' && writer.length < 250; c++) {
		data[writer.length++] = *c;
		if (which != 0)
			data[writer.length++] = 0;
	}
	data[0] = writer.length;
	return writer.length;
}

static int
descriptor_request(const struct uvc *uvc, const struct uvc_request *request, uint8_t *data)
{
	struct writer writer = { data, 0 };
	unsigned which = request->value & 0xff;

	switch (request->value >> 8) {
	case USB_DT_DEVICE:
		/* 1d6b:0102: the Linux Foundation's webcam gadget */
		DESCRIPTOR(&writer, USB_DT_DEVICE, LE16(0x0200), USB_CLASS_MISC, 2, 1, 64,
		    LE16(0x1d6b), LE16(0x0102), LE16(0x0100), 1, 2, 3, 1);
		return writer.length;
	case USB_DT_CONFIG: return descriptor_configuration(uvc, data);
	case USB_DT_STRING: return which < 4 ? (int)descriptor_string(uvc, which, data) : -1;
	default: return -1;
	}
}

/* Requests */

static int
standard_request(struct uvc *uvc, const struct uvc_request *request, uint8_t *data)
{
	switch (request->request) {
	case USB_REQ_GET_DESCRIPTOR: return descriptor_request(uvc, request, data);
	case USB_REQ_SET_CONFIGURATION: uvc->configuration = request->value; return 0;
	case USB_REQ_GET_CONFIGURATION: data[0] = uvc->configuration; return 1;
	case USB_REQ_GET_STATUS: put(data, 0, 2); return 2;
	case USB_REQ_CLEAR_FEATURE:
		/* A bulk camera learns in no other way that the stream is over. */
		if (request->index == VIDEO_ENDPOINT)
			uvc->change = UVC_STREAM_OFF;
		return 0;
	case USB_REQ_SET_FEATURE:
	case USB_REQ_SET_INTERFACE: return 0;
	default: return -1;
	}
}

int
uvc_control(struct uvc *uvc, const struct uvc_request *request, uint8_t *data)
{
	int length;

	if ((request->type & USB_TYPE_MASK) == USB_TYPE_STANDARD)
		length = standard_request(uvc, request, data);
	else if ((request->index & 0xff) == STREAM_INTERFACE)
		length = stream_request(uvc, request, data);
	else
		length = control_request(uvc, request, data);
	if (length < 0)
		return -1;
	if (!(request->type & UVC_IN) || length > request->length)
		return request->length;
	return length;
}

enum uvc_change
uvc_take_change(struct uvc *uvc)
{
	enum uvc_change change = uvc->change;

	uvc->change = UVC_NO_CHANGE;
	return change;
}

/* Beginning */

static bool
sizes_read(struct uvc *uvc, enum scene_format which, const char *list)
{
	struct uvc_format *format = &uvc->formats[uvc->format_count];
	int used = 0;

	if (*list == '\0')
		return true;
	format->format = which;
	uvc->format_count++;
	for (; *list != '\0'; list += used) {
		unsigned width, height;

		if (format->count == UVC_SIZES ||
		    sscanf(list, "%4ux%4u%n", &width, &height, &used) != 2 || width < 16 ||
		    height < 16)
			return false;
		format->width[format->count] = width;
		format->height[format->count++] = height;
		used += list[used] == ',';
	}
	return true;
}

static bool
rates_read(struct uvc *uvc, const char *list)
{
	int used = 0;

	for (; *list != '\0'; list += used) {
		unsigned rate;

		if (uvc->rate_count == UVC_SIZES || sscanf(list, "%3u%n", &rate, &used) != 1 ||
		    rate < 1 || rate > 120)
			return false;
		uvc->intervals[uvc->rate_count++] = 10000000 / rate;
		used += list[used] == ',';
	}
	return uvc->rate_count > 0;
}

bool
uvc_init(struct uvc *uvc, const char *mjpeg, const char *yuyv, const char *rates,
    const char *product, const char *serial)
{
	static const uint8_t first[UVC_PROBE_SIZE];

	*uvc = (struct uvc){ .strings = { "", "Oriel", product, serial } };
	for (unsigned i = 0; i < UVC_CONTROLS; i++)
		uvc->controls[i] = controls[i].initial;
	if (!sizes_read(uvc, SCENE_MJPEG, mjpeg) || !sizes_read(uvc, SCENE_YUYV, yuyv) ||
	    !rates_read(uvc, rates) || uvc->format_count == 0)
		return false;
	probe_settle(uvc, first, &uvc->mode);
	return true;
}
