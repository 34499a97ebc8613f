/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of container/: what one container is made of. */
#ifndef STAGE_CONTAINER_PRIVATE_H
#define STAGE_CONTAINER_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/process.h"
#include "pack/oci/user.h"
#include "stage/container/cgroup.h"
#include "stage/container/container.h"
#include "stage/container/init.h"
#include "stage/container/learn.h"
#include "stage/container/network.h"
#include "stage/container/runtime.h"
#include "stage/container/seccomp.h"
#include "stage/container/streams.h"

struct container {
	const struct container_request *request; /* borrowed until container_start() has returned */
	char *name, *work, *root;

	/* what was found out by container_prepare() */
	struct oci_user user;
	char *home;
	char *program; /* the command as found in the root */
	uint64_t capabilities, capabilities_added;
	struct seccomp seccomp;
	bool no_new_privileges, terminal;
	int stop_signal;
	struct runtime runtime;
	struct cgroup cgroup;
	struct network network;
	struct init init;
	struct learner learner;
	struct learned *learned; /* borrowed */
	struct streams streams;

	/* from container_start() on */
	pid_t pid;
	int pidfd;
	bool first_ended;    /* the first process */
	bool reaped, delete; /* all that counts has ended; the runtime may have something of it */
	bool daemons;
	int status;

	/* of one that is kept: conmon's child, not ours */
	bool kept;
	char *directory;
	struct process conmon;
};

/* The first of those in its group that run, but the first process; 0: none. */
pid_t container_other(const struct container *container);

/* What it is in memory, and nothing else of it. */
void container_free(struct container *container);

/* What the runtime, or else who started it, said of its failure. */
int start_failed(struct container *container, const char *said, struct error *err);
/* Have it made by conmon, which stays; it does not run yet. */
int keep_create(struct container *container, struct error *err);
/* How one that is kept ended, once it has: waits for conmon to say it. */
int keep_status(const struct container *container);

/* Who it runs as, by the root's own files, read by descriptor; its home directory. */
int start_user(struct container *container, int root, struct error *err);
/* Its capabilities and its filter of system calls. */
int powers_choose(struct container *container, struct error *err);
/* The command's file in the root's PATH: -ENOENT or -EACCES with err as a person wants it. */
int start_program(struct container *container, struct error *err);

/* All of config.json, from known fields; the caller owns it. */
int config_make(struct container *container, json_t **ret_config, struct error *err);
/* As the runtime reads it; the caller frees. -EINVAL: a word or a variable is no UTF-8, as JSON has to be. */
int config_text(const json_t *config, char **ret_text, struct error *err);
/* Its parts. */
json_t *config_process(const struct container *container);
json_t *config_resources(const struct container *container);
int config_mounts(struct container *container, json_t **ret_mounts, struct error *err);
/* linux.devices, and what is allowed of them is added to the list `allowed`. */
int config_devices(const struct container *container, json_t *allowed, json_t **ret_devices,
		   struct error *err);

#endif
