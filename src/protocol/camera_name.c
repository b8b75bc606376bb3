/* SPDX-License-Identifier: ISC */
#include "protocol/camera_name.h"

#include <string.h>

bool
camera_name_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return length > 0 && length <= CAMERA_NAME_MAX && name[length] == '\0' && name[0] != '_' &&
	    name[0] != '-';
}
