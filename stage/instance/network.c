// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/instance/look.h"
#include "stage/instance/run.h"

/* One that shares another's that shares another's, so often. */
enum { DEPTH_MAX = 8 };

static enum spec_network kind_of(const struct spec *spec)
{
	if (spec->network != NETWORK_UNSET)
		return spec->network;
	return spec->ports.count ? NETWORK_PRIVATE : NETWORK_HOST;
}

/* Of one that is up. */
static int open_of(const struct run *run, int *ret_fd, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%lld/ns/net", (long long)run->note.process.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open the network namespace '%s'", path);
	/* it may have been another's number by then */
	if (!process_is_alive(&run->note.process))
		return -ESRCH;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int find_instance(struct state *state, const char *word, struct instance *ret_instance, struct run *ret_run,
			 struct error *err)
{
	_cleanup_(freep) char *copy = strdup(word);
	const char *app, *name;
	int r = copy ? instance_parse(copy, &app, &name, err) : error_oom(err);

	if (r == 0)
		r = instance_find(state, app, name ? name : "", ret_instance, err);
	if (r > 0 && ret_run)
		r = run_newest(state, app, name ? name : "", ret_run, err);
	return r;
}

/* Whose network it is in the end: the words of the first that does not share. NULL: that cannot be said. */
static int find_first(struct state *state, const char *word, char **ret_word, enum spec_network *ret_kind,
		      struct error *err)
{
	_cleanup_(freep) char *at = strdup(word);

	for (int depth = 0; at && depth < DEPTH_MAX; depth++) {
		_cleanup_(instance_release) struct instance instance = INSTANCE_INIT;
		const struct spec *spec = &instance.spec;
		int r = find_instance(state, at, &instance, NULL, err);

		if (r <= 0)
			return r;
		if (spec->network != NETWORK_INSTANCE) {
			*ret_kind = kind_of(spec);
			*ret_word = take(at);
			return 0;
		}
		free(at);
		at = strdup(spec->network_name);
	}
	return at ? 0 : error_oom(err);
}

int instance_network(struct state *state, struct spec *spec, int *ret_fd, struct error *err)
{
	_cleanup_(instance_release) struct instance instance = INSTANCE_INIT;
	_cleanup_(run_release) struct run run = RUN_INIT;
	_cleanup_(freep) char *first = NULL, *path = NULL;
	_cleanup_(closep) int fd = -1;
	int r;

	*ret_fd = -1;
	if (spec->network != NETWORK_INSTANCE)
		return 0;
	r = find_instance(state, spec->network_name, &instance, &run, err);
	if (r > 0 && run.state == RUN_UP && process_is_alive(&run.note.process))
		r = open_of(&run, &fd, err);
	if (r < 0 && r != -ESRCH)
		return r;
	if (fd < 0)
		return error_set(err, -ENOENT, "'%s', whose network it is to share, is not running",
				 spec->network_name);
	r = find_first(state, spec->network_name, &first, &spec->network_of, err);
	if (r < 0)
		return r;
	if (asprintf(&path, "/proc/self/fd/%d", fd) < 0) {
		path = NULL;
		return error_oom(err);
	}
	free(spec->network_name);
	spec->network_name = take(path);
	spec->network = NETWORK_PATH;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int shares(struct state *state, const struct look *look, const char *word, struct error *err)
{
	_cleanup_(freep) char *first = NULL;
	enum spec_network kind;
	int r;

	if (look->instance.spec.network != NETWORK_INSTANCE || !instance_is_up(look->now))
		return 0;
	r = find_first(state, look->instance.spec.network_name, &first, &kind, err);
	return r < 0 ? r : first && strcmp(first, word) == 0;
}

int instance_network_any(struct state *state, struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, "SELECT 1 FROM instance WHERE asked LIKE '%\"network\":\"app:%' LIMIT 1",
			      &stmt, err);

	return r < 0 ? r : statement_step(&state->sql, stmt, err);
}

int instance_network_again(struct state *state, const struct instance *instance, int *ret_fd, struct error *err)
{
	_cleanup_(looks_release) struct looks looks = LOOKS_INIT;
	char word[160];
	int r;

	*ret_fd = -1;
	snprintf(word, sizeof(word), "%s/%s", instance->app, instance->name);
	if (kind_of(&instance->spec) != NETWORK_PRIVATE && kind_of(&instance->spec) != NETWORK_NONE)
		return 0;
	r = look_read(state, NULL, &looks, err);
	for (size_t i = 0; r >= 0 && *ret_fd < 0 && i < looks.count; i++) {
		r = shares(state, &looks.items[i], word, err);
		if (r > 0)
			r = open_of(&looks.items[i].run, ret_fd, err);
		if (r == -ESRCH)
			r = 0;
	}
	return r < 0 ? r : 0;
}
