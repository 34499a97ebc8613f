// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/slim_config.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"

bool slim_config_names_user(const json_t *config)
{
	const char *user = json_text(json_object_get(config, "config"), "User");

	return user && user[strspn(user, "0123456789:")];
}

int slim_config_volumes(const json_t *config, json_t **ret_patterns, struct error *err)
{
	const json_t *volumes = json_object_get(json_object_get(config, "config"), "Volumes"), *empty;
	_cleanup_(json_freep) json_t *patterns = json_array();
	const char *path;

	json_object_foreach((json_t *)volumes, path, empty) {
		if (path[0] != '/' || strpbrk(path, "*?[\\"))
			return error_set(err, -EBADMSG, "the image's volume '%s' is no absolute path", path);
		if (json_array_append_new(patterns, json_string(path)) < 0 ||
		    json_array_append_new(patterns, json_pack("s+", path, "/**")) < 0)
			return error_oom(err);
	}
	if (!patterns)
		return error_oom(err);
	*ret_patterns = take(patterns);
	return 0;
}

int slim_config(const json_t *config, const char *source, json_t **ret_config, struct error *err)
{
	_cleanup_(json_freep) json_t *whole = json_deep_copy(config);
	json_t *start = json_object_get(whole, "config"), *labels;
	int r;

	if (!whole)
		return error_oom(err);
	if (!json_is_object(start))
		return error_set(err, -EBADMSG, "the image's configuration is no object");
	labels = json_object_get(start, "Labels");
	if (!json_is_object(labels)) {
		labels = json_object();
		r = json_set(start, "Labels", labels);
		if (r < 0)
			return error_oom(err);
	}
	r = json_set(labels, SLIM_LABEL_SOURCE, json_string(source));
	if (r == 0)
		r = json_set(whole, "rootfs", json_pack("{s:s, s:[]}", "type", "layers", "diff_ids"));
	if (r == 0)
		r = json_set(whole, "history", json_array());
	if (r < 0)
		return error_oom(err);
	*ret_config = take(whole);
	return 0;
}
