// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/allow.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/instance/allow_ports.h"
#include "stage/instance/limits.h"
#include "stage/instance/look.h"
#include "stage/mount/user.h"

static bool is_to_start(const struct start *start)
{
	return !start->ran && start->code == 0;
}

/* One that waits to come up again, and does now, is no second one. */
static bool is_among(const struct starts *starts, const struct instance *instance)
{
	for (size_t i = 0; i < starts->count; i++)
		if (strcmp(starts->items[i].instance.app, instance->app) == 0 &&
		    strcmp(starts->items[i].instance.name, instance->name) == 0)
			return true;
	return false;
}

/* What counts of a user: what is up, and what is about to come up again by itself. */
static void sum_up(const struct looks *looks, const char *user, const struct starts *starts,
		   struct limits_sum *sum)
{
	for (size_t i = 0; i < looks->count; i++) {
		const struct look *look = &looks->items[i];

		if (strcmp(look->instance.user, user) == 0 &&
		    (instance_is_up(look->now) ||
		     (look->now == NOW_RESTARTING && !is_among(starts, &look->instance))))
			limits_add(sum, &look->instance.spec);
	}
}

/* What root runs for a user is bound; a user is bound by the slice in which he is, whatever he starts there. */
static int allow_one(struct state *state, const struct limits *limits, const struct limits_sum *sum,
		     struct ports_taken *taken, struct start *start)
{
	struct instance *instance = &start->instance;
	bool bound = !user_is_plain();
	int r = bound ? limits_check(limits, sum, &instance->spec, instance->user, &start->err) : 0;

	return r < 0 ? r : allow_ports(state, limits, bound, taken, instance, &start->err);
}

static void allow_user(struct state *state, const struct limits *limits, const struct looks *looks,
		       struct ports_taken *taken, const char *user, struct starts *starts, size_t from)
{
	struct limits_sum sum = {.taken = {0}};

	sum_up(looks, user, starts, &sum);
	for (size_t i = from; i < starts->count; i++) {
		struct start *start = &starts->items[i];

		if (!is_to_start(start) || strcmp(start->instance.user, user) != 0)
			continue;
		start->code = allow_one(state, limits, &sum, taken, start);
		if (start->code == 0)
			limits_add(&sum, &start->instance.spec);
	}
}

static bool is_first_of_user(const struct starts *starts, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(starts->items[i].instance.user, starts->items[at].instance.user) == 0)
			return false;
	return true;
}

int allow_all(struct state *state, struct starts *starts, struct error *err)
{
	_cleanup_(looks_release) struct looks looks = LOOKS_INIT;
	_cleanup_(ports_taken_freep) struct ports_taken *taken = NULL;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < starts->count; i++) {
		const char *user = starts->items[i].instance.user;
		struct limits limits;

		if (!is_first_of_user(starts, i))
			continue;
		r = limits_find(limits_path(), user, &limits, err);
		if (r <= 0)
			continue;
		r = taken ? 0 : look_read(state, NULL, &looks, err);
		if (r == 0 && !taken)
			r = ports_taken_new(&looks, &taken, err);
		if (r == 0)
			allow_user(state, &limits, &looks, taken, user, starts, i);
	}
	/* it is the file that is wrong, not what was asked */
	return r == -EINVAL ? -EBADMSG : r < 0 ? r : 0;
}

int allow_held(struct state *state, struct instance *instance, struct error *err)
{
	_cleanup_(looks_release) struct looks looks = LOOKS_INIT;
	_cleanup_(ports_taken_freep) struct ports_taken *taken = NULL;
	struct limits limits;
	int r = limits_find(limits_path(), instance->user, &limits, err);

	if (r <= 0)
		return r == -EINVAL ? -EBADMSG : r;
	r = look_read(state, NULL, &looks, err);
	if (r == 0)
		r = ports_taken_new(&looks, &taken, err);
	return r < 0 ? r : allow_ports(state, &limits, !user_is_plain(), taken, instance, err);
}
