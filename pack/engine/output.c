// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"

int output_tar(struct node *root, const struct layer_write_options *layer, const char *output,
	       struct layer_written *ret_written, struct error *err)
{
	_cleanup_(io_output_release) struct io_output file = IO_OUTPUT_INIT;
	int r;

	if (strcmp(output, "-") == 0) {
		r = layer_write(root, layer, STDOUT_FILENO, ret_written, err);
		return r < 0 ? error_prefix(err, r, "standard output") : 0;
	}
	r = io_output_open(&file, output, 0644, err);
	if (r == 0)
		r = layer_write(root, layer, file.fd, ret_written, err);
	if (r == -ENOSPC)
		return error_prefix(err, r, "%s", output);
	return r < 0 ? r : io_publish(&file, err);
}

int output_document(const struct export_job *job, const char *text, struct error *err)
{
	_cleanup_(io_output_release) struct io_output file = IO_OUTPUT_INIT;
	bool to_us = strcmp(job->output, "-") == 0;
	int r = to_us ? 0 : io_output_open(&file, job->output, 0644, err);

	if (r < 0)
		return r;
	r = io_write(to_us ? STDOUT_FILENO : file.fd, text, strlen(text));
	if (r < 0)
		return error_code(err, r, "cannot write %s%s%s", to_us ? "standard output" : "'",
				  to_us ? "" : job->output, to_us ? "" : "'");
	return to_us ? 0 : io_publish(&file, err);
}

char *output_place(const char *output)
{
	_cleanup_(freep) char *here = getcwd(NULL, 0), *joined = NULL;

	if (!here)
		return NULL;
	joined = output[0] == '/' ? strdup(output) : path_join(here, output);
	return joined ? path_canonicalize(joined) : NULL;
}

int output_text(const struct export_job *job, const char *name, const char *text, struct error *err)
{
	_cleanup_(closep) int fd =
	    openat(job->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return error_errno(err, "cannot create '%s'", name);
	r = io_write(fd, text, strlen(text));
	return r < 0 ? error_code(err, r, "cannot write '%s'", name) : 0;
}

int output_rootfs(const struct export_job *job, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r;

	if (mkdirat(job->dirfd, "rootfs", 0700) < 0)
		return error_errno(err, "cannot create 'rootfs'");
	fd = openat(job->dirfd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open 'rootfs'");
	r = extract_tree(job->root, fd, &job->options->extract, &job->stats->extract, err);
	if (r == 0 && fchmod(fd, job->root->inode->mode & 07777) < 0)
		r = error_errno(err, "cannot set the mode of 'rootfs'");
	return r;
}
