// SPDX-License-Identifier: BSD-2-Clause
/* Operations that make, move and remove names. */
#include "fs/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fs/credentials.h"

/* The end of everything that makes a name: look it up, note it, reply. */
static void made(fuse_req_t req, struct node *parent, const char *name, int result,
		 struct note *note)
{
	struct tracefs *fs = tracefs_of(req);
	struct fuse_entry_param entry;
	struct node *node;
	struct stat raw;

	note->created = true;
	note->error = result;
	if (result == 0)
		note->error = tracefs_enter(fs, parent, name, &entry, &raw, &node);
	if (note->error < 0) {
		tracefs_note(fs, req, parent, name, note);
		fuse_reply_err(req, -note->error);
		return;
	}
	node_flag(&fs->nodes, node, NODE_CREATED);
	note->st = &raw;
	tracefs_note(fs, req, node, NULL, note);
	if (fuse_reply_entry(req, &entry) == -ENOENT)
		node_forget(&fs->nodes, node, 1);
}

/* What is to be made, of the three kinds that are nothing but a name at first. */
struct making {
	enum access_op op; /* ACCESS_MKNOD, ACCESS_MKDIR or ACCESS_SYMLINK */
	mode_t mode;
	dev_t device;
	const char *target;
};

static int make_at(const struct node_location *location, const struct making *making)
{
	int r;

	if (making->op == ACCESS_SYMLINK)
		r = symlinkat(making->target, location->fd, location->name);
	else if (making->op == ACCESS_MKDIR)
		r = mkdirat(location->fd, location->name, making->mode);
	else
		r = mknodat(location->fd, location->name, making->mode, making->device);
	return r < 0 ? -errno : 0;
}

static void make(fuse_req_t req, fuse_ino_t parent_ino, const char *name,
		 const struct making *making)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *parent = node_of(fs, parent_ino);
	struct credentials credentials;
	struct node_location location;
	int r;

	r = node_child_place(&fs->nodes, parent, name, &location);
	if (r == 0) {
		credentials_assume(req, fs->own_credentials, &credentials);
		r = make_at(&location, making);
		credentials_return(&credentials);
		location_release(&location);
	}
	made(req, parent, name, r, &(struct note){.op = making->op, .target = making->target});
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	make(req, parent, name,
	     &(struct making){.op = ACCESS_MKNOD, .mode = mode, .device = device});
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	make(req, parent, name, &(struct making){.op = ACCESS_MKDIR, .mode = mode});
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	make(req, parent, name, &(struct making){.op = ACCESS_SYMLINK, .target = target});
}

static int link_places(const struct node_location *from, const struct node_location *to)
{
	char path[300];
	int r;

	if (from->name[0])
		r = linkat(from->fd, from->name, to->fd, to->name, 0);
	else
		r = linkat(AT_FDCWD, location_proc_path(from, path, sizeof(path)), to->fd, to->name,
			   AT_SYMLINK_FOLLOW);
	return r < 0 ? -errno : 0;
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent_ino, const char *name)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *parent = node_of(fs, parent_ino), *node = node_of(fs, ino);
	struct node_location from, to;
	int r;

	r = node_child_place(&fs->nodes, parent, name, &to);
	if (r == 0) {
		r = node_place(&fs->nodes, node, &from);
		if (r == 0) {
			r = link_places(&from, &to);
			location_release(&from);
		}
		location_release(&to);
	}
	made(req, parent, name, r, &(struct note){.op = ACCESS_LINK});
}

/* unlink(2) and rmdir(2): a node that is known keeps a descriptor when its name goes. */
static void remove_name(fuse_req_t req, struct node *parent, const char *name, int flags,
			enum access_op op)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_find(&fs->nodes, parent, name);
	struct node_location location;
	int r;

	if (node)
		node_pin(&fs->nodes, node);
	r = node_child_place(&fs->nodes, parent, name, &location);
	if (r == 0) {
		r = unlinkat(location.fd, location.name, flags) < 0 ? -errno : 0;
		location_release(&location);
	}
	tracefs_note(fs, req, parent, name, &(struct note){.op = op, .error = r});
	if (node) {
		if (r == 0)
			node_unlinked(&fs->nodes, node);
		node_unref(&fs->nodes, node);
	}
	fuse_reply_err(req, -r);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, node_of(tracefs_of(req), parent), name, 0, ACCESS_UNLINK);
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, node_of(tracefs_of(req), parent), name, AT_REMOVEDIR, ACCESS_RMDIR);
}

static int rename_places(struct tracefs *fs, struct node *parent, const char *name,
			 struct node *new_parent, const char *new_name, unsigned int flags)
{
	struct node_location from, to;
	int r;

	r = node_child_place(&fs->nodes, parent, name, &from);
	if (r < 0)
		return r;
	r = node_child_place(&fs->nodes, new_parent, new_name, &to);
	if (r == 0) {
		if (renameat2(from.fd, from.name, to.fd, to.name, flags) < 0)
			r = -errno;
		location_release(&to);
	}
	location_release(&from);
	return r;
}

void op_rename(fuse_req_t req, fuse_ino_t parent_ino, const char *name, fuse_ino_t new_parent_ino,
	       const char *new_name, unsigned int flags)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *parent = node_of(fs, parent_ino), *new_parent = node_of(fs, new_parent_ino);
	struct node *node = node_find(&fs->nodes, parent, name);
	struct node *over = node_find(&fs->nodes, new_parent, new_name);
	struct note note = {.op = ACCESS_RENAME};

	if (over && !(flags & RENAME_EXCHANGE))
		node_pin(&fs->nodes, over);
	note.error = rename_places(fs, parent, name, new_parent, new_name, flags);
	tracefs_note(fs, req, parent, name, &note);
	if (note.error == 0 && node && over && (flags & RENAME_EXCHANGE))
		node_exchanged(&fs->nodes, node, over);
	else if (note.error == 0 && node)
		node_renamed(&fs->nodes, node, new_parent, new_name);
	if (note.error == 0)
		tracefs_note(fs, req, new_parent, new_name, &note);
	if (node)
		node_unref(&fs->nodes, node);
	if (over)
		node_unref(&fs->nodes, over);
	fuse_reply_err(req, -note.error);
}
