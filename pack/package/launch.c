// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/oci/config.h"
#include "pack/package/start_config.h"
#include "pack/source/which.h"

static void strings_release(struct launch_strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	array_release(strings);
}

void launch_release(struct launch *launch)
{
	strings_release(&launch->args);
	strings_release(&launch->env);
	free(launch->cwd);
	*launch = (struct launch)LAUNCH_INIT;
}

static int strings_add(struct launch_strings *strings, const char *string, struct error *err)
{
	char *copy = strdup(string);

	if (copy && array_push(strings, copy) == 0)
		return 0;
	free(copy);
	return error_oom(err);
}

static ssize_t env_index(const struct launch *launch, const char *name, size_t length)
{
	for (size_t i = 0; i < launch->env.count; i++)
		if (strncmp(launch->env.items[i], name, length) == 0 &&
		    launch->env.items[i][length] == '=')
			return (ssize_t)i;
	return -1;
}

const char *launch_env(const struct launch *launch, const char *name)
{
	ssize_t i = env_index(launch, name, strlen(name));

	return i < 0 ? NULL : launch->env.items[i] + strlen(name) + 1;
}

int launch_add_arg(struct launch *launch, const char *arg, struct error *err)
{
	return strings_add(&launch->args, arg, err);
}

int launch_set_env(struct launch *launch, const char *assignment, struct error *err)
{
	size_t length = strcspn(assignment, "=");
	ssize_t i = env_index(launch, assignment, length);

	if (length == 0)
		return error_set(err, -EINVAL, "'%s' is no NAME=VALUE", assignment);
	if (i >= 0) {
		free(launch->env.items[i]);
		launch->env.items[i] = launch->env.items[--launch->env.count];
	}
	return assignment[length] ? strings_add(&launch->env, assignment, err) : 0;
}

int launch_set_cwd(struct launch *launch, const char *cwd, struct error *err)
{
	char *canonical;

	if (cwd[0] != '/')
		return error_set(err, -EINVAL, "the working directory '%s' is not absolute", cwd);
	canonical = path_canonicalize(cwd);
	if (!canonical)
		return error_oom(err);
	free(launch->cwd);
	launch->cwd = canonical;
	return 0;
}

int launch_set_user(struct launch *launch, const char *user, struct error *err)
{
	unsigned long uid, gid;
	char *end;

	errno = 0;
	uid = gid = strtoul(user, &end, 10);
	if (end != user && *end == ':')
		gid = strtoul(user = end + 1, &end, 10);
	if (errno || end == user || *end || *user == '-' || uid > UINT32_MAX || gid > UINT32_MAX)
		return error_set(err, -EINVAL, "'%s' is no user: give numbers, UID or UID:GID",
				 user);
	launch->uid = (int64_t)uid;
	launch->gid = (int64_t)gid;
	return 0;
}

static int session_odd(const struct session *session, const char *column, struct error *err)
{
	return error_set(err, -EINVAL, "session \"%s\": its %s is not what manifest(5) says",
			 session->label, column);
}

static int take_args(struct launch *launch, const struct session *session, struct error *err)
{
	json_auto_t *args = json_loads(session->command, 0, NULL);
	json_t *arg;
	size_t i;
	int r = 0;

	if (!json_is_array(args))
		return session_odd(session, "command", err);
	json_array_foreach(args, i, arg) {
		if (!json_is_string(arg))
			return session_odd(session, "command", err);
		if (r == 0)
			r = strings_add(&launch->args, json_string_value(arg), err);
	}
	return r;
}

static int take_env(struct launch *launch, const struct session *session, struct error *err)
{
	json_auto_t *env = json_loads(session->env, 0, NULL);
	const char *name;
	json_t *value;
	int r = 0;

	if (!json_is_object(env))
		return session_odd(session, "env", err);
	json_object_foreach(env, name, value) {
		_cleanup_(freep) char *assignment = NULL;

		if (!json_is_string(value))
			return session_odd(session, "env", err);
		if (r < 0 || launch_env(launch, name))
			continue;
		if (asprintf(&assignment, "%s=%s", name, json_string_value(value)) < 0)
			return error_oom(err);
		r = launch_set_env(launch, assignment, err);
	}
	return r;
}

int launch_from_session(struct launch *launch, const struct session *session, struct error *err)
{
	int r = 0;

	if (launch->args.count == 0 && session->command)
		r = take_args(launch, session, err);
	if (r == 0 && session->env)
		r = take_env(launch, session, err);
	if (r == 0 && !launch->cwd && session->cwd)
		r = launch_set_cwd(launch, session->cwd, err);
	if (launch->uid < 0) {
		launch->uid = session->uid;
		launch->gid = session->gid;
	}
	return r;
}

static int take_image_args(struct launch *launch, const struct image_config *image, struct error *err)
{
	static const char *const names[] = {"Entrypoint", "Cmd"};
	int r = 0;

	for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++) {
		const json_t *list = image_config_member(image, names[n]);

		for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
			r = strings_add(&launch->args, json_string_value(json_array_get(list, i)), err);
	}
	return r;
}

static int take_image_env(struct launch *launch, const struct image_config *image, struct error *err)
{
	static const char *const added[] = {"HOME", "LANG", "LC_ALL"};
	const json_t *env = image_config_member(image, "Env"), *item;
	size_t i;
	int r = 0;

	for (size_t n = 0; r == 0 && n < sizeof(added) / sizeof(*added); n++) {
		bool has = false;

		json_array_foreach((json_t *)env, i, item) {
			size_t length = strlen(added[n]);
			const char *text = json_string_value(item);

			has = has || (strncmp(text, added[n], length) == 0 && text[length] == '=');
		}
		if (!has)
			r = launch_set_env(launch, added[n], err);
	}
	json_array_foreach((json_t *)env, i, item) {
		const char *text = json_string_value(item);

		if (r == 0 && env_index(launch, text, strcspn(text, "=")) < 0)
			r = launch_set_env(launch, text, err);
	}
	return r;
}

int launch_from_image(struct launch *launch, const struct image_config *image, struct error *err)
{
	const char *cwd = json_string_value(image_config_member(image, "WorkingDir"));
	const char *user = json_string_value(image_config_member(image, "User"));
	int r = take_image_env(launch, image, err);

	if (r == 0 && launch->args.count == 0)
		r = take_image_args(launch, image, err);
	if (r == 0 && !launch->cwd && cwd && *cwd)
		r = launch_set_cwd(launch, cwd, err);
	/* a name is only known in the source, where a session was */
	if (r == 0 && launch->uid < 0 && user && *user && strspn(user, "0123456789:") == strlen(user))
		r = launch_set_user(launch, user, err);
	return r;
}

/* JSON holds text; a command line or a variable that is none cannot be told to a runtime. */
static json_t *strings_json(const struct launch_strings *strings, struct error *err)
{
	json_auto_t *array = json_array();

	for (size_t i = 0; array && i < strings->count; i++) {
		json_t *string = json_string(strings->items[i]);

		if (!string) {
			error_set(err, -EILSEQ, "'%s' is not UTF-8, which config.json needs",
				  strings->items[i]);
			return NULL;
		}
		if (json_array_append_new(array, string) < 0)
			break;
	}
	if (!array || json_array_size(array) != strings->count) {
		error_oom(err);
		return NULL;
	}
	return json_incref(array);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int fill_process(struct launch *launch, json_t *process, struct error *err)
{
	json_t *env, *user;

	array_sort(&launch->env, compare_strings);
	env = strings_json(&launch->env, err);
	if (!env)
		return -EILSEQ;
	user = json_pack("{s:I, s:I}", "uid", (json_int_t)(launch->uid < 0 ? 0 : launch->uid), "gid",
			 (json_int_t)(launch->gid < 0 ? 0 : launch->gid));
	if (json_set(process, "env", env) < 0 || json_set(process, "user", user) < 0 ||
	    json_set(process, "cwd", json_string(launch->cwd ? launch->cwd : "/")) < 0)
		return error_oom(err);
	return 0;
}

/* What a root that cannot be written still needs to be: a place for sockets and scratch files. */
static int add_tmpfs(json_t *mounts, const char *destination, const char *mode)
{
	return json_array_append_new(mounts, json_pack("{s:s, s:s, s:s, s:[s, s, s]}", "destination",
						       destination, "type", "tmpfs", "source",
						       "tmpfs", "options", "nosuid", "nodev", mode));
}

/* Objects member by member, anything else replaces. */
static int merge(json_t *into, const json_t *over)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)over, key, value) {
		json_t *mine = json_object_get(into, key);
		int r;

		if (json_is_object(mine) && json_is_object(value))
			r = merge(mine, value);
		else
			r = json_object_set(into, key, value);
		if (r < 0)
			return -ENOMEM;
	}
	return 0;
}

int launch_config(struct launch *launch, const json_t *over, json_t **ret_config, struct error *err)
{
	struct start_config checked = START_CONFIG_INIT;
	json_auto_t *config = NULL, *list = NULL;
	json_t *mounts;
	const json_t *args = over ? json_object_get(json_object_get(over, "process"), "args") : NULL;
	int r = 0;

	if (launch->args.count == 0 && !json_array_size(args))
		return error_set(err, -EINVAL,
				 "no session says what to start; give the command behind --");
	if (!launch_env(launch, "PATH"))
		r = launch_set_env(launch, "PATH=" WHICH_PATH_DEFAULT, err);
	if (r < 0)
		return r;
	list = strings_json(&launch->args, err);
	if (!list)
		return -EILSEQ;
	config = oci_start_default(list);
	if (!config)
		return error_oom(err);
	r = fill_process(launch, json_object_get(config, "process"), err);
	if (r < 0)
		return r;
	mounts = json_object_get(config, "mounts");
	if ((launch->run_is_empty && add_tmpfs(mounts, "/run", "mode=755") < 0) ||
	    (launch->tmp_is_empty && add_tmpfs(mounts, "/tmp", "mode=1777") < 0) ||
	    json_set(json_object_get(config, "root"), "readonly", json_true()) < 0 ||
	    (over && merge(config, over) < 0))
		return error_oom(err);
	r = start_config_from_json(config, &checked, err);
	start_config_release(&checked);
	if (r < 0)
		return r;
	*ret_config = take(config);
	return 0;
}
