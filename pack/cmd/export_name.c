// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/export_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/oci/store.h"
#include "pack/oci/write.h"

/* "/srv/My App.sfc" → "my-app": what an image can be called. The caller frees. */
static char *name_of(const char *path)
{
	_cleanup_(freep) char *whole = realpath(path, NULL);
	char *name = strdup(whole ? path_name(whole) : "");
	char *dot = name ? strrchr(name, '.') : NULL;

	if (dot && dot != name)
		*dot = '\0';
	for (char *c = name; c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c |= 0x20;
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._", *c))
			*c = '-';
	}
	if (name && strspn(name, "-._") == strlen(name)) {
		free(name);
		name = strdup("root");
	}
	return name;
}

char *export_name(const char *source, const struct reference *reference)
{
	_cleanup_(freep) char *own = NULL;
	char *name = NULL;

	if (reference->transport == REFERENCE_FILE || !reference->name)
		return name_of(source);
	if (reference->transport != REFERENCE_OCI)
		return strdup(*reference->name == '[' ? strchr(reference->name, ']') + 1 : reference->name);
	own = name_of(source);
	return !own || asprintf(&name, "%s:%s", own, reference->name) < 0 ? NULL : name;
}

int export_name_take_image(void *target, const char *value, struct error *err)
{
	const char *at = strchr(value, '@');
	_cleanup_(freep) char *name = strndup(value, at ? (size_t)(at - value) : strlen(value));

	if (!name)
		return error_oom(err);
	if (oci_name_check(name, NULL) < 0 || (at && oci_digest_check(at + 1, NULL) < 0))
		return -EINVAL;
	return option_string(target, value, err);
}
