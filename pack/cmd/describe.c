// SPDX-License-Identifier: BSD-2-Clause
/* tracepack describe: write into a manifest how a session was started. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/manifest.h"
#include "db/session.h"
#include "pack/need/selection.h"
#include "pack/package/launch.h"

/* What the command line says. */
struct description {
	const char *manifest, *session, *cwd, *label;
	int64_t uid, gid;
	json_t *env; /* owned; NULL: nothing said */
	char **command;
	int command_count;
};

static int take_id(void *target, const char *value, struct error *err)
{
	char *end;
	unsigned long id;

	(void)err;
	errno = 0;
	id = strtoul(value, &end, 10);
	if (errno || end == value || *end || *value == '-' || id > UINT32_MAX)
		return -EINVAL;
	*(int64_t *)target = (int64_t)id;
	return 0;
}

/* "33" or "33:33" */
static int take_user(void *target, const char *value, struct error *err)
{
	_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;
	struct description *description = target;
	int r = launch_set_user(&launch, value, err);

	if (r == 0) {
		description->uid = launch.uid;
		description->gid = launch.gid;
	}
	return r;
}

static int take_cwd(void *target, const char *value, struct error *err)
{
	return *value == '/' ? option_string(target, value, err) : -EINVAL;
}

static int take_variable(void *target, const char *value, struct error *err)
{
	struct description *description = target;
	const char *equals = strchr(value, '=');
	_cleanup_(freep) char *name = NULL;

	if (!equals || equals == value)
		return -EINVAL;
	name = strndup(value, (size_t)(equals - value));
	if (!description->env)
		description->env = json_object();
	if (!name || !description->env)
		return error_oom(err);
	if (json_object_set_new(description->env, name, json_string(equals + 1)) < 0)
		log_warning("the variable %s is not UTF-8 and is not noted", name);
	return 0;
}

static const struct command_option command_options[] = {
	{0, "session", "NAME", "uuid, label or 'last' (default)",
	 OPTION_STRING(struct description, session)},
	{0, "label", "LABEL", "a new label", OPTION_STRING(struct description, label)},
	{0, "cwd", "DIR", "the working directory, inside the root",
	 OPTION_CALL(take_cwd, struct description, cwd)},
	{0, "uid", "N", NULL, OPTION_CALL(take_id, struct description, uid)},
	{0, "gid", "N", NULL, OPTION_CALL(take_id, struct description, gid)},
	{0, "user", "UID[:GID]", "the user and group", OPTION_WHOLE(take_user)},
	{'e', "env", "NAME=VALUE", "a variable; all that are given replace those that were",
	 OPTION_WHOLE(take_variable)},
	{'q', "quiet", NULL, "warnings and errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static char *command_json(const struct description *description)
{
	json_auto_t *array = json_array();

	for (int i = 0; array && i < description->command_count; i++)
		if (json_array_append_new(array, json_string(description->command[i])) < 0)
			return NULL;
	return array ? json_dumps(array, JSON_COMPACT) : NULL;
}

/* What is not said stays as it is. */
static int describe(const struct description *description, struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	_cleanup_(session_list_release) struct session_list sessions = {0};
	_cleanup_(freep) char *command = NULL, *env = NULL;
	const struct session *session;
	struct session_start start;
	int r;

	r = manifest_open(description->manifest, MANIFEST_WRITE, &manifest, err);
	if (r == 0)
		r = session_list_read(manifest, &sessions, err);
	if (r < 0)
		return r;
	session = selection_session(&sessions, description->session);
	if (!session)
		return error_set(err, -ENOENT, "%s has no session '%s'", description->manifest,
				 description->session);
	if (description->command_count && !(command = command_json(description)))
		return error_set(err, -EILSEQ, "the command is not UTF-8; a manifest cannot hold it");
	if (description->env && !(env = json_dumps(description->env, JSON_COMPACT)))
		return error_oom(err);
	start = (struct session_start){
		.label = description->label ? description->label : session->label,
		.kind = session->kind,
		.mode = session->mode,
		.exact = session->exact,
		.source = session->source,
		.command = command ? command : session->command,
		.cwd = description->cwd ? description->cwd : session->cwd,
		.uid = description->uid >= 0 ? description->uid : session->uid,
		.gid = description->gid >= 0 ? description->gid : session->gid,
		.env = env ? env : session->env,
		.tool = session->tool,
	};
	return session_describe(manifest, session->id, &start, err);
}

static int describe_command(int argc, char **argv)
{
	struct description description = {.session = "last", .uid = -1, .gid = -1};
	const struct command *command = &command_describe;
	struct error err = ERROR_INIT;
	int code;

	if (!command_parse(command, argc, argv, &description, &code))
		goto out;
	code = EXIT_DONE;
	if (optind == argc) {
		code = command_misused(command, "no manifest given");
		goto out;
	}
	description.manifest = argv[optind];
	description.command = argv + optind + 1;
	description.command_count = argc - optind - 1;
	if (describe(&description, &err) < 0) {
		log_error("%s", err.message);
		code = EXIT_FAILED;
	}
out:
	json_decref(description.env);
	return code;
}

const struct command command_describe = {
	.name = "describe",
	.summary = "note how a session was started",
	.operands = "MANIFEST [OPTION]… [-- COMMAND [ARG]…]",
	.about = "Note how a session was started; what is not said stays as it is.",
	.options = command_options,
	.function = describe_command,
};
