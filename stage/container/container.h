/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One way into a container, for slim, test, run, verify, dev exec and prod: a root that is ready (a
 * directory), a spec and what the package or image says of its start become a running process under the
 * default confinement. We write config.json from known fields, crun or runc make the namespaces and
 * pivot_root; nothing here calls chroot, and no host program gets the package's variables.
 *
 *	container_prepare()   config.json, seccomp, bundle directory, network; nothing runs yet
 *	container_start()     the runtime is started; the program runs when this returns
 *	container_pump()      its streams are copied, until it has ended or something else happens
 *	container_wait()      until its first process has ended
 *	container_stop()      asks, waits the grace, kills; what is left in its cgroup too
 *	container_release()   whatever is there of it is taken down; always
 *
 * With request->keep it is kept up when we have gone: container/keep.h.
 *
 * The caller mounts the root before, in a namespace of its own (stage/mount/namespace.h), so that all
 * ends with its last process, and stays single-threaded. The program's input and output are pipes, or
 * with spec->terminal a terminal of its own: never a file or terminal of the host, whose mode, length
 * and input queue it could change.
 */
#ifndef STAGE_CONTAINER_CONTAINER_H
#define STAGE_CONTAINER_CONTAINER_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

/* What a package's config.json or an image's configuration says, checked, typed; lent. */
struct start_defaults {
	char *const *args, *const *env; /* NULL-terminated; env entries are NAME=VALUE */
	const char *cwd;                /* absolute, or NULL */
	const char *user;               /* USER[:GROUP], or NULL: root */
	const uint32_t *groups;         /* further ones, with a user of numbers */
	size_t group_count;
	int stop_signal;                /* 0: SIGTERM */
	/* What its profile takes away, unless --seccomp says something: families of calls (pack/elf/families.h) and
	 * names of capabilities, NULL at their end; NULL: none. */
	uint32_t without_families;
	char *const *without_capabilities;
};

struct container_keep;
struct learned;

struct container_request {
	const struct spec *spec;
	const struct start_defaults *defaults; /* NULL: a plain environment, nothing to start by default */
	const char *root;  /* the directory that becomes /, mounted, in our mount namespace */
	const char *name;  /* of the container in the runtime and its cgroup: unique on this machine */
	const char *work;  /* an empty directory of ours, of this start alone (a tmpfs): bundle, sockets */
	const char *cache; /* behind the 0700 door: where a compiled filter is kept; NULL: nowhere */
	/*
	 * The same root where nobody notes what is read: what is looked up before the start is no part of
	 * what the program used. NULL: root.
	 */
	const char *look;
	/*
	 * In the process and IPC namespaces of this process, by its number where we are, which is a container's; with
	 * spec->network_name in its network, too. 0: in its own.
	 */
	pid_t beside;
	/* Where to note what it uses of what a profile can take away (stage/container/learn.h), of which nothing is
	 * taken away then; shared memory. NULL: it is not watched. */
	struct learned *learned;
	bool traced;       /* no_new_privs stays off, so that set-id programs are seen as they are */
	bool init;         /* process 1 is one of ours, the program an ordinary process */
	bool daemons;      /* with init: a program that ends well may have left its server behind, which counts */
	bool set_id;       /* the root holds a set-id or capability-bearing file: no_new_privs off */
	/*
	 * Our ends of its streams: read from and written to until the program has ended. -1: an empty
	 * input, output thrown away. With spec->terminal input and output are our terminal.
	 */
	int input, output, errors;
	const struct container_keep *keep; /* NULL: it ends with us */
	/* The network that it had, by a path: others are in it still, and it is to meet them. NULL: none. */
	const char *network;
	const char *restore; /* files that container_checkpoint() made, put up instead of the program; NULL: none */
};

struct container;

/* 0; -EINVAL with err for what is asked wrongly; -ENOENT the command is not in the root (status 127),
 * -EACCES it is not executable (126); other negative errnos for failures of ours (125). */
int container_prepare(const struct container_request *request, struct container **ret_container,
		      struct error *err);
int container_start(struct container *container, struct error *err);

/* The first process, by its number where we are; when it has left others behind, one of these. */
pid_t container_pid(const struct container *container);
/* A descriptor that poll(2) reports readable once the first process has ended; borrowed. */
int container_pidfd(const struct container *container);
bool container_ended(const struct container *container);

/*
 * Copy its streams until it has ended and all was copied, one of the caller's descriptors is ready (as
 * poll(2), their revents set), or timeout_ms are over (-1: never). Returns how many of them are ready; 0
 * else; or a negative errno.
 */
int container_pump(struct container *container, struct pollfd *also, size_t count,
		   int64_t timeout_ms, struct error *err);
/* *ret_status as a shell has it: 128 + N when signal N ended it. */
int container_wait(struct container *container, int *ret_status, struct error *err);
/* A signal for the first process; those it does not catch do nothing, as for every process 1. */
int container_signal(struct container *container, int number);
/*
 * The first process gets the image's stop signal; where it would not notice, those that it has started
 * get it. When it has ended, what is left in the cgroup gets it too. After the grace whatever is left is
 * killed. *ret_unheard: "NAME (PID), …" of what had to be, the caller frees; NULL: all ended by themselves.
 */
int container_stop(struct container *container, uint64_t grace_ms, int *ret_status, char **ret_unheard,
		   struct error *err);
/*
 * In a child of ours: enter the network namespace of the container, and leave all else as it is.
 * What is asked from outside (--ready http://…, --probe) is asked from there.
 */
int container_network_enter(const struct container *container, struct error *err);

/*
 * A further program in it, as its first one was started: as whom, with which variables and in which directory.
 * The words, NULL at their end, go into a file of ours, which the caller removes and frees; the runtime is
 * called by a child of ours, which gets the program's status, or 126 or 127, or a negative errno.
 */
int container_join_prepare(struct container *container, char *const *args, char **ret_file, struct error *err);
int container_join(const struct container *container, const char *file, int output, int errors);

/*
 * A socket that listens where it does is of one of its processes: on the host's network it may be another's. True
 * also where that cannot be told.
 */
bool container_has_socket(const struct container *container, uint64_t inode);

/* Its root as we see it; borrowed. */
const char *container_root(const struct container *container);
/* Who it was prepared to run as. */
void container_identity(const struct container *container, uint32_t *ret_uid, uint32_t *ret_gid,
			const char **ret_home);

void container_release(struct container *container);
void container_releasep(struct container **container);

#endif
