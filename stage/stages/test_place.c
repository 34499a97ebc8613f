// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/test_place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/mounts.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "stage/layer/directory.h"
#include "stage/stages/test_row.h"
#include "stage/state/event.h"

static const char scratch_name[] = "scratch.mount";

void test_places_release(struct test_places *places)
{
	free(places->source);
	free(places->root);
	free(places->scratch);
}

int test_places_of(const struct state *state, const char *name, struct test_places *ret_places,
		     struct error *err)
{
	ret_places->source = state_path(state, "test/%s/source", name);
	ret_places->root = state_path(state, "test/%s/root", name);
	ret_places->scratch = state_path(state, "test/%s/%s", name, scratch_name);
	return ret_places->source && ret_places->root && ret_places->scratch ? 0 : error_oom(err);
}

int test_directory(const struct state *state, const char *name, int *ret_fd, struct error *err)
{
	_cleanup_(closep) int parent = state_directory(state, "test", err);

	if (parent < 0)
		return parent;
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s/test/%s'", state->dir, name);
	return directory_open(state, "test", name, ret_fd, err);
}

/* --- mounts --- */

static int is_at(const struct mount_line *mount, void *data)
{
	return strcmp(mount->path, data) == 0;
}

bool test_is_mounted(const char *path)
{
	return mounts_each(is_at, (void *)path) > 0;
}

static void unmount(const char *path)
{
	while (test_is_mounted(path) &&
	       (umount2(path, UMOUNT_NOFOLLOW) == 0 || umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0))
		;
}

/* Does tracefs answer there? One that hangs is as good as none. */
static bool is_served(const char *root)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;

	return program_run((const char *const[]){"timeout", "-k", "5", "10", "tracefs", "--status", root, NULL},
			   &output, &said, NULL) == 0;
}

int test_places_remove(const struct state *state, const char *name, const struct test_places *places,
		       struct error *err)
{
	_cleanup_(closep) int directory = -1;
	int r = test_directory(state, name, &directory, err);

	unmount(places->source);
	return r < 0 ? r : directory_remove_at(directory, scratch_name, scratch_name, err);
}

/* --- what was left --- */

/* Manifests that were just being made: they get their name when they are whole. */
static int remove_unborn(const struct state *state, const char *name)
{
	static const char prefix[] = ".manifest.db.";
	_cleanup_(freep) char *path = state_path(state, "test/%s", name);
	_cleanup_(closedirp) DIR *dir = path ? opendir(path) : NULL;
	struct dirent *item;
	int count = 0;

	while (dir && (item = readdir(dir)))
		count += strncmp(item->d_name, prefix, sizeof(prefix) - 1) == 0 &&
			 unlinkat(dirfd(dir), item->d_name, 0) == 0;
	return count;
}

int test_settle(struct state *state, const char *name, struct error *err)
{
	_cleanup_(test_places_release) struct test_places places = {0};
	bool root;
	int was_up, unborn, r = test_places_of(state, name, &places, err);

	if (r < 0)
		return r;
	root = test_is_mounted(places.root);
	if (root && is_served(places.root))
		return 0;
	unborn = remove_unborn(state, name);
	was_up = test_row_find(state, name, NULL, err);
	if (was_up <= 0 && !root && !test_is_mounted(places.source) && access(places.scratch, F_OK) < 0)
		return was_up < 0 ? was_up : unborn > 0;
	unmount(places.root);
	r = test_places_remove(state, name, &places, err);
	if (r == 0)
		r = test_row_remove(state, name, err);
	return r < 0 ? r : 1;
}

/* --- whose it is --- */

static int try_claim(struct state *state, const char *name, struct claim *ret_claim, struct error *err)
{
	char object[160];

	snprintf(object, sizeof(object), "test/%.100s", name);
	return claim_try(state, object, ret_claim, err);
}

int test_claim(struct state *state, const char *name, struct claim *ret_claim, struct error *err)
{
	_cleanup_(freep) char *root = state_path(state, "test/%s/root", name);
	int r = root ? try_claim(state, name, ret_claim, err) : error_oom(err);

	if (r == -EBUSY)
		return error_set(err, r, "'%s' is under test already; 'sfc test stop %s' ends a service", name,
				 name);
	if (r == 0)
		r = test_settle(state, name, err);
	if (r >= 0 && test_is_mounted(root))
		r = error_set(err, -EBUSY, "'%s' is under test already; 'sfc test umount %s' ends it", name, name);
	if (r < 0)
		claim_release(ret_claim);
	return r < 0 ? r : 0;
}

int test_manifest(struct state *state, const char *name, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *path = NULL;
	int r = state_check_name("a root", name, err);

	if (r < 0)
		return r;
	path = state_path(state, "test/%s/manifest.db", name);
	if (!path)
		return error_oom(err);
	if (access(path, F_OK) < 0)
		return error_set(err, -ENOENT, "'%s' has not been tested; 'sfc test %s -- COMMAND' does it", name,
				 name);
	*ret_path = take(path);
	return 0;
}

int test_forget(struct state *state, const char *name, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(freep) char *manifest = NULL;
	char object[160];
	int r = test_manifest(state, name, &manifest, err);

	if (r == 0)
		r = test_claim(state, name, &claim, err);
	if (r == 0)
		r = directory_remove(state, "test", name, err);
	snprintf(object, sizeof(object), "test/%.100s", name);
	return r < 0 ? r : event_forget(state, object, err);
}

/* --- all of them --- */

struct repairing {
	struct state *state;
	void (*say)(const char *line);
};

static int repair_one(const char *name, void *data, struct error *err)
{
	const struct repairing *repairing = data;
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char line[256];
	int r;

	/* somebody is at it: then it is not left over */
	if (try_claim(repairing->state, name, &claim, NULL) < 0)
		return 0;
	r = test_settle(repairing->state, name, err);
	if (r <= 0)
		return r;
	snprintf(line, sizeof(line), "%.100s: removed what was left of a test that was killed", name);
	repairing->say(line);
	return 0;
}

int test_repair(struct state *state, void (*say)(const char *line), struct error *err)
{
	return state_each(state, "test", repair_one, &(struct repairing){state, say}, err);
}
