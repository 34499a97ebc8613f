/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One way into a container, for slim, test, run, verify, dev exec and prod: a root that is ready (a
 * directory, by descriptor), a spec and what the package or image says of its start become a running
 * process under the default confinement. We write config.json from known fields, crun or runc make the
 * namespaces and pivot_root; nothing here calls chroot, and no host program gets the package's variables.
 *
 *	container_prepare()   config.json, seccomp, bundle directory; nothing runs yet
 *	container_start()     the runtime is started; the program runs when this returns
 *	container_wait()      until its first process has ended
 *	container_stop()      asks, waits the grace, kills; what is left in its cgroup too
 *	container_release()   whatever is there of it is taken down; always
 *
 * The caller mounts the root before, in a mount namespace of its own (stage/mount), so that all ends with
 * its last process.
 */
#ifndef STAGE_CONTAINER_CONTAINER_H
#define STAGE_CONTAINER_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

/* What a package's config.json or an image's configuration says, checked, typed; lent. */
struct start_defaults {
	char *const *args, *const *env; /* NULL-terminated; env entries are NAME=VALUE */
	const char *cwd;                /* absolute, or NULL */
	const char *user;               /* USER[:GROUP], or NULL: root */
	int stop_signal;                /* 0: SIGTERM */
};

struct container_request {
	const struct spec *spec;
	const struct start_defaults *defaults; /* NULL: a plain environment, nothing to start by default */
	const char *root;   /* the directory that becomes /, mounted, in our mount namespace */
	const char *name;   /* of the container in the runtime and its cgroup: unique on this machine */
	const char *work;   /* a directory of ours (tmpfs of this run): bundle, runtime state, pipes */
	bool traced;        /* no_new_privs stays off, so that set-id programs are seen as they are */
	bool set_id;        /* the package holds a set-id or capability-bearing file: no_new_privs off */
	int stdin_fd, stdout_fd, stderr_fd; /* what the program gets: pipes or /dev/null; never a file of
					       the host (we copy); -1: ours through a pipe */
};

struct container;

/* 0; -EINVAL with err for what is asked wrongly; -ENOENT the command is not in the root (status 127),
 * -EACCES it is not executable (126); other negative errnos for failures of ours (125). */
int container_prepare(const struct container_request *request, struct container **ret_container,
		      struct error *err);
int container_start(struct container *container, struct error *err);
/* The first process as the host sees it. */
pid_t container_pid(const struct container *container);
/* A descriptor that poll(2) reports readable once the first process has ended; borrowed. */
int container_pidfd(const struct container *container);
/* *ret_status as a shell has it: 128 + N when signal N ended it. */
int container_wait(struct container *container, int *ret_status, struct error *err);
/* *ret_unheard: "NAME (PID), …" of what had to be killed, the caller frees; NULL: all ended by themselves. */
int container_stop(struct container *container, uint64_t grace_ms, int *ret_status, char **ret_unheard,
		   struct error *err);
void container_release(struct container *container);
void container_releasep(struct container **container);

#endif
