// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/image_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/image_value.h"

struct member {
	const char *name;
	image_value_reader *read;
};

/* An object of the members in the table; what is not in it, or null, is not taken. */
static json_t *read_members(json_t *value, const char *field, const struct member *members,
			    struct error *err)
{
	json_auto_t *known = json_object();

	if (!json_is_object(value))
		return image_value_wrong(err, "%s is not an object", field);
	for (; known && members->name; members++) {
		json_t *member = json_object_get(value, members->name), *taken;
		char name[128];

		if (!member || json_is_null(member))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", *field == '.' ? "" : field,
			 *field == '.' ? "" : ".", members->name);
		taken = members->read(member, name, err);
		if (!taken)
			return NULL;
		if (json_object_set_new(known, members->name, taken) < 0)
			return image_value_no_memory(err);
	}
	return known ? json_incref(known) : image_value_no_memory(err);
}

/* ---- parts ---- */

static json_t *read_test(json_t *value, const char *field, struct error *err)
{
	json_t *test = image_value_strings(value, field, err);
	const char *how = json_string_value(json_array_get(test, 0));

	if (!how || strcmp(how, "NONE") == 0 || strcmp(how, "CMD") == 0 ||
	    strcmp(how, "CMD-SHELL") == 0)
		return test;
	json_decref(test);
	return image_value_wrong(err, "%s begins with '%.60s', not with CMD, CMD-SHELL or NONE", field, how);
}

static json_t *read_health(json_t *value, const char *field, struct error *err)
{
	static const struct member members[] = {
		{"Test", read_test},	    {"Interval", image_value_count},
		{"Timeout", image_value_count},    {"StartPeriod", image_value_count},
		{"Retries", image_value_count},    {"StartInterval", image_value_count},
		{0},
	};

	return read_members(value, field, members, err);
}

static json_t *read_step(json_t *value, const char *field, struct error *err)
{
	static const struct member members[] = {
		{"created", image_value_time},	  {"created_by", image_value_text},	{"author", image_value_text},
		{"comment", image_value_text},	  {"empty_layer", image_value_true},	{0},
	};

	return read_members(value, field, members, err);
}

static json_t *read_history(json_t *value, const char *field, struct error *err)
{
	json_auto_t *steps = json_array();
	json_t *item;
	size_t i;

	if (!json_is_array(value))
		return image_value_wrong(err, "%s is not a list", field);
	json_array_foreach(value, i, item) {
		json_t *step = read_step(item, field, err);

		if (!step)
			return NULL;
		if (json_array_append_new(steps, step) < 0)
			return image_value_no_memory(err);
	}
	return steps ? json_incref(steps) : image_value_no_memory(err);
}

static json_t *read_rootfs(json_t *value, const char *field, struct error *err)
{
	static const struct member members[] = {
		{"type", image_value_word}, {"diff_ids", image_value_digests}, {0}};

	return read_members(value, field, members, err);
}

static json_t *read_run(json_t *value, const char *field, struct error *err)
{
	static const struct member members[] = {
		{"User", image_value_word},	   {"ExposedPorts", image_value_ports}, {"Env", image_value_env},
		{"Entrypoint", image_value_strings}, {"Cmd", image_value_strings},	 {"Volumes", image_value_volumes},
		{"WorkingDir", image_value_directory}, {"Labels", image_value_labels}, {"StopSignal", image_value_signal},
		{"Healthcheck", read_health}, {"Shell", image_value_strings},	 {0},
	};

	return read_members(value, field, members, err);
}

/* ---- the whole ---- */

void image_config_release(struct image_config *config)
{
	json_decref(config->json);
	*config = (struct image_config)IMAGE_CONFIG_INIT;
}

int image_config_from_json(const json_t *json, struct image_config *config, struct error *err)
{
	static const struct member members[] = {
		{"mediaType", image_value_word}, {"architecture", image_value_word}, {"os", image_value_word},
		{"variant", image_value_word},	  {"author", image_value_text},       {"created", image_value_time},
		{"config", read_run},	  {"rootfs", read_rootfs},     {"history", read_history},
		{0},
	};
	json_t *known = read_members((json_t *)json, ".", members, err);

	if (!known)
		return -EBADMSG;
	config->json = known;
	config->onbuild = json_array_size(
		json_object_get(json_object_get(json, "config"), "OnBuild"));
	if (!json_object_get(known, "config") && json_set(known, "config", json_object()) < 0)
		return error_oom(err);
	return 0;
}

int image_config_parse(const char *data, size_t size, struct image_config *config,
		       struct error *err)
{
	json_auto_t *json = NULL;
	int r = json_read(data, size, IMAGE_CONFIG_MAX, &json, err);

	return r < 0 ? error_prefix(err, r, "the image's configuration")
		     : image_config_from_json(json, config, err);
}

json_t *image_config_member(const struct image_config *config, const char *name)
{
	return config ? json_object_get(json_object_get(config->json, "config"), name) : NULL;
}

bool image_config_is_docker(const struct image_config *config)
{
	const char *type = config ? json_text(config->json, "mediaType") : NULL;

	/* what `docker save` writes since it writes layouts says OCI and has docker's own field */
	return (type && strcmp(type, IMAGE_CONFIG_DOCKER) == 0) ||
	       image_config_member(config, "Healthcheck");
}

int image_config_digest(const struct image_config *config, char ret_digest[IMAGE_DIGEST_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	const json_t *ids = json_object_get(json_object_get(config->json, "rootfs"), "diff_ids");
	char hex[DIGEST_HEX_SIZE];

	*ret_digest = '\0';
	if (json_array_size(ids) == 0)
		return 0;
	if (digest_new(&digest) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const json_t *id = json_array_get(ids, i);

		if (digest_add(digest, json_string_value(id), json_string_length(id)) < 0 ||
		    digest_add(digest, "\n", 1) < 0)
			return -EIO;
	}
	if (digest_finish(digest, hex) < 0)
		return -EIO;
	snprintf(ret_digest, IMAGE_DIGEST_SIZE, "sha256:%s", hex);
	return 0;
}
