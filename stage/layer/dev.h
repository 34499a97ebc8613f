/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dev names: a layer of one's own over a base. The layer is dev/NAME/NUMBER/upper; which number is the
 * layer's is said by the row alone, so commit and reset change it in one transaction and a kill leaves the
 * one or the other.
 *
 * All that changes one is done under its claim, "dev/NAME".
 */
#ifndef STAGE_LAYER_DEV_H
#define STAGE_LAYER_DEV_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "stage/layer/fds.h"
#include "stage/state/state.h"

struct dev {
	char *name, *base;
	char *source; /* what it was created from, as given */
	int64_t layer;
	int64_t created_ns;
};

#define DEV_INIT                                                                                   \
	{                                                                                          \
		NULL, NULL, NULL, 0, 0                                                             \
	}

void dev_release(struct dev *dev);

/* 1 it is ready, 0 there is none; ret_dev may be NULL. */
int dev_find(struct state *state, const char *name, struct dev *ret_dev, struct error *err);
/* The same, where none is an error that says so: 0 or -ENOENT. */
int dev_must_exist(struct state *state, const char *name, struct dev *ret_dev, struct error *err);
int dev_each(struct state *state, int (*visit)(const struct dev *dev, void *data), void *data,
	     struct error *err);
/* Names that are ready, and those that are not; the visitor may change the table. */
int dev_each_ready(struct state *state, int (*visit)(const char *name, void *data), void *data,
		   struct error *err);
int dev_each_unsettled(struct state *state, int (*visit)(const char *name, void *data), void *data,
		       struct error *err);

/* What a killed command left of it is taken down. */
int dev_settle(struct state *state, const char *name, struct error *err);
/* A row that is being made: checks that the base is ready. -EEXIST. */
int dev_begin(struct state *state, const char *name, const char *base, const char *source,
	      struct error *err);
int dev_mark_ready(struct state *state, const char *name, struct error *err);
int dev_remove(struct state *state, const char *name, struct error *err);

/* The directory of a layer, NUMBER of dev/NAME; the caller closes. */
int dev_layer_open(struct state *state, const char *name, int64_t number, int *ret_fd,
		   struct error *err);
/*
 * The same, new: an empty upper whose mode and owner are those of `base`'s root, as the root directory of
 * an overlay is that of its upper layer. One of that number that a killed command left is replaced.
 */
int dev_layer_make(struct state *state, const char *name, int64_t number, const char *base,
		   int *ret_fd, struct error *err);
/* The row says so from now on; the caller removes the old one by dev_settle(). */
int dev_layer_switch(struct state *state, const char *name, const char *base, int64_t number,
		     struct error *err);

/* Does anybody have the layer mounted? By its lock: true also of a mount whose sfc is dying. */
int dev_in_use(struct state *state, const struct dev *dev, bool *ret_in_use, struct error *err);

#endif
