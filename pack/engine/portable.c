// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/portable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "pack/engine/asked.h"
#include "pack/engine/mount_points.h"
#include "pack/engine/output.h"
#include "pack/layer/path.h"

const char *const portable_can[] = {"command", "env", "user", "cwd", "volume", "tmpfs", "network", "read-only", "memory",
				    "memory-reservation", "cpus", "pids", "cap-add", "cap-drop", "no-healthcheck",
				    "restart", "grace", NULL};

#define UNITS "/usr/lib/systemd/system"

static int check(const struct facts *facts, struct error *err)
{
	if (!facts->args.count || facts->args.items[0][0] != '/')
		return error_set(err, -EINVAL, "a unit wants the program by its whole path, not '%.60s'",
				 facts->args.count ? facts->args.items[0] : "");
	if (facts->network == FACT_NETWORK_PRIVATE)
		return asked_refuse("portable", "network", "private", "a unit has the host's or none", err);
	if (facts->restart && strncmp(facts->restart, "on-failure:", 11) == 0)
		return asked_refuse("portable", "restart", facts->restart, "systemd counts no times: no, always, on-failure", err);
	return 0;
}

/* ---- what the image has beside the root ---- */

/* A file at a place that may have one already: `replace` says whose counts. */
static int add_file(struct node *root, const char *directory, const char *name, const char *text, bool replace,
		    struct error *err)
{
	struct node *parent, *node;
	int r = mount_points_add_one(root, directory, 0755, err);

	if (r < 0)
		return r;
	if (tree_resolve(node_tree(root), directory, &parent) < 0)
		return error_set(err, -ENOENT, "the root has no place for '%s'", directory);
	node = node_child(parent, name);
	if (node && !replace)
		return 0;
	if (node)
		node_remove(node);
	if (node_add(parent, name, S_IFREG | 0644, &node) < 0 || inode_set_bytes(node->inode, text, strlen(text)) < 0)
		return error_oom(err);
	node->inode->mtime = root->inode->mtime;
	return 0;
}

/* systemd wants to know whose the root is. */
static int add_release(const struct export_job *job, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct node *node;

	if (tree_resolve(node_tree(job->root), "/etc/os-release", &node) == 0 ||
	    tree_resolve(node_tree(job->root), "/usr/lib/os-release", &node) == 0)
		return 0;
	if (text_printf(&text, "ID=linux\nPRETTY_NAME=\"%s\"\n", job->facts->name) < 0)
		return error_oom(err);
	return add_file(job->root, "/usr/lib", "os-release", text.bytes, false, err);
}

static int add_places(const struct export_job *job, struct error *err)
{
	const struct facts *facts = job->facts;
	const struct fact_list *covered[] = {&facts->volumes, &facts->written};
	int r = mount_points_add(job->root, facts, "portable", err);

	if (r == 0)
		r = mount_points_add_one(job->root, "/var/tmp", 01777, err);
	for (size_t l = 0; l < 2; l++)
		for (size_t i = 0; r == 0 && i < covered[l]->count; i++)
			r = mount_points_add_one(job->root, covered[l]->items[i], 0755, err);
	/* those that the unit and portablectl's profiles put the host's over */
	if (r == 0)
		r = add_file(job->root, "/etc", "machine-id", "", false, err);
	if (r == 0)
		r = add_file(job->root, "/etc", "hosts", "", false, err);
	return r < 0 ? r : add_file(job->root, "/etc", "resolv.conf", "", false, err);
}

static int write_image(const struct export_job *job, const char *name, struct error *err)
{
	_cleanup_(closep) int fd = openat(job->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	struct image_options named = job->options->image;
	struct image_stats stats;

	if (fd < 0)
		return error_errno(err, "cannot create '%s'", name);
	named.name = name;
	return image_write(node_tree(job->root), &named, fd, &stats, err);
}

/* ---- the whole ---- */

static void say(const struct export_job *job)
{
	const struct facts *facts = job->facts;
	struct text *said = &job->stats->said;

	for (size_t i = 0; i < facts->volumes.count; i++) {
		text_add(said, "VOLUME ");
		text_add_escaped(said, facts->volumes.items[i]);
		text_add(said, " is memory, and goes with the unit (--volume)\n");
	}
	for (size_t i = 0; i < facts->written_over.count; i++) {
		text_add(said, "the root is read-only, though the traced runs wrote in ");
		text_add_escaped(said, facts->written_over.items[i]);
		text_add(said, "\n");
	}
	if (facts->health.how != CHECK_NONE)
		text_add(said, "systemd asks nobody whether he is well: HEALTHCHECK is left out\n");
}

int engine_write_portable(const struct export_job *job, struct error *err)
{
	_cleanup_(text_release) struct text inside = TEXT_INIT, beside = TEXT_INIT;
	_cleanup_(freep) char *place = output_place(job->output), *image = NULL;
	char unit[80], raw[80];
	int r = check(job->facts, err);

	if (r < 0)
		return r;
	snprintf(unit, sizeof(unit), "%s.service", job->facts->name);
	snprintf(raw, sizeof(raw), "%s.raw", job->facts->name);
	if (!place || asprintf(&image, "%s/%s", place, raw) < 0)
		return error_oom(err);
	r = add_places(job, err);
	if (r == 0)
		r = add_release(job, err);
	if (r == 0)
		r = portable_unit(job->facts, job->root, NULL, &inside, err);
	if (r == 0)
		r = portable_unit(job->facts, job->root, image, &beside, err);
	if (r == 0)
		r = add_file(job->root, UNITS, unit, inside.bytes, true, err);
	if (r == 0)
		r = write_image(job, raw, err);
	if (r == 0)
		r = output_text(job, unit, beside.bytes, err);
	if (r == 0)
		say(job);
	return r;
}
