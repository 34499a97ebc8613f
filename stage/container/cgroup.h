/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control group of one container: which hierarchies the machine has, what is in the group, and what
 * is left of it at the end. The runtime makes it; where PID 1 is systemd, systemd does.
 */
#ifndef STAGE_CONTAINER_CGROUP_H
#define STAGE_CONTAINER_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "stage/spec/spec.h"

enum cgroup_version { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

struct cgroup {
	enum cgroup_version version;
	bool systemd; /* PID 1 makes groups */
	bool hybrid;  /* version 1, and a tree of version 2 beside it */
	uint64_t processes; /* where there is no group: the process namespace that stands for it, once it runs */
	char *given;  /* a plain user's: below which he makes them, stage/container/delegated.h; else NULL */
	char *path;   /* below each hierarchy: "/sfc/NAME"; with systemd known once it runs */
	char *name;
};

typedef ARRAY(pid_t) pid_list;

int cgroup_init(const char *name, struct cgroup *ret_cgroup, struct error *err);
void cgroup_release(struct cgroup *cgroup);

/* Of one that was noted, which may be where we could make none; `here` is what we could. */
enum cgroup_version cgroup_version_at(const struct cgroup *here, const char *path);
/* The directory below which ours are, in each hierarchy; the caller frees. NULL: no memory. */
char *cgroup_top(void);

/* "/sfc/NAME", or "system.slice:sfc:NAME" where systemd makes it; the caller frees. */
char *cgroup_for_runtime(const struct cgroup *cgroup);
/* Is there a controller of this name that a group can have? */
bool cgroup_has(const struct cgroup *cgroup, const char *controller);

/* Once `pid` is in it: where it is, or in which process namespace. */
void cgroup_find(struct cgroup *cgroup, pid_t pid);
/*
 * Are the limits that were asked for the kernel's? A runtime may ignore them silently. The weight for disks,
 * which none sets as it was asked for, is set here.
 */
int cgroup_check_limits(const struct cgroup *cgroup, const struct spec *spec, struct error *err);
/*
 * Before cgroup_init(), of a plain user who asks for one: his groups are made ready, and if they are systemd's to
 * give, this process goes to where they are. Not in a process namespace of ours. 1: it went there, and ends with his
 * last session; -EOPNOTSUPP with what is asked for and what hinders it.
 */
int cgroup_begin(const struct spec *spec, struct error *err);
/* Can they be, before anything runs? */
int cgroup_can_limit(const struct cgroup *cgroup, const struct spec *spec, struct error *err);

/* Who is in it, as numbers where we are; those of elsewhere are left out. */
int cgroup_processes(const struct cgroup *cgroup, pid_list *ret_list);
/* Kill who is in it, until nobody is: false when that takes more than a while. */
bool cgroup_kill(const struct cgroup *cgroup);
/*
 * Out of the group of whoever called us, which a login's end would kill: for what stays. Of those that take no
 * part in limits.
 */
void cgroup_leave(pid_t pid);
/* Into our group, of the same: a unit's, whose main process it is to be. */
void cgroup_join(pid_t pid);
/* Remove it, empty as it is by now. */
void cgroup_remove(const struct cgroup *cgroup);

/* The same by the container's name, when whoever had it was killed with all that was in it. */
void cgroup_forget(const char *name);
/*
 * Groups of commands that were killed: nobody is in one, and the process whose number ends its name is gone. Those
 * of instances are left to repair, which takes an instance's claim first: a runtime may just be making one.
 * Where processes have the numbers that those commands saw; one of another process namespace may just be making
 * it, so that they are left alone for two seconds, unless it is to be now. Returns how many there were.
 */
int cgroup_settle(bool now);

#endif
