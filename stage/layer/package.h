/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A package as a root to start something in: its mount from the store, a writable layer above, and what it
 * says of its start. All of it below a tmpfs that only our namespace has, over a directory that is always
 * there: nothing of a start that was killed is left on any disk.
 */
#ifndef STAGE_LAYER_PACKAGE_H
#define STAGE_LAYER_PACKAGE_H

#include <stdint.h>

#include "db/base/error.h"
#include "stage/layer/start.h"
#include "stage/spec/spec.h"

/*
 * The tmpfs is at work_path(""), and in it "root", the mounted root, "layer", what is written, and "container", an
 * empty directory for its start: stage/mount/work.h.
 */
struct layer_package {
	struct layer_start start; /* not given: a bare image */
	int lock; /* of a layer that is kept; its end is the end of the lock */
};

#define LAYER_PACKAGE_INIT                                                                         \
	{                                                                                          \
		.lock = -1                                                                         \
	}

/* What a root is made of. */
struct layer_parts {
	int mount;         /* of the package, detached */
	const char *name;  /* of the package, for messages */
	const char *layer; /* a directory that keeps what is written, NULL: memory, thrown away */
	uint64_t size;     /* of what is written, stage/layer/volume.h; 0: as much as there is room for */
	int guard;         /* a layer below the packed one, detached: stage/layer/guard.h; -1: none */
};

/* In a namespace of our own. */
int layer_parts_mount(const struct layer_parts *parts, struct layer_package *package, struct error *err);
/* The same with neither a size nor a guard. */
int layer_package_mount(int mount, const char *name, const char *layer,
			struct layer_package *package, struct error *err);
/* The same above a directory of the host's, with a layer in memory. */
int layer_directory_mount(const char *path, struct layer_package *package, struct error *err);
/* Only that: the tmpfs with both as empty directories, for a root that is mounted there otherwise. */
int layer_work_make(struct error *err);

/*
 * Looks into a mounted package, where nothing of it runs: it has a rootfs, and config.json says how to start it in
 * a way that we would follow. *ret_name: what it calls itself, or NULL; the caller frees. *ret_asks: what it asks for
 * beyond what it gets.
 */
int layer_package_look(int mount, const char *name, char **ret_name, spec_strings *ret_asks,
		       struct error *err);

void layer_package_release(struct layer_package *package);

#endif
