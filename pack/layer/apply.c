// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>


#include "db/base/cleanup.h"
#include "pack/layer/archive.h"
#include "pack/layer/attributes.h"
#include "pack/layer/contents.h"
#include "pack/layer/path.h"
#include "pack/layer/stream.h"
#include "pack/tree/node_set.h"

#define WHITEOUT ".wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"
#define WHITEOUT_RESERVED ".wh..wh." /* aufs' own book-keeping: nothing of the root */

/*
 * One stream being applied. A whiteout takes away what earlier layers brought, never what this one
 * did, in whatever order they come; so every name this layer touched is remembered. A node freed
 * and its address used again within the layer is of this layer both times, so addresses will do.
 */
struct application {
	const struct layer_options *options;
	struct layer_options filled; /* options with the defaults filled in */
	struct tree *tree;
	struct layer_stats *stats;
	struct layer_stream *stream;
	struct node_set own;
};

/* ---- what this layer brought ---- */

static bool is_own(const struct application *apply, const struct node *node)
{
	return node_set_has(&apply->own, node);
}

/* Remember a node and the directories above it, which now hold something of this layer. */
static int own(struct application *apply, struct node *node)
{
	for (; !is_own(apply, node); node = node->parent)
		if (node_set_add(&apply->own, node) < 0)
			return -ENOMEM;
	return 0;
}

static void application_release(struct application *apply)
{
	node_set_release(&apply->own);
	layer_stream_free(apply->stream);
}

/* ---- whiteouts ---- */

/* Children below `directory` that earlier layers brought go; those of this layer stay. */
static void remove_lower(struct application *apply, struct node *directory)
{
	for (uint32_t i = node_child_count(directory); i-- > 0;) {
		struct node *child = node_child_at(directory, i);

		if (!is_own(apply, child))
			node_remove(child);
		else if (node_is_dir(child))
			remove_lower(apply, child);
	}
}

static int whiteout_apply(struct application *apply, struct node *directory, const char *name,
			  struct error *err)
{
	const char *hidden = name + strlen(WHITEOUT);
	struct node *child;

	if (strcmp(name, WHITEOUT_OPAQUE) == 0) {
		apply->stats->whiteouts++;
		if (directory)
			remove_lower(apply, directory);
		return 0;
	}
	if (strncmp(name, WHITEOUT_RESERVED, strlen(WHITEOUT_RESERVED)) == 0)
		return 0;
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return error_set(err, -EBADMSG, "whiteout '%s' names nothing", name);
	apply->stats->whiteouts++;
	child = directory ? node_child(directory, hidden) : NULL;
	if (!child)
		return 0;
	if (!is_own(apply, child))
		node_remove(child);
	else if (node_is_dir(child))
		remove_lower(apply, child);
	return 0;
}

/* ---- entries ---- */

static int check_kind(const struct application *apply, uint32_t mode, struct error *err)
{
	switch (mode & S_IFMT) {
	case S_IFBLK:
	case S_IFCHR:
		if (apply->options->no_devices)
			return error_set(
			    err, -EPERM,
			    "is a device node, which only root can make: run as root, or "
			    "write an image");
		return 0;
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFIFO:
		return 0;
	default:
		return error_set(err, -EBADMSG, "is of an unknown kind (mode %o)", mode);
	}
}

/* What an archive brings later stays, whoever brought what was there: a name may come twice. */
static void make_way(struct node *existing)
{
	if (existing)
		node_remove(existing);
}

static int add_directory(struct application *apply, struct node *parent, const char *name,
			 struct archive_entry *entry, struct error *err)
{
	struct node *node = *name ? node_child(parent, name) : parent;
	int r;

	if (!node || !node_is_dir(node)) {
		make_way(node);
		r = node_add(parent, name, S_IFDIR | 0755, &node);
		if (r < 0)
			return error_code(err, r, "cannot be added");
	}
	if (own(apply, node) < 0)
		return error_oom(err);
	return layer_attributes(entry, apply->options, node->inode, apply->stats, err);
}

static bool is_below(const struct node *node, const struct node *directory)
{
	for (; node != node->parent; node = node->parent)
		if (node == directory)
			return true;
	return false;
}

/* The node a hard link names, which an earlier entry or layer must have brought. */
static int find_peer(struct application *apply, const char *target, struct node **ret_peer,
		     struct error *err)
{
	char clean[LAYER_PATH_MAX + 1];
	struct layer_place place;
	struct node *peer;
	int r;

	r = layer_name_clean(target, "hard link target", clean, err);
	if (r < 0)
		return r;
	r = layer_find(apply->tree, clean, false, &place, err);
	if (r < 0)
		return error_prefix(err, r, "is a hard link to '%s', which", target);
	peer = place.directory && *place.name ? node_child(place.directory, place.name)
					      : place.directory;
	if (!peer)
		return error_set(err, -EBADMSG, "is a hard link to '%s', which is not there",
				 target);
	if (node_is_dir(peer))
		return error_set(err, -EBADMSG, "is a hard link to the directory '%s'", target);
	*ret_peer = peer;
	return 0;
}

static int add_link(struct application *apply, struct node *parent, const char *name,
		    const char *target, struct error *err)
{
	struct node *existing = node_child(parent, name), *peer = NULL, *node;
	int r;

	r = find_peer(apply, target, &peer, err);
	if (r < 0)
		return r;
	if (existing && (peer == existing || is_below(peer, existing)))
		return error_set(err, -EBADMSG, "is a hard link to itself or what it replaces");
	make_way(existing);
	/* the way to it may have led through what it replaces, a symbolic link */
	if (existing && (r = find_peer(apply, target, &peer, err)) < 0)
		return r;
	r = node_link(parent, name, peer, &node);
	if (r < 0)
		return error_code(err, r, "cannot be added");
	return own(apply, node) < 0 ? error_oom(err) : 0;
}

static int add_node(struct application *apply, struct node *parent, const char *name,
		    struct archive_entry *entry, struct error *err)
{
	uint32_t mode = sym_archive_entry_mode(entry);
	struct node *node;
	int r;

	r = check_kind(apply, mode, err);
	if (r < 0)
		return r;
	if (S_ISDIR(mode))
		return add_directory(apply, parent, name, entry, err);
	if (!*name)
		return error_set(err, -EBADMSG, "would replace the root by something else");
	make_way(node_child(parent, name));
	r = node_add(parent, name, mode, &node);
	if (r < 0)
		return error_code(err, r, "cannot be added");
	if (own(apply, node) < 0)
		return error_oom(err);
	r = layer_attributes(entry, apply->options, node->inode, apply->stats, err);
	if (r == 0)
		r = layer_contents(apply->stream, entry, apply->options, node->inode,
				   apply->stats, err);
	return r;
}

static bool is_whiteout(const struct application *apply, const char *name)
{
	return apply->options->whiteouts && strncmp(name, WHITEOUT, strlen(WHITEOUT)) == 0;
}

static int entry_apply(struct application *apply, struct archive_entry *entry, const char *path,
		       struct error *err)
{
	const char *link = sym_archive_entry_hardlink(entry);
	struct layer_place place;
	int r;

	r = layer_find(apply->tree, path, false, &place, err);
	if (r == 0 && is_whiteout(apply, place.name))
		r = whiteout_apply(apply, place.directory, place.name, err);
	else if (r == 0) {
		if (!place.directory)
			r = layer_find(apply->tree, path, true, &place, err);
		if (r == 0 && link)
			r = add_link(apply, place.directory, place.name, link, err);
		else if (r == 0)
			r = add_node(apply, place.directory, place.name, entry, err);
	}
	return r < 0 ? error_prefix(err, r, "entry '%s'", path) : 0;
}

/* ---- the stream ---- */

static int next_entry(struct application *apply, struct archive_entry **ret_entry,
		      struct error *err)
{
	struct archive *tar = layer_stream_tar(apply->stream);
	const char *reason;
	int r;

	r = sym_archive_read_next_header(tar, ret_entry);
	if (r == ARCHIVE_EOF || r == ARCHIVE_OK)
		return r == ARCHIVE_OK;
	/* A name that is no text in this locale comes as the bytes it is: nothing is wrong with it.
	 */
	reason = sym_archive_error_string(tar);
	if (r == ARCHIVE_WARN && reason && strstr(reason, "can't be converted"))
		return 1;
	return layer_stream_error(apply->stream, err);
}

static int apply_entries(struct application *apply, struct error *err)
{
	char path[LAYER_PATH_MAX + 1];
	struct archive_entry *entry;
	int r;

	while ((r = next_entry(apply, &entry, err)) > 0) {
		if (apply->options->cancel && *apply->options->cancel)
			return error_set(err, -EINTR, "interrupted");
		if (++apply->stats->entries > apply->filled.max_entries)
			return error_set(err, -EFBIG, "has more than %llu entries (--max-entries)",
					 (unsigned long long)apply->filled.max_entries);
		layer_stream_note_entry(apply->stream);
		r = layer_name_clean(sym_archive_entry_pathname(entry), "entry name", path, err);
		if (r == 0)
			r = entry_apply(apply, entry, path, err);
		if (r < 0)
			return r;
	}
	return r;
}

static void fill_defaults(struct application *apply, const struct layer_options *options)
{
	apply->filled = *options;
	if (apply->filled.max_size == 0)
		apply->filled.max_size = LAYER_MAX_SIZE_DEFAULT;
	if (apply->filled.max_entries == 0)
		apply->filled.max_entries = LAYER_MAX_ENTRIES_DEFAULT;
	if (apply->filled.max_ratio == 0)
		apply->filled.max_ratio = LAYER_MAX_RATIO_DEFAULT;
	apply->options = &apply->filled;
}

int layer_apply(const struct layer_source *source, const struct layer_options *options,
		struct tree *tree, struct layer_stats *stats, struct error *err)
{
	_cleanup_(application_release) struct application apply = {.tree = tree, .stats = stats};
	int r;

	fill_defaults(&apply, options);
	r = layer_stream_open(source, apply.options, &apply.stream, err);
	if (r == 0)
		r = apply_entries(&apply, err);
	if (r == 0)
		r = layer_stream_finish(apply.stream, err);
	return r < 0 ? error_prefix(err, r, "'%s'", source->name) : 0;
}

int layer_apply_path(const char *path, const struct layer_options *options, struct tree *tree,
		     struct layer_stats *stats, struct error *err)
{
	struct layer_source source = {.fd = STDIN_FILENO, .name = "standard input"};
	_cleanup_(closep) int fd = -1;

	if (strcmp(path, "-") != 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return error_errno(err, "cannot open '%s'", path);
		source = (struct layer_source){.fd = fd, .name = path};
	}
	return layer_apply(&source, options, tree, stats, err);
}
