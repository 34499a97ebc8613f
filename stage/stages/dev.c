// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/layer/base.h"
#include "stage/layer/dev.h"
#include "stage/layer/root.h"
#include "stage/layer/upper.h"
#include "stage/stages/dev_private.h"
#include "stage/state/claim.h"
#include "stage/state/event.h"

/* ---- claims ---- */

int dev_claim(struct state *state, const char *name, struct claim *ret_claim, struct error *err)
{
	char object[160];

	snprintf(object, sizeof(object), "dev/%s", name);
	return claim_take(state, object, ret_claim, err);
}

static int claim_base(struct state *state, const char *name, struct claim *ret_claim, struct error *err)
{
	char object[160];

	snprintf(object, sizeof(object), "base/%s", name);
	return claim_take(state, object, ret_claim, err);
}

static int refuse_in_use(struct state *state, const struct dev *dev, struct error *err)
{
	bool in_use;
	int r = dev_in_use(state, dev, &in_use, err);

	if (r == 0 && in_use)
		return error_set(err, -EBUSY, "'%s' is in use: leave its shells first", dev->name);
	return r;
}

int dev_to_change(struct state *state, const char *name, struct claim *ret_claim, struct dev *ret_dev,
		  struct error *err)
{
	int r = dev_must_exist(state, name, NULL, err);

	if (r == 0)
		r = dev_claim(state, name, ret_claim, err);
	if (r == 0)
		r = dev_settle(state, name, err);
	if (r == 0)
		r = dev_must_exist(state, name, ret_dev, err);
	return r < 0 ? r : refuse_in_use(state, ret_dev, err);
}

/* ---- create ---- */

int dev_check_new_name(const char *name, struct error *err)
{
	static const char *const verbs[] = {"exec", "mount", "report", "rm", "start", "stop", "umount"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(name, verbs[i]) == 0)
			return error_set(err, -EINVAL,
					 "'%s' is a word of 'sfc test' and cannot be a name", name);
	return state_check_name("a root", name, err);
}

int dev_make_way(struct state *state, const char *name, struct error *err)
{
	int r = dev_settle(state, name, err);

	if (r == 0)
		r = dev_find(state, name, NULL, err);
	return r > 0 ? error_set(err, -EEXIST, "there is a '%s' already; 'sfc dev rm %s' removes it", name, name)
		     : r;
}

static int make_base(struct state *state, const struct root_source *source,
		     const struct root_options *options, struct error *err)
{
	_cleanup_(closep) int dirfd = -1;
	int r = base_begin(state, source->base, source->from, NULL, &dirfd, err);

	if (r == 0)
		r = root_make(source, options, dirfd, err);
	if (r == 0)
		r = base_finish(state, source->base, dirfd, err);
	if (r < 0)
		base_settle(state, source->base, NULL);
	return r;
}

/* There already, or made. */
static int provide_base(struct state *state, const struct root_source *source,
			const struct root_options *options, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	int r;

	if (source->kind == ROOT_DEV || source->kind == ROOT_BASE)
		return 0;
	r = claim_base(state, source->base, &claim, err);
	if (r == 0)
		r = base_find(state, source->base, NULL, err);
	return r == 0 ? make_base(state, source, options, err) : r < 0 ? r : 0;
}

/* Into `name` of a directory, which has an empty one of that name, or none. */
static int copy_layer(struct state *state, const struct dev *dev, int dirfd, const char *name,
		      struct error *err)
{
	_cleanup_(closep) int layer = -1, upper = -1;
	_cleanup_(freep) char *shown = NULL;
	int r = dev_layer_open(state, dev->name, dev->layer, &layer, err);

	if (r < 0)
		return r;
	upper = openat(layer, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (upper < 0)
		return error_errno(err, "cannot open the layer of '%s'", dev->name);
	if (asprintf(&shown, "the layer of '%s'", dev->name) < 0)
		return error_oom(err);
	return upper_copy(upper, dirfd, name, shown, err);
}

/* A branch starts with what the other's layer holds. */
static int branch(struct state *state, const char *from, int layer, struct error *err)
{
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	int r = dev_must_exist(state, from, &dev, err);

	return r < 0 ? r : copy_layer(state, &dev, layer, "upper", err);
}

int dev_finish(struct state *state, const char *name, const char *how, const char *from, struct error *err)
{
	char object[160];
	int r = connection_begin(&state->sql, err);

	snprintf(object, sizeof(object), "dev/%s", name);
	if (r < 0)
		return r;
	r = dev_mark_ready(state, name, err);
	if (r == 0)
		r = event_note(state, object, err, "%s from %s", how, from);
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0)
		connection_rollback(&state->sql);
	return r;
}

static int make_dev(struct state *state, const char *name, const struct root_source *source,
		    struct error *err)
{
	_cleanup_(closep) int layer = -1;
	int r = dev_begin(state, name, source->base, source->from, err);

	if (r == 0)
		r = dev_layer_make(state, name, 1, source->base, &layer, err);
	if (r == 0 && source->kind == ROOT_DEV)
		r = branch(state, source->from, layer, err);
	if (r == 0 && syncfs(layer) < 0)
		r = error_errno(err, "cannot write '%s'", name);
	if (r == 0)
		r = dev_finish(state, name, "created", source->from, err);
	if (r < 0)
		dev_settle(state, name, NULL);
	return r;
}

/* Its own, and that of the name it starts from, which must not change meanwhile. */
static int claim_both(struct state *state, const char *name, const char *from, struct claim *ret_claim,
		      struct claim *ret_other, struct error *err)
{
	int order = strcmp(name, from), r;

	if (order == 0)
		return dev_claim(state, name, ret_claim, err);
	r = dev_claim(state, order < 0 ? name : from, order < 0 ? ret_claim : ret_other, err);
	if (r == 0)
		r = dev_claim(state, order < 0 ? from : name, order < 0 ? ret_other : ret_claim, err);
	return r;
}

int dev_create(struct state *state, const char *name, const char *from, const struct root_options *options,
	       char **ret_base, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT, other = CLAIM_INIT;
	_cleanup_(root_source_release) struct root_source source = ROOT_SOURCE_INIT;
	int r = dev_check_new_name(name, err);

	if (r == 0)
		r = dev_find(state, from, NULL, err);
	if (r >= 0)
		r = r ? claim_both(state, name, from, &claim, &other, err)
		      : dev_claim(state, name, &claim, err);
	if (r == 0)
		r = dev_make_way(state, name, err);
	if (r == 0)
		r = root_source_find(state, from, options, &source, err);
	if (r == 0)
		r = provide_base(state, &source, options, err);
	if (r == 0)
		r = make_dev(state, name, &source, err);
	if (r == 0)
		*ret_base = take(source.base);
	return r;
}

/* ---- commit, reset ---- */

static int switch_layer(struct state *state, const struct dev *dev, const char *base, bool fresh,
			struct error *err)
{
	char object[160];
	int r = connection_begin(&state->sql, err);

	snprintf(object, sizeof(object), "dev/%s", dev->name);
	if (r < 0)
		return r;
	if (fresh)
		r = base_mark_ready(state, base, err);
	if (r == 0)
		r = dev_layer_switch(state, dev->name, base, dev->layer + 1, err);
	if (r == 0)
		r = fresh ? event_note(state, object, err, "committed as %s", base)
			  : event_note(state, object, err, "reset");
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0)
		connection_rollback(&state->sql);
	return r;
}

/* A copy, not a move: until the change of the row the layer is where it was. */
static int copy_to_base(struct state *state, const struct dev *dev, int dirfd, const char *base,
			struct error *err)
{
	int r = copy_layer(state, dev, dirfd, "tree", err);

	return r < 0 ? r : base_sync(dirfd, base, err);
}

static int check_new_base(struct state *state, const char *name, const char *base, struct error *err)
{
	int r = base_find(state, base, NULL, err);

	if (r > 0)
		return error_set(err, -EEXIST, "there is a base '%s' already", base);
	if (r == 0 && strcmp(name, base) != 0)
		r = dev_find(state, base, NULL, err);
	return r > 0 ? error_set(err, -EEXIST, "'%s' is the name of a root already", base) : r;
}

int dev_commit(struct state *state, const char *name, const char *base, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT, base_claim = CLAIM_INIT;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	_cleanup_(closep) int dirfd = -1, layer = -1;
	int r = state_check_name("a base", base, err);

	if (r == 0)
		r = dev_to_change(state, name, &claim, &dev, err);
	if (r == 0)
		r = claim_base(state, base, &base_claim, err);
	if (r == 0)
		r = check_new_base(state, name, base, err);
	if (r < 0)
		return r;
	r = base_begin(state, base, name, dev.base, &dirfd, err);
	if (r == 0)
		r = copy_to_base(state, &dev, dirfd, base, err);
	if (r == 0)
		r = dev_layer_make(state, name, dev.layer + 1, base, &layer, err);
	if (r == 0)
		r = switch_layer(state, &dev, base, true, err);
	if (r < 0)
		base_settle(state, base, NULL);
	/* the new layer, or the old one */
	if (r < 0)
		dev_settle(state, name, NULL);
	else
		r = dev_settle(state, name, err);
	return r;
}

int dev_reset(struct state *state, const char *name, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	_cleanup_(closep) int layer = -1;
	int r = dev_to_change(state, name, &claim, &dev, err);

	if (r == 0)
		r = dev_layer_make(state, name, dev.layer + 1, dev.base, &layer, err);
	if (r == 0)
		r = switch_layer(state, &dev, dev.base, false, err);
	return r < 0 ? r : dev_settle(state, name, err);
}

/* ---- the end of it ---- */

static int delete_dev(struct state *state, const char *name, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	char object[160];
	int r = dev_to_change(state, name, &claim, &dev, err);

	snprintf(object, sizeof(object), "dev/%s", name);
	if (r == 0)
		r = dev_remove(state, name, err);
	return r < 0 ? r : event_forget(state, object, err);
}

static int delete_base(struct state *state, const char *name, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	int r = claim_base(state, name, &claim, err);

	return r < 0 ? r : base_remove(state, name, err);
}

int dev_delete(struct state *state, const char *name, struct error *err)
{
	int r = state_check_name("a root", name, err);

	if (r == 0)
		r = dev_find(state, name, NULL, err);
	if (r != 0)
		return r < 0 ? r : delete_dev(state, name, err);
	r = base_find(state, name, NULL, err);
	if (r != 0)
		return r < 0 ? r : delete_base(state, name, err);
	return error_set(err, -ENOENT, "there is no '%s'; 'sfc dev list' shows what there is", name);
}
