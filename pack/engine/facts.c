// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/facts.h"

#include <stdio.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/json.h"

/* The strings of a list; `instead` for what is no string, or nothing. */
static int add_strings(struct fact_list *facts, const json_t *list, const char *instead)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		text = text ? text : instead;
		if (text)
			r = array_push(facts, text);
	}
	return r;
}

static void read_limits(const json_t *config, struct facts *facts)
{
	const json_t *resources = json_object_get(json_object_get(config, "linux"), "resources");
	const json_t *memory = json_object_get(resources, "memory");
	const json_t *pids = json_object_get(resources, "pids");

	facts->memory = json_integer_value(json_object_get(memory, "limit"));
	facts->processes = json_integer_value(json_object_get(pids, "limit"));
}

int facts_read(const json_t *config, const struct image_config *own, const char *image,
	       struct facts *ret_facts, struct error *err)
{
	const json_t *process = json_object_get(config, "process");
	const json_t *user = json_object_get(process, "user");
	const char *stop = json_text(json_object_get(config, "annotations"),
				     "org.opencontainers.image.stopSignal");
	const char *of_image = json_string_value(image_config_member(own, "StopSignal"));
	struct facts *facts = ret_facts;

	*facts = (struct facts){
		.config = config,
		.own = own,
		.image = image,
		.cwd = json_text(process, "cwd"),
		.uid = json_integer_value(json_object_get(user, "uid")),
		.gid = json_integer_value(json_object_get(user, "gid")),
		.stop_signal = stop			 ? stop
			       : of_image && *of_image ? of_image
						       : "SIGTERM",
	};
	snprintf(facts->name, sizeof(facts->name), "%.*s", (int)strcspn(image, ":/"), image);
	read_limits(config, facts);
	if (add_strings(&facts->args, json_object_get(process, "args"), "") < 0 ||
	    add_strings(&facts->env, json_object_get(process, "env"), NULL) < 0 ||
	    add_strings(&facts->capabilities,
			json_object_get(json_object_get(process, "capabilities"), "bounding"), "") < 0)
		return error_oom(err);
	return 0;
}

void facts_release(struct facts *facts)
{
	array_release(&facts->args);
	array_release(&facts->env);
	array_release(&facts->capabilities);
}
