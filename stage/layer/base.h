/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bases: root file systems, or frozen layers over other bases, that dev names stand on. One is never changed
 * once it is ready. Its files are base/NAME/tree, base/NAME/config.json and, of an image,
 * base/NAME/image.json; its row is the truth: while that
 * says making or going, what is on disk is nobody's.
 *
 *	r = base_begin(state, name, source, parent, &dirfd, err);	its claim is held
 *	…fill "tree" in dirfd…
 *	r = base_finish(state, name, dirfd, err);
 */
#ifndef STAGE_LAYER_BASE_H
#define STAGE_LAYER_BASE_H

#include <stdint.h>

#include "db/base/error.h"
#include "stage/layer/fds.h"
#include "stage/state/state.h"

struct base {
	char *name, *source;
	char *parent; /* NULL: it stands alone */
	int64_t created_ns;
};

#define BASE_INIT                                                                                  \
	{                                                                                          \
		NULL, NULL, NULL, 0                                                                \
	}

void base_release(struct base *base);

/* 1 it is ready, 0 there is none; ret_base may be NULL. */
int base_find(struct state *state, const char *name, struct base *ret_base, struct error *err);
/* In the order of names; a visitor that returns non-zero ends it: that comes back. */
int base_each(struct state *state, int (*visit)(const struct base *base, void *data), void *data,
	      struct error *err);

/* The trees of a base and of those below it, topmost first. */
int base_lowers(struct state *state, const char *name, struct fds *ret_lowers, struct error *err);
/* Their paths, for programs that mount by themselves: separated by ':'; the caller frees. */
int base_lower_paths(struct state *state, const char *name, char **ret_paths, struct error *err);
/* The start configuration nearest to the top; the caller frees; NULL: none has one. */
int base_config(struct state *state, const char *name, char **ret_path, struct error *err);
/* Likewise the configuration of the image that it was made of, whole. */
int base_image_config(struct state *state, const char *name, char **ret_path, struct error *err);

/* Under the claim "base/NAME": what a killed command left of it is taken down. */
int base_settle(struct state *state, const char *name, struct error *err);
int base_begin(struct state *state, const char *name, const char *source, const char *parent,
	       int *ret_dirfd, struct error *err);
/* On disk first, then in the state; in a transaction of the caller's if there is one. */
int base_sync(int dirfd, const char *name, struct error *err);
int base_finish(struct state *state, const char *name, int dirfd, struct error *err);
int base_mark_ready(struct state *state, const char *name, struct error *err);
/* -EBUSY with err set when something stands on it. */
int base_remove(struct state *state, const char *name, struct error *err);

/* Every row that is not ready, for repair. */
int base_each_unsettled(struct state *state, int (*visit)(const char *name, void *data), void *data,
			struct error *err);

#endif
