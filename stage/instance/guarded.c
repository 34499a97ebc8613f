// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/guarded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/manifest.h"
#include "pack/package/bundle.h"
#include "stage/layer/guard.h"

static char *misses_directory(const struct state *state, const struct instance *instance)
{
	return state_path(state, "app/%s/%s/misses", instance->app, instance->name);
}

static char *noted_path(const struct state *state, const struct instance *instance)
{
	return state_path(state, "app/%s/%s/misses/%s.db", instance->app, instance->name, instance->package);
}

int guarded_manifest(struct state *state, const struct instance *instance, char **ret_path,
		     struct error *err)
{
	_cleanup_(freep) char *directory = misses_directory(state, instance);
	_cleanup_(freep) char *path = noted_path(state, instance);

	if (!directory || !path)
		return error_oom(err);
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", directory);
	*ret_path = take(path);
	return 0;
}

/* ---- what was missed ---- */

/* A user's package is a directory. -ENOENT: it carries no manifest; what is there under the name may be anything. */
static int open_extracted(const char *directory, struct manifest **ret_manifest, struct error *err)
{
	_cleanup_(freep) char *below = path_join(directory, "sfc"), *path = path_join(directory, "sfc/manifest.db");
	struct stat st;

	if (!below || !path)
		return error_oom(err);
	if (lstat(below, &st) < 0 || !S_ISDIR(st.st_mode) || lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return -ENOENT;
	return manifest_open(path, MANIFEST_READ, ret_manifest, err);
}

static int open_packed(const char *file, struct bundle **ret_bundle, struct manifest **ret_manifest, struct error *err)
{
	struct stat st;
	int r;

	if (stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		return open_extracted(file, ret_manifest, err);
	r = bundle_open(file, ret_bundle, err);
	return r < 0 ? r : bundle_manifest(*ret_bundle, ret_manifest, NULL);
}

static int read_judged(const struct state *state, const struct instance *instance, const char *path,
		       struct misses *ret_misses, struct error *err)
{
	_cleanup_(freep) char *file = state_path(state, "store/kept/%s", instance->package);
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	_cleanup_(manifest_closep) struct manifest *package = NULL;
	int r = file ? open_packed(file, &bundle, &package, err) : error_oom(err);

	/* a package of somebody else's making may carry none */
	if (r == -ENOENT)
		r = 0;
	return r < 0 ? r : misses_read(path, package, ret_misses, err);
}

int guarded_misses(struct state *state, const struct look *look, bool judged, struct misses *ret_misses,
		   struct error *err)
{
	_cleanup_(freep) char *path = noted_path(state, &look->instance);
	int r = 0;

	if (!path)
		return error_oom(err);
	if (access(path, F_OK) < 0)
		return 0;
	if (instance_is_up(look->now))
		r = guard_flush(&look->run.guard, err);
	if (r < 0)
		return r;
	return judged ? read_judged(state, &look->instance, path, ret_misses, err)
		      : misses_read(path, NULL, ret_misses, err);
}

int guarded_problem(struct state *state, const struct look *look, struct text *text, struct error *err)
{
	_cleanup_(misses_release) struct misses misses = ARRAY_INIT;
	int r;

	if (!look->instance.guard || !instance_is_up(look->now) || !look->run.guard.daemon.pid)
		return 0;
	if (!guard_is_alive(&look->run.guard)) {
		text_add(text, "its guard died: restart it");
		return 0;
	}
	if (strcmp(look->instance.guard, "deny") != 0)
		return 0;
	r = guarded_misses(state, look, false, &misses, err);
	if (misses.count)
		text_printf(text, "%zu file%s missed", misses.count, misses.count == 1 ? " was" : "s were");
	return r;
}

/* ---- the end ---- */

/* With what SQLite keeps beside it. */
static void remove_manifest(const char *path)
{
	static const char *const parts[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		_cleanup_(text_release) struct text name = TEXT_INIT;

		text_printf(&name, "%s%s", path, parts[i]);
		if (!text_failed(&name))
			unlink(name.bytes);
	}
}

int guarded_settle(struct state *state, const struct instance *instance, const struct run *run,
		   struct error *err)
{
	_cleanup_(freep) char *path = NULL;
	bool any = true;
	int r;

	if (!run->guard.daemon.pid)
		return 0;
	r = guard_settle(&run->guard, err);
	path = state_path(state, "app/%s/%s/misses/%s.db", instance->app, instance->name, run->package);
	if (!path)
		return error_oom(err);
	if (r == 0 && misses_any(path, &any, NULL) == 0 && !any)
		remove_manifest(path);
	return r;
}

/* ---- for the next package ---- */

static bool is_manifest(const char *name)
{
	const char *end = strrchr(name, '.');

	return end && strcmp(end, ".db") == 0;
}

int guarded_collect(struct state *state, const struct look *look, spec_strings *ret_paths,
		    struct error *err)
{
	_cleanup_(freep) char *directory = misses_directory(state, &look->instance);
	_cleanup_(closedirp) DIR *dir = directory ? opendir(directory) : NULL;
	const struct guard *guard = &look->run.guard;
	bool up = instance_is_up(look->now) && guard_is_alive(guard);
	struct dirent *item;
	char label[160];
	int r = 0;

	if (!directory)
		return error_oom(err);
	snprintf(label, sizeof(label), "%s/%s", look->instance.app, look->instance.name);
	if (up)
		r = guard_mark(guard, label, err);
	while (r == 0 && dir && (item = readdir(dir))) {
		_cleanup_(text_release) struct text path = TEXT_INIT;
		bool any = false;

		if (!is_manifest(item->d_name))
			continue;
		text_printf(&path, "%s/%s", directory, item->d_name);
		r = text_failed(&path) ? error_oom(err) : misses_any(path.bytes, &any, err);
		if (r == 0 && any && spec_strings_add(ret_paths, path.bytes) < 0)
			r = error_oom(err);
	}
	return r < 0 ? error_prefix(err, r, "the guard of %s", label) : 0;
}
