// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/instance/instance.h"
#include "stage/instance/run.h"

static int find(struct state *state, const char *word, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(word);
	_cleanup_(run_release) struct run run = RUN_INIT;
	const char *app, *name;
	int r = copy ? instance_parse(copy, &app, &name, err) : error_oom(err);

	if (r == 0)
		r = run_newest(state, app, name ? name : "", &run, err);
	if (r < 0)
		return r;
	if (run.state != RUN_UP || !process_is_alive(&run.note.process))
		return error_set(err, -ENOENT, "'%s', whose network it is to share, is not running", word);
	if (asprintf(ret_path, "/proc/%lld/ns/net", (long long)run.note.process.pid) < 0) {
		*ret_path = NULL;
		return error_oom(err);
	}
	return 0;
}

int instance_network(struct state *state, struct spec *spec, struct error *err)
{
	char *path = NULL;
	int r;

	if (spec->network != NETWORK_INSTANCE)
		return 0;
	r = find(state, spec->network_name, &path, err);
	if (r < 0)
		return r;
	free(spec->network_name);
	spec->network_name = path;
	spec->network = NETWORK_PATH;
	return 0;
}

int instance_network_hold(struct state *state, struct spec *spec, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	char *path = NULL;
	int r;

	if (spec->network != NETWORK_INSTANCE)
		return 0;
	r = instance_network(state, spec, err);
	if (r < 0)
		return r;
	fd = open(spec->network_name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open the network namespace '%s'", spec->network_name);
	if (asprintf(&path, "/proc/self/fd/%d", fd) < 0)
		return error_oom(err);
	take_fd(&fd);
	free(spec->network_name);
	spec->network_name = path;
	return 0;
}
