// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/update.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "stage/instance/app.h"
#include "stage/instance/hidden.h"
#include "stage/instance/install.h"
#include "stage/instance/rebase.h"
#include "stage/instance/stop.h"
#include "stage/state/event.h"
#include "stage/store/store.h"

struct update {
	struct state *state;
	const struct update_request *request;
	struct store *store;
	struct app app;
	spec_strings names; /* of its instances */
	struct claim claim; /* of the application */
	struct claims claims;
	struct error *said;
};

static void update_release(struct update *update)
{
	claims_release(&update->claims);
	claim_release(&update->claim);
	app_release(&update->app);
	spec_strings_release(&update->names);
	store_close(update->store);
}

/* ---- nobody else changes it ---- */

static int claim_instances(struct update *update, struct error *err)
{
	_cleanup_(spec_strings_release) spec_strings objects = ARRAY_INIT;
	char object[160];

	for (size_t i = 0; i < update->names.count; i++) {
		instance_object(update->app.name, update->names.items[i], object, sizeof(object));
		if (spec_strings_add(&objects, object) < 0)
			return error_oom(err);
	}
	return claim_take_all(update->state, (const char *const *)objects.items, objects.count,
			      &update->claims, err);
}

/* What a killed command left of one is taken down; what was being made is no instance. */
static int settle_all(struct update *update, struct error *err)
{
	spec_strings *names = &update->names;
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (r == 0)
			r = instance_settle(update->state, update->app.name, names->items[i], err);
		if (r == -ENOENT) {
			free(names->items[i]);
			r = 0;
			continue;
		}
		names->items[kept++] = names->items[i];
		r = r > 0 ? 0 : r;
	}
	names->count = kept;
	return r;
}

static int begin(struct update *update, struct error *err)
{
	char object[160];
	int r;

	snprintf(object, sizeof(object), "app/%.100s", update->request->app);
	r = claim_take(update->state, object, &update->claim, err);
	if (r == 0)
		r = app_must_exist(update->state, update->request->app, &update->app, err);
	if (r == 0)
		r = instance_names(update->state, update->app.name, &update->names, err);
	if (r == 0)
		r = instance_names_unready(update->state, update->app.name, &update->names, err);
	if (r == 0)
		r = claim_instances(update, err);
	if (r == 0)
		r = settle_all(update, err);
	if (r == 0)
		r = store_open(update->state->dir, &update->store, err);
	return r;
}

/* ---- what is noted ---- */

static void take_settings(const struct spec *asked, struct spec *spec)
{
	if (asked->ready != READY_UNSET) {
		free(spec->ready_text);
		spec->ready_text = asked->ready_text ? strdup(asked->ready_text) : NULL;
		spec->ready_port = asked->ready_port;
		spec->ready = asked->ready;
	}
	if (asked->timeout_ms)
		spec->timeout_ms = asked->timeout_ms;
}

/* How these instances say that they work is kept with the update; until it has succeeded each remembers what it had. */
static int change_settings(struct update *update, struct error *err)
{
	const struct spec *asked = update->request->spec;
	int r = 0;

	if (!asked || (asked->ready == READY_UNSET && !asked->timeout_ms))
		return 0;
	r = instance_keep_before(update->state, update->app.name, err);
	for (size_t i = 0; r == 0 && i < update->names.count; i++) {
		_cleanup_(instance_release) struct instance instance = INSTANCE_INIT;

		r = instance_must_exist(update->state, update->app.name, update->names.items[i], &instance, err);
		if (r < 0)
			break;
		take_settings(asked, &instance.spec);
		r = asked->ready_text && !instance.spec.ready_text ? error_oom(err)
								   : instance_change(update->state, &instance, err);
	}
	return r;
}

static int in_transaction(struct update *update, const char *digest,
			  int (*change)(struct update *update, const char *digest, struct error *err),
			  struct error *err)
{
	int r = connection_begin(&update->state->sql, err);

	if (r == 0)
		r = change(update, digest, err);
	if (r == 0)
		r = connection_commit(&update->state->sql, err);
	if (r < 0)
		connection_rollback(&update->state->sql);
	return r;
}

static int note_intention(struct update *update, const char *digest, struct error *err)
{
	int r = package_mark_ready(update->state, digest, err);

	if (r == 0)
		r = app_set_updating(update->state, update->app.name, digest, err);
	return r < 0 ? r : change_settings(update, err);
}

static int note_done(struct update *update, const char *digest, struct error *err)
{
	char object[160];
	/* one that was interrupted may end where it began */
	bool same = strcmp(digest, update->app.package) == 0;
	int r = app_move(update->state, update->app.name, digest,
			 same ? update->app.previous : update->app.package, err);

	snprintf(object, sizeof(object), "app/%.100s", update->app.name);
	if (r == 0)
		r = instance_drop_before(update->state, update->app.name, err);
	return r < 0 ? r : event_note(update->state, object, err, "moved to sha256:%s", digest);
}

/* ---- the change ---- */

static void forget(struct update *update, const char *digest)
{
	if (digest)
		package_forget(update->state, update->store, digest, NULL);
}

static int go_back(struct update *update, const char *from, struct error *err)
{
	int r = rebase_back(update->state, update->app.name, &update->names, update->app.package,
			    update->said, err);

	if (r == 0)
		forget(update, from);
	return r;
}

static void note_failure(struct update *update, const char *digest, const char *why)
{
	char object[160];

	snprintf(object, sizeof(object), "app/%.100s", update->app.name);
	event_note(update->state, object, NULL, "not moved to sha256:%s: %s", digest, why);
}

/* One instance at a time; all back as soon as one does not come up. */
static int swap(struct update *update, const char *digest, struct error *err)
{
	struct error problem = ERROR_INIT, left = ERROR_INIT;
	int r = rebase_to(update->state, update->app.name, &update->names, digest, &problem), back;

	if (r == 0)
		r = in_transaction(update, digest, note_done, &problem);
	if (r == 0) {
		/* what still names it keeps it */
		forget(update, update->app.previous);
		return 0;
	}
	note_failure(update, digest, problem.message);
	back = go_back(update, digest, &left);
	if (back < 0)
		return error_set(err, back, "%s; going back: %s; 'sfc prod rollback %s' tries again",
				 problem.message, left.message, update->app.name);
	return error_set(err, r, "%s; every instance of '%s' is back on sha256:%s", problem.message,
			 update->app.name, update->app.package);
}

/* ---- update ---- */

static int show_hidden(struct update *update, int new_base, struct error *err)
{
	_cleanup_(closep) int old_base = -1;
	int r;

	if (!update->request->shadow)
		return 0;
	r = store_mount(update->store, update->app.package, &old_base, err);
	for (size_t i = 0; r == 0 && i < update->names.count; i++)
		r = hidden_each(update->state, update->app.name, update->names.items[i], old_base, new_base,
				update->request->shadow, err);
	return r;
}

static int update_to(struct update *update, struct package_in *package, enum update_outcome *ret_outcome,
		     struct error *err)
{
	_cleanup_(freep) char *left = update->app.updating ? strdup(update->app.updating) : NULL;
	const char *digest = package->copy.digest;
	int r;

	if (strcmp(digest, update->app.package) == 0 && !update->app.updating) {
		*ret_outcome = UPDATE_SAME;
		return 0;
	}
	r = show_hidden(update, package->copy.mount, err);
	*ret_outcome = update->request->dry_run ? UPDATE_DRY : UPDATE_DONE;
	if (r < 0 || update->request->dry_run)
		return r;
	r = package_admit(update->state, update->store, package, err);
	if (r == 0 && update->request->took)
		update->request->took(update->request->file, &package->copy);
	if (r == 0)
		r = in_transaction(update, digest, note_intention, err);
	/* its row names it now */
	claim_release(&package->claim);
	if (r < 0) {
		forget(update, digest);
		return r;
	}
	r = swap(update, digest, err);
	if (left && strcmp(left, digest) != 0)
		forget(update, left);
	return r;
}

int instance_update(struct state *state, const struct update_request *request,
		    enum update_outcome *ret_outcome, char ret_digest[DIGEST_HEX_SIZE], struct error *said,
		    struct error *err)
{
	_cleanup_(update_release) struct update update = {.state = state, .request = request, .said = said,
							  .claim = CLAIM_INIT};
	_cleanup_(package_in_release) struct package_in package = PACKAGE_IN_INIT;
	int r = app_must_exist(state, request->app, NULL, err);

	if (r == 0)
		r = begin(&update, err);
	if (r == 0)
		r = package_read(update.store, request->file, request->digest, &package, err);
	if (r == 0)
		r = update_to(&update, &package, ret_outcome, err);
	if (r == 0)
		snprintf(ret_digest, DIGEST_HEX_SIZE, "%s", package.copy.digest);
	return r;
}

/* ---- rollback ---- */

static int undo(struct update *update, struct error *err)
{
	_cleanup_(freep) char *left = strdup(update->app.updating);

	return left ? go_back(update, left, err) : error_oom(err);
}

static int roll_back(struct update *update, struct error *err)
{
	_cleanup_(closep) int mount = -1;
	const char *digest = update->app.previous;
	int r;

	if (!digest)
		return error_set(err, -ENOENT, "'%s' has not been updated: there is nothing to roll back to",
				 update->app.name);
	r = store_mount(update->store, digest, &mount, err);
	if (r == 0)
		r = show_hidden(update, mount, err);
	if (r == 0)
		r = in_transaction(update, digest, note_intention, err);
	return r < 0 ? r : swap(update, digest, err);
}

int instance_rollback(struct state *state, const struct update_request *request,
		      enum update_outcome *ret_outcome, char ret_digest[DIGEST_HEX_SIZE], struct error *said,
		      struct error *err)
{
	_cleanup_(update_release) struct update update = {.state = state, .request = request, .said = said,
							  .claim = CLAIM_INIT};
	bool interrupted;
	int r = begin(&update, err);

	if (r < 0)
		return r;
	interrupted = update.app.updating != NULL;
	*ret_outcome = interrupted ? UPDATE_UNDONE : UPDATE_DONE;
	r = interrupted ? undo(&update, err) : roll_back(&update, err);
	if (r == 0)
		snprintf(ret_digest, DIGEST_HEX_SIZE, "%s",
			 interrupted ? update.app.package : update.app.previous);
	return r;
}
