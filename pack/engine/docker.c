// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/docker.h"

#include "db/base/cleanup.h"
#include "pack/engine/output.h"
#include "pack/oci/write.h"

int engine_write_docker(const struct export_job *job, struct error *err)
{
	const struct export_options *options = job->options;
	struct oci_write_options oci = {.name = job->facts->image,
					.platform = options->platform,
					.derived = options->derived,
					.guard = options->guard,
					.directory = job->dirfd >= 0,
					.layer = options->layer,
					.tmpdir = options->tmpdir};
	struct layer_write_options around = {.cancel = options->layer.cancel};
	struct oci_written written = {0};
	struct layer_written whole;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	_cleanup_(closep) int layer = -1;
	int r;

	oci.derived.image = job->facts->own;
	oci.derived.docker = options->kind == EXPORT_DOCKER;
	r = oci_write_tree(job->root, job->facts->config, &oci, &tree, &layer, &written, err);
	if (r < 0)
		return r;
	job->stats->sockets = written.layer.sockets;
	job->stats->notes = written.notes;
	if (job->dirfd >= 0)
		return extract_tree(tree_root(tree), job->dirfd, &options->extract,
				    &job->stats->extract, err);
	return output_tar(tree_root(tree), &around, job->output, &whole, err);
}
