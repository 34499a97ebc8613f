// SPDX-License-Identifier: BSD-2-Clause
#include "stage/repair/repair.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "stage/container/cgroup.h"
#include "stage/instance/app.h"
#include "stage/instance/demand.h"
#include "stage/instance/run.h"
#include "stage/instance/stop.h"
#include "stage/layer/directory.h"
#include "stage/repair/groups.h"
#include "stage/state/claim.h"
#include "stage/store/store.h"

struct repair {
	struct state *state;
	struct store *store;
	void (*say)(const char *line);
	struct error *err;
};

static void say(const struct repair *repair, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct repair *repair, const char *format, ...)
{
	char line[400];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	repair->say(line);
}

/* ---- instances ---- */

/* Has it something to take down? Its claim is ours: who was starting it is no more. */
static int is_left(struct repair *repair, const char *app, const char *name, bool *ret_left)
{
	_cleanup_(instance_release) struct instance instance = INSTANCE_INIT;
	_cleanup_(run_release) struct run run = RUN_INIT;
	struct process self;
	int r = instance_find(repair->state, app, name, &instance, repair->err);

	if (r > 0)
		r = run_newest(repair->state, app, name, &run, repair->err);
	if (r < 0)
		return r;
	process_self(&self);
	*ret_left = run.state == RUN_MAKING ||
		    (run.state == RUN_UP && !instance_is_up(instance_now(repair->state, &instance, &run, &self)));
	return 0;
}

static int repair_instance(struct repair *repair, const char *app, const char *name)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char object[160];
	bool left = false;
	int r;

	instance_object(app, name, object, sizeof(object));
	r = claim_try(repair->state, object, &claim, NULL);
	if (r < 0)
		return r == -EBUSY ? 0 : error_code(repair->err, r, "cannot claim '%s/%s'", app, name);
	r = is_left(repair, app, name, &left);
	if (r == 0)
		r = instance_settle(repair->state, app, name, repair->err);
	if (r == -ENOENT)
		say(repair, "%s: removed the half-made instance '%s'", app, name);
	else if (r >= 0 && left)
		say(repair, "%s/%s: had died; taken down ('sfc prod start %s/%s' starts it)", app, name, app, name);
	return r < 0 && r != -ENOENT ? r : 0;
}

static int repair_instances(struct repair *repair, const char *app)
{
	_cleanup_(spec_strings_release) spec_strings names = ARRAY_INIT;
	int r = instance_names(repair->state, app, &names, repair->err);

	if (r == 0)
		r = instance_names_unready(repair->state, app, &names, repair->err);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = repair_instance(repair, app, names.items[i]);
	return r;
}

/* ---- directories that no row has ---- */

static int list_names(struct repair *repair, const char *path, spec_strings *names)
{
	_cleanup_(closedirp) DIR *dir = path ? opendir(path) : NULL;
	struct dirent *item;

	if (!path)
		return error_oom(repair->err);
	while (dir && (item = readdir(dir)))
		if (item->d_name[0] != '.' && item->d_type == DT_DIR && spec_strings_add(names, item->d_name) < 0)
			return error_oom(repair->err);
	return 0;
}

/* Is there a row of it? name NULL: of the application. */
static int has_row(struct repair *repair, const char *app, const char *name)
{
	return name ? instance_find(repair->state, app, name, NULL, repair->err)
		    : app_find(repair->state, app, NULL, repair->err);
}

/* 1 it is gone. Looked at again under the claim of what it would be of: who was just making it may be done. */
static int remove_directory(struct repair *repair, const char *app, const char *name)
{
	_cleanup_(freep) char *path = name ? state_path(repair->state, "app/%s/%s", app, name)
					   : state_path(repair->state, "app/%s", app);
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char object[160];
	int r;

	if (!path)
		return error_oom(repair->err);
	if (name)
		instance_object(app, name, object, sizeof(object));
	else
		snprintf(object, sizeof(object), "app/%.100s", app);
	if (claim_try(repair->state, object, &claim, NULL) < 0)
		return 0;
	r = has_row(repair, app, name);
	if (r != 0)
		return r < 0 ? r : 0;
	r = directory_remove_at(AT_FDCWD, path, path, repair->err);
	return r < 0 ? r : 1;
}

static int repair_app_directory(struct repair *repair, const char *app)
{
	_cleanup_(freep) char *path = state_path(repair->state, "app/%s", app);
	_cleanup_(spec_strings_release) spec_strings names = ARRAY_INIT;
	int r = has_row(repair, app, NULL);

	if (r == 0) {
		r = remove_directory(repair, app, NULL);
		if (r > 0)
			say(repair, "%s: removed, it was never wholly installed", app);
		return r < 0 ? r : 0;
	}
	if (r > 0)
		r = list_names(repair, path, &names);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		r = has_row(repair, app, names.items[i]);
		if (r == 0 && (r = remove_directory(repair, app, names.items[i])) > 0)
			say(repair, "%s: removed the half-made instance '%s'", app, names.items[i]);
		r = r < 0 ? r : 0;
	}
	return r;
}

static int repair_directories(struct repair *repair)
{
	_cleanup_(freep) char *path = state_path(repair->state, "app");
	_cleanup_(spec_strings_release) spec_strings apps = ARRAY_INIT;
	int r = list_names(repair, path, &apps);

	for (size_t i = 0; r == 0 && i < apps.count; i++)
		r = repair_app_directory(repair, apps.items[i]);
	return r;
}

/* ---- containers that no row has ---- */

/* Those of the kernel's groups and of directories: whatever has our state's name in its own. */
static int repair_container(struct repair *repair, const char *name)
{
	_cleanup_(freep) char *path = state_path(repair->state, "run/%s", name);
	struct container_note note = {.stop_signal = 0};
	int r = run_is_live(repair->state, name, repair->err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (!path)
		return error_oom(repair->err);
	snprintf(note.name, sizeof(note.name), "%s", name);
	r = container_clear(&note, repair->err);
	if (r == 0)
		r = directory_remove_at(AT_FDCWD, path, path, repair->err);
	if (r == 0)
		say(repair, "removed what was left of the container '%s'", name);
	return r;
}

static int repair_containers(struct repair *repair)
{
	_cleanup_(freep) char *path = state_path(repair->state, "run"), *groups = cgroup_top();
	_cleanup_(spec_strings_release) spec_strings names = ARRAY_INIT;
	int r = groups ? list_names(repair, path, &names) : error_oom(repair->err);

	if (r == 0)
		r = groups_list(groups, &names, repair->err);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		if (groups_is_ours(names.items[i], repair->state->uuid))
			r = repair_container(repair, names.items[i]);
	return r;
}

/* ---- packages ---- */

static int forget(const char *digest, void *data)
{
	struct repair *repair = data;
	int r = package_forget(repair->state, repair->store, digest, repair->err);

	if (r == 0 && package_find(repair->state, digest, NULL, repair->err) == 0)
		say(repair, "removed the package sha256:%s, which no application uses", digest);
	return r;
}

/* A file whose row was never noted, or is gone already. */
static int forget_file(const char *digest, void *data)
{
	struct repair *repair = data;
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char object[160];
	int r;

	snprintf(object, sizeof(object), "package/%.100s", digest);
	if (claim_try(repair->state, object, &claim, NULL) < 0)
		return 0;
	r = package_is_noted(repair->state, digest, repair->err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = store_forget(repair->store, digest, repair->err);
	if (r == 0)
		say(repair, "removed the package sha256:%s, which no application uses", digest);
	return r;
}

static int repair_packages(struct repair *repair)
{
	int r = package_each_unused(repair->state, forget, repair, repair->err);

	store_tidy(repair->store);
	return r < 0 ? r : store_each_kept(repair->store, forget_file, repair, repair->err);
}

/* ---- all ---- */

static int add_name(const struct app *app, void *data)
{
	return spec_strings_add(data, app->name);
}

static int say_interrupted(const struct app *app, void *data)
{
	if (app->updating)
		say(data,
		    "%s: an update was interrupted; 'sfc prod rollback %s' undoes it, 'sfc prod update' finishes it",
		    app->name, app->name);
	return 0;
}

static int repair_all(struct repair *repair)
{
	_cleanup_(spec_strings_release) spec_strings apps = ARRAY_INIT;
	int r = app_each(repair->state, add_name, &apps, repair->err);

	for (size_t i = 0; r == 0 && i < apps.count; i++)
		r = repair_instances(repair, apps.items[i]);
	if (r == 0)
		r = repair_directories(repair);
	if (r == 0)
		r = repair_containers(repair);
	if (r == 0)
		r = repair_packages(repair);
	return r < 0 ? r : app_each(repair->state, say_interrupted, repair, repair->err);
}

/* Who held the ports of what sleeps was killed. */
static int repair_held(struct repair *repair)
{
	int r = demand_tell(repair->state, NULL, repair->err);

	if (r > 0)
		say(repair, "the ports of what is started on demand are held again");
	return r < 0 ? r : 0;
}

int repair_prod(struct state *state, void (*tell)(const char *line), struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct repair repair = {.state = state, .say = tell, .err = err};
	int r = store_open(state->dir, &store, err);

	repair.store = store;
	if (r == 0)
		r = repair_all(&repair);
	return r < 0 ? r : repair_held(&repair);
}
