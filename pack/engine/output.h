/* SPDX-License-Identifier: BSD-2-Clause */
/* What the writers of several engines put out alike: a tar, a text, the root as a directory. */
#ifndef PACK_ENGINE_OUTPUT_H
#define PACK_ENGINE_OUTPUT_H

#include "db/base/error.h"
#include "pack/engine/engine.h"
#include "pack/layer/layer.h"
#include "pack/tree/tree.h"

/* One tar, under its name when it is whole, or down a pipe. */
int output_tar(struct node *root, const struct layer_write_options *layer, const char *output,
	       struct layer_written *ret_written, struct error *err);

/* The whole output, of a kind that is one text. */
int output_document(const struct export_job *job, const char *text, struct error *err);

/* The absolute path of what was asked for, whether it is there or not; the caller frees. NULL: no memory. */
char *output_place(const char *output);

/* A new file in the job's directory. */
int output_text(const struct export_job *job, const char *name, const char *text,
		struct error *err);

/* The root in the job's directory as "rootfs", with its own mode. */
int output_rootfs(const struct export_job *job, struct error *err);

#endif
