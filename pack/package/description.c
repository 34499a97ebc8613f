// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/description.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/package/start_config.h"

static int wrong(struct error *err, const char *what, const char *name)
{
	return error_set(err, -EBADMSG, "sfc/package.json: %.60s %s", name, what);
}

void description_release(struct description *description)
{
	for (size_t i = 0; i < description->parts.count; i++)
		free(description->parts.items[i].path);
	array_release(&description->parts);
	free(description->name);
	free(description->version);
	free(description->uuid);
	*description = (struct description){0};
}

static int take_text(const json_t *json, const char *key, char **ret_text, struct error *err)
{
	const json_t *value = json_object_get(json, key);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return wrong(err, "is not a string", key);
	*ret_text = strdup(json_string_value(value));
	return *ret_text ? 0 : error_oom(err);
}

static int take_part(struct description *description, const char *path, const json_t *json,
		     struct error *err)
{
	const json_t *size = json_object_get(json, "size");
	const json_t *sha256 = json_object_get(json, "sha256");
	const char *hex = json_string_value(sha256);
	struct description_part part = {0};

	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return wrong(err, "has no size", path);
	if (!hex || strlen(hex) != sizeof(part.sha256) - 1 ||
	    strspn(hex, "0123456789abcdef") != sizeof(part.sha256) - 1)
		return wrong(err, "has no SHA-256", path);
	part.size = (uint64_t)json_integer_value(size);
	memcpy(part.sha256, hex, sizeof(part.sha256));
	part.path = strdup(path);
	if (!part.path || array_push(&description->parts, part) < 0) {
		free(part.path);
		return error_oom(err);
	}
	return 0;
}

static int take_parts(struct description *description, const json_t *json, struct error *err)
{
	const char *path;
	json_t *part;
	int r = 0;

	if (json && !json_is_object(json))
		return wrong(err, "is not an object", "parts");
	json_object_foreach((json_t *)json, path, part)
		if (r == 0)
			r = take_part(description, path, part, err);
	return r;
}

int description_parse(const char *data, size_t size, struct description *description,
		      struct error *err)
{
	json_auto_t *json = NULL;
	int r = json_read(data, size, START_CONFIG_MAX, &json, err);

	if (r < 0)
		return error_prefix(err, r, "sfc/package.json");
	r = take_text(json, "name", &description->name, err);
	if (r == 0)
		r = take_text(json, "version", &description->version, err);
	if (r == 0)
		r = take_text(json, "uuid", &description->uuid, err);
	return r < 0 ? r : take_parts(description, json_object_get(json, "parts"), err);
}
