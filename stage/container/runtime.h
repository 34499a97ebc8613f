/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The OCI runtime: crun or runc, or a program of somebody's choice that takes the same commands. It is
 * started with our few words of environment and nothing of a package's.
 */
#ifndef STAGE_CONTAINER_RUNTIME_H
#define STAGE_CONTAINER_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "db/base/text.h"
#include "stage/container/cgroup.h"
#include "stage/spec/spec.h"

enum runtime_kind { RUNTIME_CRUN, RUNTIME_RUNC, RUNTIME_OTHER };

struct runtime {
	enum runtime_kind kind;
	char *program; /* absolute */
	spec_strings args; /* before its command: where its state is, and what was asked for */
};

/* work: where its state is. -ENOENT: there is none. */
int runtime_init(const struct spec *spec, const struct cgroup *cgroup, const char *work,
		 struct runtime *ret_runtime, struct error *err);
void runtime_release(struct runtime *runtime);

/*
 * crun does not start where version 1 of the cgroups has a tree of version 2 beside it. In our own mount
 * namespace it has none.
 */
int runtime_make_room(const struct runtime *runtime, const struct cgroup *cgroup,
		      struct error *err);

/*
 * Run it with these arguments, NULL-terminated, and these three as its input, output and errors. What it hands on to a
 * program inside is never of the host, not even /dev/null: crun makes them the program's user's, who then has that
 * file of all to change. -1, /dev/null, is for what starts no program.
 */
int runtime_spawn(const struct runtime *runtime, const char *const *arguments, const int streams[3],
		  pid_t *ret_pid, struct error *err);
/* The same, and wait: its status, or a negative errno. */
int runtime_call(const struct runtime *runtime, const char *const *arguments, const int streams[3],
		 struct error *err);

/* The last of what it said in its log, one line without its decoration; "" when nothing. */
void runtime_said(const char *log, struct text *text);

#endif
