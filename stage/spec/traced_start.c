// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/traced_start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"

char *traced_image_name(const char *image, const char *suffix)
{
	const char *colon = strrchr(image, ':');
	char *name = NULL;

	if (strchr(image, '@'))
		return NULL;
	return asprintf(&name, "%s%c%s", image, colon && !strchr(colon, '/') ? '-' : ':', suffix) < 0 ? NULL : name;
}

const char *traced_service_image(const json_t *service, const char **ret_why)
{
	const char *image = json_text(service, "image");

	*ret_why = !json_is_object(service) ? "it is no mapping"
		   : !image ? "it has no image: name; give what is built one"
		   : strchr(image, '@') ? "its image is a digest; name a tag"
		   : strchr(image, '$') ? "its image is a variable, and there is no docker compose here to tell its value"
					: NULL;
	return *ret_why ? NULL : image;
}
