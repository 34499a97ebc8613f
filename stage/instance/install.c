// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "stage/instance/app.h"
#include "stage/instance/policy.h"
#include "stage/layer/package.h"
#include "stage/state/event.h"

void package_in_release(struct package_in *package)
{
	claim_release(&package->claim);
	store_copy_release(&package->copy);
	free(package->name);
	package->name = NULL;
	spec_strings_release(&package->asks);
}

/* By the bytes that were copied, whatever the file is by now. */
static int check_policy(const struct package_in *package, struct error *err)
{
	struct signature_subject subject = {.size = package->copy.bytes};

	memcpy(subject.digest, package->copy.digest, sizeof(subject.digest));
	return policy_check(package->path, &subject, err);
}

int package_read(struct store *store, const char *path, const char *digest,
		 struct package_in *ret_package, struct error *err)
{
	_cleanup_(closep) int file = -1;
	int r = store_open_package(path, &file, err);

	ret_package->path = path;
	if (r == 0)
		r = store_copy(store, file, path, digest, &ret_package->copy, err);
	if (r == 0)
		r = check_policy(ret_package, err);
	return r < 0 ? r : layer_package_look(ret_package->copy.mount, path, &ret_package->name,
					      &ret_package->asks, err);
}

int package_admit(struct state *state, struct store *store, struct package_in *package,
		  struct error *err)
{
	char object[160];
	int r;

	snprintf(object, sizeof(object), "package/%.100s", package->copy.digest);
	r = claim_take(state, object, &package->claim, err);
	if (r == 0)
		r = package_begin(state, &package->copy, package->name, err);
	return r < 0 ? r : store_keep(store, &package->copy, package->path, err);
}

/* ---- an application ---- */

/* As asked, else as the package says, else as the file is called up to its first dot. */
static int choose_name(const char *asked, const struct package_in *package, char **ret_name,
		       struct error *err)
{
	const char *base = strrchr(package->path, '/');
	_cleanup_(freep) char *name = asked ? strdup(asked) : package->name ? strdup(package->name) : NULL;
	int r;

	if (!name) {
		name = strdup(base ? base + 1 : package->path);
		if (name)
			name[strcspn(name, ".")] = '\0';
	}
	if (!name)
		return error_oom(err);
	r = state_check_name("an application", name, err);
	if (r == 0)
		*ret_name = take(name);
	return r;
}

/* 1 it is there and stands on this package, 0 it is not there. */
static int look_for(struct state *state, const char *name, const struct package_in *package,
		    struct error *err)
{
	_cleanup_(app_release) struct app app = APP_INIT;
	int r = app_find(state, name, &app, err);

	if (r > 0 && strcmp(app.package, package->copy.digest) != 0)
		return error_set(err, -EEXIST,
				 "'%s' is installed already with another package; "
				 "'sfc prod update %s %s' replaces it",
				 name, name, package->path);
	return r;
}

static int add(struct state *state, const char *name, const struct package_in *package, bool there,
	       struct error *err)
{
	char object[160];
	int r = connection_begin(&state->sql, err);

	snprintf(object, sizeof(object), "app/%.100s", name);
	if (r == 0)
		r = package_mark_ready(state, package->copy.digest, err);
	if (r == 0 && !there)
		r = app_add(state, name, package->copy.digest, err);
	if (r == 0 && !there)
		r = event_note(state, object, err, "installed sha256:%s", package->copy.digest);
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0)
		connection_rollback(&state->sql);
	return r;
}

static int install(struct state *state, struct store *store, const char *name,
		   struct package_in *package, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char object[160];
	int there, r;

	snprintf(object, sizeof(object), "app/%.100s", name);
	r = claim_take(state, object, &claim, err);
	if (r < 0)
		return r;
	there = look_for(state, name, package, err);
	r = there < 0 ? there : package_admit(state, store, package, err);
	return r < 0 ? r : add(state, name, package, there > 0, err);
}

int instance_install(struct state *state, const char *path, const char *name, const char *digest,
		     char **ret_name, struct package_in *package, struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_(freep) char *chosen = NULL;
	int r = name ? state_check_name("an application", name, err) : 0;

	if (r == 0)
		r = store_open(state->dir, &store, err);
	if (r == 0)
		r = package_read(store, path, digest, package, err);
	if (r == 0)
		r = choose_name(name, package, &chosen, err);
	if (r == 0)
		r = install(state, store, chosen, package, err);
	claim_release(&package->claim);
	/* ours if it came to nothing, and what killed commands left */
	if (store && package_tidy(state, store, r < 0 ? NULL : err) < 0 && r == 0)
		r = -EIO;
	if (r == 0)
		*ret_name = take(chosen);
	return r;
}
