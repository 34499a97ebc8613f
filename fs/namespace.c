// SPDX-License-Identifier: BSD-2-Clause
#include "fs/namespace.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"

static bool is_in(const struct namespace *ns, pid_t pid)
{
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	return stat(path, &st) == 0 && st.st_dev == ns->dev && st.st_ino == ns->ino;
}

/* A daemon like us, or a watcher: they stay as long as somebody else does. */
static bool runs_this_program(pid_t pid)
{
	struct stat st, own;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return stat("/proc/self/exe", &own) == 0 && stat(path, &st) == 0 &&
	       st.st_dev == own.st_dev && st.st_ino == own.st_ino;
}

/*
 * Process 1 may not be looked into, but its mount table may be: no mount is in two namespaces under one
 * number.
 */
static bool is_that_of_first(void)
{
	_cleanup_(fclosep) FILE *own = fopen("/proc/self/mountinfo", "re");
	_cleanup_(fclosep) FILE *first = fopen("/proc/1/mountinfo", "re");
	_cleanup_(freep) char *line = NULL;
	unsigned long long wanted;
	size_t size = 0;

	if (!own || !first || getline(&line, &size, own) <= 0)
		return true; /* as far as can be told */
	wanted = strtoull(line, NULL, 10);
	while (getline(&line, &size, first) > 0)
		if (strtoull(line, NULL, 10) == wanted)
			return true;
	return false;
}

void namespace_look(struct namespace *ns)
{
	struct stat own;

	*ns = (struct namespace){0};
	if (stat("/proc/self/ns/mnt", &own) < 0)
		return;
	ns->dev = own.st_dev;
	ns->ino = own.st_ino;
	ns->apart = !is_that_of_first();
}

bool namespace_is_left(struct namespace *ns)
{
	_cleanup_(closedirp) DIR *proc = NULL;
	const struct dirent *entry;

	if (!ns->apart || (ns->somebody && is_in(ns, ns->somebody)))
		return false;
	proc = opendir("/proc");
	if (!proc)
		return false;
	while ((entry = readdir(proc))) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (pid && is_in(ns, pid) && !runs_this_program(pid)) {
			ns->somebody = pid;
			return false;
		}
	}
	return true;
}
