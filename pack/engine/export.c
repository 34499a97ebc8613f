// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/export.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "pack/engine/apparmor.h"
#include "pack/engine/asked.h"
#include "pack/engine/bundle.h"
#include "pack/engine/compose.h"
#include "pack/engine/disk.h"
#include "pack/engine/docker.h"
#include "pack/engine/facts_json.h"
#include "pack/engine/kubernetes.h"
#include "pack/engine/libvirt.h"
#include "pack/engine/lxc.h"
#include "pack/engine/nspawn.h"
#include "pack/engine/portable.h"
#include "pack/engine/quadlet.h"
#include "pack/engine/root_only.h"
#include "pack/engine/stack.h"
#include "pack/engine/written.h"
#include "pack/layer/extract_dir.h"

/* What of pack/engine/asked.h a kind can say; all: it says whatever there is. */
static const char *const says_nothing[] = {NULL};
static const char *const machine_says[] = {"command", "env", "user", "cwd", "hostname", "tmpfs", "read-only",
					   "cap-add", "cap-drop", NULL};
static const char *const libvirt_says[] = {"command", "env", "user", "cwd", "hostname", "tmpfs", "read-only",
					   "cap-add", "cap-drop", "memory", "cpus", "publish", NULL};

enum export_form { FORM_FILE, FORM_TAR, FORM_DIRECTORY, FORM_TEXT };

static const struct {
	const char *name;
	enum export_form form;
	engine_writer *write;
	const char *const *can; /* NULL: all */
} kinds[EXPORT_KINDS] = {
	[EXPORT_OCI] = {"oci", FORM_TAR, engine_write_docker, says_nothing},
	[EXPORT_DOCKER] = {"docker", FORM_TAR, engine_write_docker, says_nothing},
	[EXPORT_OCI_DIR] = {"oci-dir", FORM_DIRECTORY, engine_write_docker, says_nothing},
	[EXPORT_BUNDLE] = {"bundle", FORM_DIRECTORY, engine_write_bundle, says_nothing},
	[EXPORT_LXC] = {"lxc", FORM_DIRECTORY, engine_write_lxc, says_nothing},
	[EXPORT_NSPAWN] = {"nspawn", FORM_DIRECTORY, engine_write_nspawn, nspawn_can},
	[EXPORT_PORTABLE] = {"portable", FORM_DIRECTORY, engine_write_portable, portable_can},
	[EXPORT_SQUASHFS] = {"squashfs", FORM_FILE, engine_write_squashfs, says_nothing},
	[EXPORT_TAR] = {"tar", FORM_TAR, engine_write_tar, says_nothing},
	[EXPORT_DISK] = {"disk", FORM_DIRECTORY, engine_write_disk, machine_says},
	[EXPORT_LIBVIRT] = {"libvirt", FORM_DIRECTORY, engine_write_libvirt, libvirt_says},
	[EXPORT_KUBERNETES] = {"kubernetes", FORM_TEXT, engine_write_kubernetes, kubernetes_can},
	[EXPORT_COMPOSE] = {"compose", FORM_TEXT, engine_write_compose, compose_can},
	[EXPORT_STACK] = {"stack", FORM_TEXT, engine_write_stack, stack_can},
	[EXPORT_APPARMOR] = {"apparmor", FORM_TEXT, engine_write_apparmor, says_nothing},
	[EXPORT_QUADLET] = {"quadlet", FORM_TEXT, engine_write_quadlet, quadlet_can},
	[EXPORT_FACTS] = {"facts", FORM_TEXT, engine_write_facts, NULL},
};

const char *export_kind_name(enum export_kind kind)
{
	return kinds[kind].name;
}

bool export_kind_is_directory(enum export_kind kind)
{
	return kinds[kind].form == FORM_DIRECTORY;
}

bool export_kind_is_stream(enum export_kind kind)
{
	return kinds[kind].form == FORM_TAR || kinds[kind].form == FORM_TEXT;
}

bool export_kind_is_read_only(enum export_kind kind)
{
	return kinds[kind].form == FORM_TEXT || kind == EXPORT_PORTABLE;
}

/*
 * Root's set-id files are in a tree for whoever starts it: where another user of the machine could reach them he
 * would run them outside of any container. Archives and blobs are anybody's to read.
 */
static mode_t mode_of(enum export_kind kind)
{
	return kind == EXPORT_OCI_DIR ? 0755 : 0700;
}

static int write_directory(struct export_job *job, struct error *err)
{
	_cleanup_(extract_dir_release) struct extract_dir dir = EXTRACT_DIR_INIT;
	int r = extract_dir_open(&dir, job->output, err);

	job->dirfd = dir.fd;
	if (r == 0)
		r = kinds[job->options->kind].write(job, err);
	return r < 0 ? r : extract_dir_publish(&dir, mode_of(job->options->kind), err);
}

/* A program that takes rights when it is executed: of another user, group, or capabilities of its own. */
static int is_set_id(struct node *node, void *data)
{
	const struct inode *inode = node->inode;

	(void)data;
	if (!S_ISREG(inode->mode))
		return 0;
	for (size_t i = 0; inode->xattrs && i < inode->xattrs->count; i++)
		if (strcmp(inode->xattrs->items[i].name, "security.capability") == 0)
			return 1;
	return (inode->mode & S_ISUID) || ((inode->mode & S_ISGID) && (inode->mode & S_IXGRP));
}

/* What is known of it, and that all that was asked for can be said. */
static int gather(struct node *root, const json_t *start, const struct image_config *image,
		  const struct export_options *options, struct facts *facts, struct error *err)
{
	const char *const *can = kinds[options->kind].can;
	int r = facts_read(start, image, options->image_name ? options->image_name : options->name, facts, err);

	if (r == 0 && options->asked)
		r = asked_apply(options->asked, facts, err);
	if (r == 0 && can)
		r = asked_within(facts, kinds[options->kind].name, can, err);
	facts->set_id = node_walk(root, is_set_id, NULL) > 0;
	if (r == 0 && options->written)
		r = written_apply(options->written, root, facts, err);
	return r;
}

int export_write(struct node *root, const json_t *start, const struct image_config *image,
		 const struct export_options *options, const char *output, struct export_stats *stats, struct error *err)
{
	_cleanup_(facts_release) struct facts facts = {0};
	struct export_job job = {.root = root, .facts = &facts, .options = options,
				 .output = output, .dirfd = -1, .stats = stats};
	int r = gather(root, start, image, options, &facts, err);

	if (r < 0)
		return r;
	return export_kind_is_directory(options->kind) ? write_directory(&job, err)
						       : kinds[options->kind].write(&job, err);
}
