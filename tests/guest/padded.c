/* SPDX-License-Identifier: ISC */
/* Preloaded: asks drivers for lines 64 bytes longer than the picture needs, as the drivers of
 * many boards have them. */
#include <linux/videodev2.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PADDING = 64 };

int ioctl(int fd, unsigned long request, ...);

int
ioctl(int fd, unsigned long request, ...)
{
	struct v4l2_format *format;
	va_list args;
	int result;

	va_start(args, request);
	format = va_arg(args, void *);
	va_end(args);
	result = (int)syscall(SYS_ioctl, fd, request, format);
	if (request != VIDIOC_S_FMT || result != 0)
		return result;
	format->fmt.pix.bytesperline += PADDING;
	return (int)syscall(SYS_ioctl, fd, request, format);
}
