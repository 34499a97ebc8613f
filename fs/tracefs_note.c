// SPDX-License-Identifier: BSD-2-Clause
/* What an operation says of itself becomes an event, unless nobody wants to hear of it. */
#include "fs/tracefs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "fs/caller.h"

static bool ignored(const struct tracefs *fs, const char *path)
{
	if (!known_has(&fs->known, path))
		return true;
	for (size_t i = 0; i < fs->options->ignore.count; i++)
		if (path_match(fs->options->ignore.items[i], path))
			return true;
	return false;
}

/* What is told of a thing at first sight, or when it is not there. */
static const struct found *found_of(const struct tracefs *fs, const struct note *note,
				    uint16_t seen, struct found *found)
{
	if (note->error == -ENOENT || note->error == -ENOTDIR) {
		*found = (struct found){.kind = ENTRY_MISSING};
		return found;
	}
	if (!note->st || note->error || ((seen & NODE_SEEN) && !note->target))
		return NULL;
	found_from_stat(note->st,
			note->created || (seen & NODE_CREATED) ? ENTRY_CREATED : ENTRY_SOURCE,
			found);
	if (found->uid == fs->stranger)
		found->uid = OWNER_UNKNOWN;
	if (found->gid == fs->stranger)
		found->gid = OWNER_UNKNOWN;
	found->target = note->target;
	return found;
}

/* The root is never looked up by name, so it is looked at when something happens to it first. */
static void note_root(struct tracefs *fs, struct note *note, struct stat *st)
{
	if (!note->st && !(fs->nodes.root->flags & NODE_SEEN) && fstat(fs->source.fd, st) == 0)
		note->st = st;
}

/* What was left out and is missed may only have been the way to what was wanted. */
static void note_wanted(struct tracefs *fs, const struct event *event)
{
	_cleanup_(freep) char *path = NULL;
	struct event wanted = *event;
	char named[PATH_MAX];

	if (event->op != ACCESS_LOOKUP || event->error != ENOENT || !fs->known.count ||
	    caller_path(fs->processes.proc_fd, event->tid, named, sizeof(named)) < 0)
		return;
	path = known_below(&fs->known, event->path, named);
	if (!path)
		return;
	wanted.path = path;
	wanted.path_length = strlen(path);
	aggregator_add(&fs->aggregator, &wanted);
}

static enum caller_at where(struct tracefs *fs, fuse_req_t req)
{
	return caller_at(fs->processes.proc_fd, fuse_req_ctx(req)->pid);
}

bool tracefs_is_listing(struct tracefs *fs, fuse_req_t req, struct node *directory)
{
	return (node_flag(&fs->nodes, directory, 0) & NODE_MERGED) &&
	       where(fs, req) == CALLER_AT_LISTING;
}

/* Of what is in such a directory, and of one above a directory that is listed: its "..". */
bool tracefs_is_numbering(struct tracefs *fs, fuse_req_t req, struct node *node)
{
	return ((node_flag_parent(&fs->nodes, node, 0) & NODE_MERGED) ||
		(node_flag(&fs->nodes, node, 0) & (NODE_MERGED | NODE_LISTED_BELOW))) &&
	       where(fs, req) == CALLER_AT_LISTING;
}

/* What a program opens to list it is opened before it is listed, but for what is merged. */
void tracefs_note_listing(struct tracefs *fs, fuse_req_t req, struct node *directory, int error)
{
	enum caller_at at = where(fs, req);

	if (fs->overlaid)
		node_flag_parent(&fs->nodes, directory, NODE_LISTED_BELOW);
	if (at == CALLER_AT_LISTING)
		node_flag(&fs->nodes, directory, NODE_MERGED);
	if (at != CALLER_AT_HANDLE)
		tracefs_note(fs, req, directory, NULL,
			     &(struct note){.op = ACCESS_READDIR, .error = error});
}

void tracefs_note_place(struct tracefs *fs, const char *path)
{
	const struct event event = {.op = ACCESS_STAT,
				    .tid = getpid(),
				    .program = processes_find(&fs->processes, getpid()),
				    .path = path,
				    .path_length = strlen(path)};

	if (!ignored(fs, path))
		aggregator_add(&fs->aggregator, &event);
}

void tracefs_note(struct tracefs *fs, fuse_req_t req, struct node *node, const char *name,
		  const struct note *given)
{
	struct note copy = *given, *note = &copy;
	struct stat root;
	char buffer[1024], *path;
	struct found found;
	struct event event = {.op = note->op,
			      .error = -note->error,
			      .flags = note->flags,
			      .tid = fuse_req_ctx(req)->pid};

	if (!__atomic_load_n(&fs->recording, __ATOMIC_ACQUIRE))
		return;
	path = node_path(&fs->nodes, node, name, buffer, sizeof(buffer), &event.path_length);
	if (!path)
		return;
	event.path = path;
	if (!ignored(fs, path)) {
		event.program = processes_find(&fs->processes, event.tid);
		if (node == fs->nodes.root && !name)
			note_root(fs, note, &root);
		event.found = found_of(fs, note,
				       name ? 0 : node_flag(&fs->nodes, node,
							    note->st ? NODE_SEEN : 0),
				       &found);
		aggregator_add(&fs->aggregator, &event);
		note_wanted(fs, &event);
		if (note->op == ACCESS_EXEC)
			processes_exec(&fs->processes, event.tid, event.path);
	}
	if (path != buffer)
		free(path);
}
