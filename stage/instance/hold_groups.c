// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/hold_groups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "stage/container/ports.h"
#include "stage/instance/hold_proxy.h"
#include "stage/instance/look.h"

/* ---- their lives ---- */

static void member_release(struct hold_group *group, struct hold_member *member)
{
	hold_member_down(group, member, false);
	closep(&member->said);
	free(member->proxies);
	free(member->name);
}

static void group_release(struct hold_group *group)
{
	for (size_t i = 0; i < group->members.count; i++)
		member_release(group, &group->members.items[i]);
	for (size_t i = 0; i < group->ports.count; i++) {
		closep(&group->ports.items[i].listener);
		free(group->ports.items[i].asked.address);
	}
	array_release(&group->members);
	array_release(&group->ports);
	free(group->problem);
	free(group->app);
}

void hold_groups_release(struct hold_groups *groups)
{
	for (size_t i = 0; i < groups->list.count; i++)
		group_release(&groups->list.items[i]);
	array_release(&groups->list);
	free(groups->state);
}

/* ---- one that is up ---- */

bool hold_member_down(struct hold_group *group, struct hold_member *member, bool idle)
{
	for (size_t i = 0; i < group->ports.count; i++) {
		if (member->proxies[i] > 0 &&
		    !hold_proxy_end(member->proxies[i], port_of_host(&group->ports.items[i].asked), idle))
			return false;
		member->proxies[i] = 0;
	}
	closep(&member->pidfd);
	member->pidfd = -1;
	member->pid = 0;
	return true;
}

int hold_member_connections(const struct hold_group *group, const struct hold_member *member)
{
	int sum = 0;

	for (size_t i = 0; i < group->ports.count; i++) {
		int count = member->proxies[i] > 0 ? hold_proxy_connections(member->proxies[i],
									    port_of_host(&group->ports.items[i].asked))
						   : 0;

		if (count < 0)
			return -1;
		sum += count;
	}
	return sum;
}

static int forward(struct hold_group *group, struct hold_member *member, struct error *err)
{
	_cleanup_(closep) int network = -1;
	char path[48];
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)member->pid);
	network = open(path, O_RDONLY | O_CLOEXEC);
	if (network < 0)
		return error_errno(err, "cannot open the network of %s/%s", group->app, member->name);
	for (size_t i = 0; r == 0 && i < group->ports.count; i++)
		if (member->proxies[i] == 0)
			r = port_forward(group->ports.items[i].listener, network, group->ports.items[i].asked.port,
					 &member->proxies[i], err);
	return r;
}

static int stand_before(struct hold_group *group, struct hold_member *member, const struct process *process,
			struct error *err)
{
	if (member->pid != process->pid) {
		hold_member_down(group, member, false);
		member->pid = (pid_t)process->pid;
		member->pidfd = process_open(process);
		if (member->pidfd < 0)
			return error_code(err, member->pidfd, "%s/%s is not up", group->app, member->name);
	}
	if (member->now != HOLD_UP)
		member->used_ms = clock_steady_ms();
	member->now = HOLD_UP;
	return forward(group, member, err);
}

int hold_member_up(const struct hold_groups *groups, struct hold_group *group, struct hold_member *member,
		   struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(run_release) struct run run = RUN_INIT;
	int r = state_open(groups->state, &state, err);

	if (r == 0)
		r = run_newest(state, group->app, member->name, &run, err);
	if (r < 0)
		return r;
	if (r == 0 || run.state != RUN_UP)
		return error_set(err, -ESRCH, "%s/%s is not up", group->app, member->name);
	return stand_before(group, member, &run.note.process, err);
}

/* ---- as state.db has it ---- */

static bool same_ports(const struct hold_group *group, const struct spec *spec)
{
	if (group->ports.count != spec->ports.count)
		return false;
	for (size_t i = 0; i < spec->ports.count; i++) {
		const struct spec_port *a = &group->ports.items[i].asked, *b = &spec->ports.items[i];

		if (port_of_host(a) != port_of_host(b) || a->port != b->port ||
		    strcmp(a->address ? a->address : "", b->address ? b->address : "") != 0)
			return false;
	}
	return true;
}

static int group_hold(struct hold_group *group, const struct spec *spec, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->ports.count; i++) {
		struct hold_port port = {.asked = spec->ports.items[i], .listener = -1};

		port.asked.address = port.asked.address ? strdup(port.asked.address) : NULL;
		r = port_hold(&port.asked, &port.listener, err);
		if (array_push(&group->ports, port) < 0) {
			closep(&port.listener);
			free(port.asked.address);
			r = error_oom(err);
		}
	}
	return r;
}

static struct hold_group *group_of(struct hold_groups *groups, const struct instance *instance)
{
	struct hold_group group = {.app = NULL};
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < groups->list.count; i++)
		if (strcmp(groups->list.items[i].app, instance->app) == 0 &&
		    same_ports(&groups->list.items[i], &instance->spec))
			return &groups->list.items[i];
	group.app = strdup(instance->app);
	if (group.app && group_hold(&group, &instance->spec, &err) < 0)
		group.problem = strdup(err.message);
	if (group.app && array_push(&groups->list, group) == 0)
		return &groups->list.items[groups->list.count - 1];
	group_release(&group);
	return NULL;
}

static struct hold_member *member_of(struct hold_group *group, const char *name)
{
	struct hold_member member = {.said = -1, .pidfd = -1};

	for (size_t i = 0; i < group->members.count; i++)
		if (strcmp(group->members.items[i].name, name) == 0)
			return &group->members.items[i];
	member.name = strdup(name);
	member.proxies = calloc(group->ports.count, sizeof(*member.proxies));
	if (member.name && member.proxies && array_push(&group->members, member) == 0)
		return &group->members.items[group->members.count - 1];
	free(member.name);
	free(member.proxies);
	return NULL;
}

static int read_one(struct hold_groups *groups, const struct look *look, struct error *err)
{
	const struct instance *instance = &look->instance;
	struct hold_group *group = group_of(groups, instance);
	struct hold_member *member = group ? member_of(group, instance->name) : NULL;
	struct error said = ERROR_INIT;

	if (!member)
		return error_oom(err);
	group->seen = member->seen = true;
	group->idle_ms = instance->spec.idle_ms;
	group->least = instance->spec.instances_least;
	group->per = instance->spec.per;
	if (!group->problem && look->now == NOW_RUNNING && member->now != HOLD_WAKING && member->now != HOLD_FALLING &&
	    look->run.ready_ns)
		stand_before(group, member, &look->run.note.process, &said);
	return 0;
}

static void drop_groups(struct hold_groups *groups)
{
	for (size_t i = groups->list.count; i-- > 0;) {
		if (groups->list.items[i].seen)
			continue;
		group_release(&groups->list.items[i]);
		groups->list.items[i] = groups->list.items[--groups->list.count];
	}
}

static void drop_members(struct hold_group *group)
{
	for (size_t i = group->members.count; i-- > 0;) {
		if (group->members.items[i].seen)
			continue;
		member_release(group, &group->members.items[i]);
		group->members.items[i] = group->members.items[--group->members.count];
	}
}

static bool is_held(const struct instance *instance)
{
	return instance->spec.on_demand && instance->wanted && instance->ready;
}

/* What nobody wants any more makes room first; a port that could not be had is tried anew. */
static void mark(struct hold_groups *groups, const struct looks *looks)
{
	for (size_t i = 0; i < groups->list.count; i++) {
		struct hold_group *group = &groups->list.items[i];

		group->seen = false;
		for (size_t k = 0; k < group->members.count; k++)
			group->members.items[k].seen = false;
		for (size_t k = 0; !group->problem && k < looks->count; k++)
			group->seen |= is_held(&looks->items[k].instance) &&
				       strcmp(looks->items[k].instance.app, group->app) == 0 &&
				       same_ports(group, &looks->items[k].instance.spec);
	}
	drop_groups(groups);
}

int hold_groups_read(struct hold_groups *groups, struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(looks_release) struct looks looks = LOOKS_INIT;
	int r = state_open(groups->state, &state, err);

	if (r == 0)
		r = look_read(state, NULL, &looks, err);
	if (r < 0)
		return r;
	mark(groups, &looks);
	for (size_t i = 0; r == 0 && i < looks.count; i++)
		if (is_held(&looks.items[i].instance))
			r = read_one(groups, &looks.items[i], err);
	for (size_t i = 0; r == 0 && i < groups->list.count; i++)
		drop_members(&groups->list.items[i]);
	return r;
}
