// SPDX-License-Identifier: BSD-2-Clause
/* Which modules of a kernel go along, by the lists that depmod(8) has made of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "pack/engine/kernel.h"
#include "pack/guest/start.h"

enum { LIST_MAX = 64 << 20, MODULE_MAX = 256 << 20 };

/* Loaded on every machine; without the first no root is ever mounted. */
static const char *const always[] = {"squashfs", "overlay", NULL};

/* Loaded where a device asks for it: what virtual machines have, and those of the large clouds. */
static const char *const wanted[] = {
	"virtio_pci", "virtio_mmio",				       /* how the others are found */
	"virtio_blk", "virtio_scsi", "sd_mod", "nvme", "ahci", "ata_piix", /* disks */
	"xen_blkfront", "hv_storvsc", "vmw_pvscsi", "mptspi",
	"virtio_net", "e1000", "e1000e", "vmxnet3", "ena", "gve", "xen_netfront", "hv_netvsc", "hv_vmbus",
	"virtio_rng", "button", "evdev", "ext4", NULL,		       /* chance, the power button, a layer that is kept */
};

struct module {
	char *name; /* as the kernel has it: "virtio_blk" */
	const char *path; /* below the directory */
	char *needs; /* paths with a space between */
	bool taken;
};

struct lists {
	const char *directory;
	struct text dep, alias, builtin;
	ARRAY(struct module) modules;
};

static void lists_release(struct lists *lists)
{
	for (size_t i = 0; i < lists->modules.count; i++)
		free(lists->modules.items[i].name);
	array_release(&lists->modules);
	text_release(&lists->dep);
	text_release(&lists->alias);
	text_release(&lists->builtin);
}

/* "kernel/drivers/block/virtio-blk.ko.xz" → "virtio_blk"; the caller frees. */
static char *name_of(const char *path)
{
	char *name = strdup(path_name(path)), *dot = name ? strchr(name, '.') : NULL;

	if (dot)
		*dot = '\0';
	for (char *c = name; c && *c; c++)
		*c = *c == '-' ? '_' : *c;
	return name;
}

/* ---- reading ---- */

static int read_list(const char *directory, const char *name, bool must, struct text *text, struct error *err)
{
	_cleanup_(freep) char *path = path_join(directory, name);
	int r = path ? io_read_file(AT_FDCWD, path, LIST_MAX, text, NULL) : error_oom(err);

	if (r == -ENOENT && !must)
		return 0;
	if (r == -ENOENT)
		return error_set(err, r, "'%s' is not there: depmod(8) makes it", path);
	return r < 0 ? error_code(err, r, "cannot read '%s'", path ? path : name) : 0;
}

/* "PATH: PATH PATH", a line each. */
static int split_modules(struct lists *lists, struct error *err)
{
	char *rest = lists->dep.bytes, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *colon = strchr(line, ':');
		struct module module = {.path = line};

		if (!colon)
			continue;
		*colon = '\0';
		module.needs = colon + 1;
		module.name = name_of(line);
		if (!module.name || array_push(&lists->modules, module) < 0) {
			free(module.name);
			return error_oom(err);
		}
	}
	return 0;
}

static struct module *module_of(struct lists *lists, const char *name)
{
	for (size_t i = 0; i < lists->modules.count; i++)
		if (strcmp(lists->modules.items[i].name, name) == 0)
			return &lists->modules.items[i];
	return NULL;
}

/* It is in a line of modules.builtin, under its own name or the one with dashes. */
static bool is_built_in(const struct lists *lists, const char *name)
{
	for (const char *at = lists->builtin.bytes; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		_cleanup_(freep) char *line = strndup(at, strcspn(at, "\n")), *found = line ? name_of(line) : NULL;

		if (found && strcmp(found, name) == 0)
			return true;
	}
	return false;
}

/* ---- taking ---- */

static int copy_module(const struct lists *lists, const struct module *module, struct tree *tree, struct error *err)
{
	_cleanup_(text_release) struct text bytes = TEXT_INIT;
	_cleanup_(freep) char *path = path_join(lists->directory, module->path),
			       *place = path_join("/" GUEST_MODULES_DIR, path_name(module->path));
	struct node *node;
	int r = path && place ? io_read_file(AT_FDCWD, path, MODULE_MAX, &bytes, err) : error_oom(err);

	if (r < 0)
		return r;
	r = tree_insert(tree, place, S_IFREG | 0644, &node, NULL);
	return r < 0 || inode_set_bytes(node->inode, bytes.bytes, bytes.size) < 0 ? error_oom(err) : 0;
}

/* With those it needs before it: depmod lists what each needs as a whole, so this is never deep. */
static int take_module(struct lists *lists, struct module *module, struct tree *tree, struct text *table, struct error *err)
{
	_cleanup_(freep) char *needs = strdup(module->needs);
	char *rest = needs, *path;
	int r;

	if (module->taken)
		return 0;
	module->taken = true;
	if (!needs)
		return error_oom(err);
	r = copy_module(lists, module, tree, err);
	text_printf(table, "module %s %s", module->name, path_name(module->path));
	while (r == 0 && (path = strsep(&rest, " "))) {
		_cleanup_(freep) char *name = *path ? name_of(path) : NULL;

		if (name)
			text_printf(table, " %s", name);
	}
	text_add_char(table, '\n');
	return r;
}

static int take_all(struct lists *lists, struct module *module, struct tree *tree, struct text *table, struct error *err)
{
	_cleanup_(freep) char *needs = strdup(module->needs);
	char *rest = needs, *path;
	int r = needs ? take_module(lists, module, tree, table, err) : error_oom(err);

	while (r == 0 && (path = strsep(&rest, " "))) {
		_cleanup_(freep) char *name = name_of(path);
		struct module *needed = name ? module_of(lists, name) : NULL;

		if (*path && !needed)
			return error_set(err, -ENOENT, "'%s' needs '%s', which is not there", module->path, path);
		if (needed)
			r = take_module(lists, needed, tree, table, err);
	}
	return r;
}

static int take_always(struct lists *lists, struct tree *tree, struct text *table, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && always[i]; i++) {
		struct module *module = module_of(lists, always[i]);

		if (!module && is_built_in(lists, always[i]))
			continue;
		if (!module)
			return error_set(err, -ENOENT, "the kernel of '%s' has no %s, without which it mounts no root",
					 lists->directory, always[i]);
		text_printf(table, "always %s\n", always[i]);
		r = take_all(lists, module, tree, table, err);
	}
	return r;
}

/* "alias PATTERN NAME": of those that were taken for their devices. */
static void add_aliases(struct lists *lists, struct text *table)
{
	char *rest = lists->alias.bytes, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *name = strrchr(line, ' ');

		if (!name || strncmp(line, "alias ", 6) != 0)
			continue;
		for (size_t i = 0; wanted[i]; i++)
			if (strcmp(wanted[i], name + 1) == 0)
				text_printf(table, "%s\n", line);
	}
}

static int write_table(struct tree *tree, const struct text *table, struct error *err)
{
	struct node *node;

	if (text_failed(table) || tree_insert(tree, "/" GUEST_MODULES, S_IFREG | 0644, &node, NULL) < 0 ||
	    inode_set_bytes(node->inode, table->bytes, table->size) < 0)
		return error_oom(err);
	return 0;
}

int kernel_add_modules(const struct kernel *kernel, struct tree *tree, struct error *err)
{
	_cleanup_(lists_release) struct lists lists = {
		.directory = kernel->modules, .dep = TEXT_INIT, .alias = TEXT_INIT, .builtin = TEXT_INIT};
	_cleanup_(text_release) struct text table = TEXT_INIT;
	int r;

	if (!kernel->modules)
		return 0;
	r = read_list(kernel->modules, "modules.dep", true, &lists.dep, err);
	if (r == 0)
		r = read_list(kernel->modules, "modules.alias", true, &lists.alias, err);
	if (r == 0)
		r = read_list(kernel->modules, "modules.builtin", false, &lists.builtin, err);
	if (r == 0)
		r = split_modules(&lists, err);
	if (r == 0)
		r = take_always(&lists, tree, &table, err);
	for (size_t i = 0; r == 0 && wanted[i]; i++) {
		struct module *module = module_of(&lists, wanted[i]);

		if (module)
			r = take_all(&lists, module, tree, &table, err);
	}
	add_aliases(&lists, &table);
	return r < 0 ? r : write_table(tree, &table, err);
}
