// SPDX-License-Identifier: BSD-2-Clause
/* From the child of process 1 to the command: what it may, who it is, where it is found. */
#include "pack/guest/guest.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the kernel's order. */
static const char *const capabilities[] = {
	"CHOWN",	"DAC_OVERRIDE",	 "DAC_READ_SEARCH", "FOWNER",	       "FSETID",	     "KILL",
	"SETGID",	"SETUID",	 "SETPCAP",	    "LINUX_IMMUTABLE", "NET_BIND_SERVICE",   "NET_BROADCAST",
	"NET_ADMIN",	"NET_RAW",	 "IPC_LOCK",	    "IPC_OWNER",       "SYS_MODULE",	     "SYS_RAWIO",
	"SYS_CHROOT",	"SYS_PTRACE",	 "SYS_PACCT",	    "SYS_ADMIN",       "SYS_BOOT",	     "SYS_NICE",
	"SYS_RESOURCE", "SYS_TIME",	 "SYS_TTY_CONFIG",  "MKNOD",	       "LEASE",		     "AUDIT_WRITE",
	"AUDIT_CONTROL", "SETFCAP",	 "MAC_OVERRIDE",    "MAC_ADMIN",       "SYSLOG",	     "WAKE_ALARM",
	"BLOCK_SUSPEND", "AUDIT_READ",	 "PERFMON",	    "BPF",	       "CHECKPOINT_RESTORE",
};

enum { CAPABILITIES = sizeof(capabilities) / sizeof(*capabilities) };

static bool may(const struct start *start, size_t capability)
{
	for (size_t i = 0; capability < CAPABILITIES && i < start->capabilities.count; i++) {
		const char *name = start->capabilities.items[i];

		if (strncmp(name, "CAP_", 4) == 0 && strcmp(name + 4, capabilities[capability]) == 0)
			return true;
	}
	return start->all_capabilities;
}

/* What a program of root's gets is what is left of the bounding set. */
static void bound(const struct start *start)
{
	for (size_t i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++)
		if (!may(start, i))
			prctl(PR_CAPBSET_DROP, i);
}

static int become_user(const struct start *start)
{
	gid_t *groups = calloc(start->groups.count + 1, sizeof(*groups));

	if (!groups)
		return -ENOMEM;
	for (size_t i = 0; i < start->groups.count; i++)
		groups[i] = (gid_t)strtoul(start->groups.items[i], NULL, 10);
	return setgroups(start->groups.count, groups) < 0 || setgid(start->gid) < 0 || setuid(start->uid) < 0 ? -errno
													       : 0;
}

static const char *path_of(const struct start *start)
{
	for (size_t i = 0; i < start->env.count; i++)
		if (strncmp(start->env.items[i], "PATH=", 5) == 0)
			return start->env.items[i] + 5;
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* As a shell finds it; only ever returns -errno. */
static int execute(const struct start *start)
{
	char *const *args = start->args.items;
	const char *rest = path_of(start);
	char path[PATH_MAX];
	int r = -ENOENT;

	if (strchr(args[0], '/')) {
		execve(args[0], args, start->env.items);
		return -errno;
	}
	for (; rest; rest = strchr(rest, ':') ? strchr(rest, ':') + 1 : NULL) {
		int length = (int)strcspn(rest, ":");

		if (snprintf(path, sizeof(path), "%.*s/%s", length, length ? rest : ".", args[0]) >= (int)sizeof(path))
			continue;
		execve(path, args, start->env.items);
		if (errno != ENOENT && errno != ENOTDIR)
			r = -errno;
	}
	return r;
}

int start_become(const struct start *start)
{
	sigset_t none;
	int r;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir(start->cwd) < 0) {
		say("cannot enter '%s': %s", start->cwd, strerror(errno));
		return GUEST_FAILED;
	}
	bound(start);
	r = become_user(start);
	if (r == 0 && start->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0) {
		say("cannot become user %u: %s", start->uid, strerror(-r));
		return GUEST_FAILED;
	}
	r = execute(start);
	say("cannot execute '%s': %s", start->args.items[0], strerror(-r));
	return r == -ENOENT ? GUEST_NOT_FOUND : GUEST_NOT_EXECUTABLE;
}
