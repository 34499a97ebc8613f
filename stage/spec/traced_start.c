// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/traced_start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"

char *traced_image_name(const char *image)
{
	const char *colon = strrchr(image, ':');
	char *name = NULL;

	if (strchr(image, '@'))
		return NULL;
	return asprintf(&name, "%s%ctraced", image, colon && !strchr(colon, '/') ? '-' : ':') < 0 ? NULL : name;
}
