// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/export.h"

#include "db/base/cleanup.h"
#include "pack/engine/bundle.h"
#include "pack/engine/docker.h"
#include "pack/engine/lxc.h"
#include "pack/engine/root_only.h"
#include "pack/layer/extract_dir.h"

static const struct {
	const char *name;
	bool is_directory;
	engine_writer *write;
} kinds[EXPORT_KINDS] = {
	[EXPORT_OCI] = {"oci", false, engine_write_docker},
	[EXPORT_DOCKER] = {"docker", false, engine_write_docker},
	[EXPORT_OCI_DIR] = {"oci-dir", true, engine_write_docker},
	[EXPORT_BUNDLE] = {"bundle", true, engine_write_bundle},
	[EXPORT_LXC] = {"lxc", true, engine_write_lxc},
	[EXPORT_SQUASHFS] = {"squashfs", false, engine_write_squashfs},
	[EXPORT_TAR] = {"tar", false, engine_write_tar},
};

const char *export_kind_name(enum export_kind kind)
{
	return kinds[kind].name;
}

bool export_kind_is_directory(enum export_kind kind)
{
	return kinds[kind].is_directory;
}

static int write_directory(struct export_job *job, struct error *err)
{
	_cleanup_(extract_dir_release) struct extract_dir dir = EXTRACT_DIR_INIT;
	int r = extract_dir_open(&dir, job->output, err);

	job->dirfd = dir.fd;
	if (r == 0)
		r = kinds[job->options->kind].write(job, err);
	return r < 0 ? r : extract_dir_publish(&dir, 0755, err);
}

int export_write(struct node *root, const json_t *start, const struct image_config *image,
		 const struct export_options *options, const char *output, struct export_stats *stats, struct error *err)
{
	_cleanup_(facts_release) struct facts facts = {0};
	struct export_job job = {.root = root, .facts = &facts, .options = options,
				 .output = output, .dirfd = -1, .stats = stats};
	int r = facts_read(start, image, options->name, &facts, err);

	if (r < 0)
		return r;
	return kinds[options->kind].is_directory ? write_directory(&job, err)
						 : kinds[options->kind].write(&job, err);
}
