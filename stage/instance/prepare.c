// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/prepare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "stage/instance/app.h"
#include "stage/instance/guarded.h"
#include "stage/instance/network.h"
#include "stage/instance/output.h"

enum { HOSTNAME_MAX = 63 };

void preparations_release(struct preparation *prepared, size_t count)
{
	for (size_t i = 0; prepared && i < count; i++) {
		free(prepared[i].directory);
		free(prepared[i].conmon);
		free(prepared[i].guarded);
		closep(&prepared[i].job.heals);
		closep(&prepared[i].network);
	}
	free(prepared);
}

/* ---- what every instance is told ---- */

/* In front of what was asked, which counts. */
static int add_variable(spec_strings *env, const char *name, const char *value)
{
	char *text = NULL;
	int r;

	if (asprintf(&text, "%s=%s", name, value) < 0)
		return -ENOMEM;
	r = array_push(env, text);
	if (r < 0) {
		free(text);
		return r;
	}
	memmove(env->items + 1, env->items, (env->count - 1) * sizeof(*env->items));
	env->items[0] = text;
	return 0;
}

static int set_hostname(struct instance *instance)
{
	struct spec *spec = &instance->spec;

	if (spec->hostname)
		return 0;
	if (asprintf(&spec->hostname, "%s-%s", instance->app, instance->name) < 0) {
		spec->hostname = NULL;
		return -ENOMEM;
	}
	/* the kernel's limit */
	if (strlen(spec->hostname) > HOSTNAME_MAX)
		spec->hostname[HOSTNAME_MAX] = '\0';
	return 0;
}

static int tell(struct instance *instance, struct error *err)
{
	struct spec *spec = &instance->spec;

	/* whoever has connected is brought there once somebody listens */
	if (spec->on_demand && spec->ready == READY_UNSET) {
		spec->ready = READY_TCP;
		spec->ready_port = spec->ports.items[0].port;
	}
	if (add_variable(&spec->env, "SFC_INSTANCE", instance->name) < 0 ||
	    add_variable(&spec->env, "SFC_APP", instance->app) < 0 || set_hostname(instance) < 0)
		return error_oom(err);
	return 0;
}

/* ---- where it is ---- */

static int make_directories(struct state *state, const struct start *start, struct preparation *prepared,
			    struct error *err)
{
	_cleanup_(freep) char *log = NULL;
	struct stat st;
	int fd, r = instance_directory(state, start->instance.app, start->instance.name,
				       &prepared->directory, err);

	if (r < 0)
		return r;
	log = path_join(prepared->directory, "log");
	prepared->conmon = run_directory(state, &start->run);
	if (!log || !prepared->conmon)
		return error_oom(err);
	output_rotate(log);
	if (stat(log, &st) == 0)
		prepared->log_before = (uint64_t)st.st_size;
	fd = state_directory(state, "run", err);
	if (fd < 0)
		return fd;
	closep(&fd);
	if (mkdir(prepared->conmon, 0700) < 0)
		return error_errno(err, "cannot make '%s'", prepared->conmon);
	return 0;
}

static int prepare_guard(struct state *state, const struct instance *instance, struct preparation *prepared,
			 struct error *err)
{
	int r;

	if (!instance->guard)
		return 0;
	r = guarded_manifest(state, instance, &prepared->guarded, err);
	prepared->job.guarded = prepared->guarded;
	if (r == 0 && strcmp(instance->guard, "heal") == 0)
		r = guard_open_source(state, instance->guard_source ? instance->guard_source : instance->app,
				      &prepared->job.heals, err);
	return r;
}

static int prepare_network(struct state *state, struct start *start, bool any_shares,
			   struct preparation *prepared)
{
	struct instance *instance = &start->instance;
	int r = instance_network(state, &instance->spec, &prepared->network, &start->err);

	if (r == 0 && any_shares && prepared->network < 0)
		r = instance_network_again(state, instance, &prepared->network, &start->err);
	snprintf(prepared->network_path, sizeof(prepared->network_path), "/proc/self/fd/%d", prepared->network);
	return r;
}

static int prepare(struct state *state, struct start *start, bool any_shares, struct preparation *prepared)
{
	struct package_row package = {.name = NULL};
	struct instance *instance = &start->instance;
	int r = package_find(state, instance->package, &package, &start->err);

	package_row_release(&package);
	if (r == 0)
		return error_set(&start->err, -ENOENT, "its package sha256:%s is not installed any more",
				 instance->package);
	if (r > 0)
		r = make_directories(state, start, prepared, &start->err);
	if (r == 0)
		r = prepare_network(state, start, any_shares, prepared);
	if (r == 0)
		r = tell(instance, &start->err);
	prepared->job = (struct put_up){
		.app = instance->app,
		.name = instance->name,
		.spec = &instance->spec,
		.package = instance->package,
		.set_id = package.set_id,
		.container = start->run.note.name,
		.run = start->run.id,
		.state = state->dir,
		.directory = prepared->directory,
		.conmon = prepared->conmon,
		.unit = start->unit,
		.restore = start->restore,
		.guard_source = instance->guard_source,
		.network = prepared->network >= 0 ? prepared->network_path : NULL,
		.heals = -1,
	};
	return r < 0 ? r : prepare_guard(state, instance, prepared, &start->err);
}

int prepare_all(struct state *state, struct starts *starts, struct preparation **ret_prepared,
		struct error *err)
{
	struct preparation *prepared = calloc(starts->count + 1, sizeof(*prepared));

	int any_shares = prepared ? instance_network_any(state, err) : error_oom(err);

	if (any_shares < 0) {
		free(prepared);
		return any_shares;
	}
	for (size_t i = 0; i < starts->count; i++)
		prepared[i].job.heals = prepared[i].network = -1;
	for (size_t i = 0; i < starts->count; i++)
		if (!starts->items[i].ran && starts->items[i].code == 0)
			starts->items[i].code = prepare(state, &starts->items[i], any_shares > 0, &prepared[i]);
	*ret_prepared = prepared;
	return 0;
}
