// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/root_only.h"

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/image/verity.h"
#include "pack/engine/output.h"

int engine_write_tar(const struct export_job *job, struct error *err)
{
	struct layer_written written = {0};
	int r = output_tar(job->root, &job->options->layer, job->output, &written, err);

	job->stats->sockets = written.sockets;
	return r;
}

int engine_write_squashfs(const struct export_job *job, struct error *err)
{
	_cleanup_(io_output_release) struct io_output file = IO_OUTPUT_INIT;
	struct image_options named = job->options->image;
	_cleanup_(verity_release) struct verity verity = VERITY_INIT;
	struct image_stats stats;
	int r = io_output_open(&file, job->output, 0644, err);

	named.name = job->output;
	if (r == 0)
		r = image_write(node_tree(job->root), &named, file.fd, &stats, err);
	if (r == 0 && job->options->verity)
		r = verity_make(&verity, file.fd, job->output, true, err);
	if (r == 0 && job->options->verity)
		r = verity_publish(&verity, err);
	return r < 0 ? r : io_publish(&file, err);
}
