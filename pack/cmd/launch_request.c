// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/launch_request.h"

#include <errno.h>
#include <fcntl.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"

void launch_request_release(struct launch_request *request)
{
	json_decref(request->config);
	launch_release(&request->launch);
	array_release(&request->env);
}

/* Kept as it was said: what takes a variable out can only do so when those of the session are there. */
static int take_env(void *target, const char *value, struct error *err)
{
	struct launch_request *request = target;

	if (*value == '=' || !*value)
		return -EINVAL;
	return array_push(&request->env, value) < 0 ? error_oom(err) : 0;
}

static int take_arg(void *target, const char *value, struct error *err)
{
	return launch_add_arg(target, value, err);
}

static int take_cwd(void *target, const char *value, struct error *err)
{
	return launch_set_cwd(target, value, err);
}

static int take_user(void *target, const char *value, struct error *err)
{
	return launch_set_user(target, value, err);
}

const struct command_option launch_request_options[] = {
	{'e', "env", "NAME[=VALUE]", "set or take out a variable of its start",
	 OPTION_WHOLE(take_env)},
	{0, "arg", "ARG", NULL, OPTION_CALL(take_arg, struct launch_request, launch)},
	{0, "cwd", "DIR", NULL, OPTION_CALL(take_cwd, struct launch_request, launch)},
	{0, "user", "UID[:GID]", "start it so instead; also COMMAND behind --",
	 OPTION_CALL(take_user, struct launch_request, launch)},
	{0, "config", "FILE", "JSON merged into the package's config.json",
	 OPTION_STRING(struct launch_request, config_path)},
	{0},
};

int launch_request_load(struct launch_request *request, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_error_t problem;
	int r;

	if (!request->config_path)
		return 0;
	r = io_read_file(AT_FDCWD, request->config_path, 16 * 1024 * 1024, &text, err);
	if (r < 0)
		return r;
	request->config = json_loads(text.bytes, JSON_REJECT_DUPLICATES, &problem);
	if (!json_is_object(request->config))
		return error_set(err, -EINVAL, "%s: not a JSON object%s%s", request->config_path,
				 request->config ? "" : ": ", request->config ? "" : problem.text);
	return 0;
}

int launch_request_merge(struct launch_request *request, const struct image_source *image,
			 struct launch *traced, struct error *err)
{
	struct launch *said = &request->launch;
	int r = image->path ? launch_from_image(traced, &image->config, err) : 0;

	for (size_t i = 0; i < request->env.count && r == 0; i++)
		r = launch_set_env(traced, request->env.items[i], err);
	if (said->args.count) {
		struct launch_strings args = traced->args;

		traced->args = said->args;
		said->args = args;
	}
	if (r == 0 && said->cwd)
		r = launch_set_cwd(traced, said->cwd, err);
	if (said->uid >= 0) {
		traced->uid = said->uid;
		traced->gid = said->gid;
	}
	return r;
}
