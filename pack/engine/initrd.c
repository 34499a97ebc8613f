// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/initrd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/guest/start.h"
#include "pack/layer/layer.h"
#include "pack/oci/signal.h"
#include "pack/tree/tree.h"

enum { PROGRAM_MAX = 64 << 20 };

/* ---- how to start ---- */

/* With the zero byte that ends it; it may hold any other. */
static void add(struct text *text, const char *key, const char *value)
{
	text_printf(text, "%s=%s", key, value);
	text_add_char(text, '\0');
}

static void add_number(struct text *text, const char *key, long long number)
{
	text_printf(text, "%s=%lld", key, number);
	text_add_char(text, '\0');
}

static void add_list(struct text *text, const char *key, const struct fact_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		add(text, key, list->items[i]);
}

static void add_tmpfs(struct text *text, const struct fact_mount *tmpfs)
{
	text_printf(text, "%s=%s ", GUEST_TMPFS, tmpfs->destination);
	for (size_t i = 0; i < json_array_size(tmpfs->options); i++) {
		const char *option = json_string_value(json_array_get(tmpfs->options, i));

		text_printf(text, "%s,", option ? option : "");
	}
	if (tmpfs->size)
		text_printf(text, "size=%llu", (unsigned long long)tmpfs->size);
	text_add_char(text, '\0');
}

static int check(const struct facts *facts, struct error *err)
{
	if (!facts->args.count || !*facts->args.items[0])
		return error_set(err, -EINVAL, "nothing says what to start");
	/* which those are only the machine's kernel knows */
	if (facts->all_capabilities && json_object_get(facts->asked, "cap-drop"))
		return error_set(err, -EINVAL, "a disk cannot drop one of all capabilities: --cap-drop ALL, and --cap-add for "
					       "what is needed");
	for (size_t i = 0; i < facts->tmpfs.count; i++)
		if (strchr(facts->tmpfs.items[i].destination, ' '))
			return error_set(err, -EINVAL, "a disk cannot say a tmpfs at a place with a space in it: '%s'",
					 facts->tmpfs.items[i].destination);
	return 0;
}

static void say_start(const struct facts *facts, const unsigned char *superblock, struct text *text)
{
	int stop = oci_signal_number(facts->stop_signal);

	text_add(text, GUEST_ROOT "=");
	for (size_t i = 0; i < INITRD_SUPERBLOCK; i++)
		text_printf(text, "%02x", superblock[i]);
	text_add_char(text, '\0');
	add(text, GUEST_NAME, facts->hostname ? facts->hostname : facts->name);
	add_list(text, GUEST_ARG, &facts->args);
	add_list(text, GUEST_ENV, &facts->env);
	add(text, GUEST_CWD, facts->cwd ? facts->cwd : "/");
	add_number(text, GUEST_UID, facts->uid);
	add_number(text, GUEST_GID, facts->gid);
	for (size_t i = 0; i < facts->groups.count; i++)
		add_number(text, GUEST_GROUP, facts->groups.items[i]);
	if (facts->all_capabilities)
		add(text, GUEST_ALL_CAPABILITIES, "all");
	else
		add_list(text, GUEST_CAPABILITY, &facts->capabilities);
	if (facts->no_new_privileges)
		add(text, GUEST_NO_NEW_PRIVILEGES, "1");
	if (facts->read_only)
		add(text, GUEST_READ_ONLY, "1");
	for (size_t i = 0; i < facts->tmpfs.count; i++)
		add_tmpfs(text, &facts->tmpfs.items[i]);
	if (stop)
		add_number(text, GUEST_STOP, stop);
}

/* ---- what goes in ---- */

static int add_file(struct tree *tree, const char *path, mode_t mode, const struct text *text, struct error *err)
{
	struct node *node;

	if (text_failed(text) || tree_insert(tree, path, S_IFREG | mode, &node, NULL) < 0 ||
	    inode_set_bytes(node->inode, text->bytes, text->size) < 0)
		return error_oom(err);
	return 0;
}

static int add_program(const struct export_job *job, struct tree *tree, struct error *err)
{
	_cleanup_(text_release) struct text program = TEXT_INIT;
	int r = io_read_file(AT_FDCWD, job->options->disk.init, PROGRAM_MAX, &program, err);

	return r < 0 ? r : add_file(tree, "/" GUEST_INIT, 0755, &program, err);
}

int initrd_write(const struct export_job *job, const struct kernel *kernel, const unsigned char *superblock, int fd,
		 struct error *err)
{
	const struct layer_write_options cpio = {.cpio = true, .cancel = job->options->image.cancel};
	_cleanup_(tree_freep) struct tree *tree = NULL;
	_cleanup_(text_release) struct text start = TEXT_INIT;
	struct layer_written written;
	struct node *console;
	int r = check(job->facts, err);

	if (r < 0)
		return r;
	/* where the kernel says what goes wrong before there is anything else */
	if (tree_new(&tree) < 0 || tree_insert(tree, "/dev/console", S_IFCHR | 0600, &console, NULL) < 0)
		return error_oom(err);
	console->inode->rdev = makedev(5, 1);
	say_start(job->facts, superblock, &start);
	r = add_file(tree, "/" GUEST_START, 0600, &start, err);
	if (r == 0)
		r = add_program(job, tree, err);
	if (r == 0)
		r = kernel_add_modules(kernel, tree, err);
	if (r == 0)
		r = layer_write(tree_root(tree), &cpio, fd, &written, err);
	return r < 0 ? error_prefix(err, r, "initrd") : 0;
}
