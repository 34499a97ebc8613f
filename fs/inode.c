// SPDX-License-Identifier: BSD-2-Clause
#include "fs/inode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* An open directory in the list; the list's order and membership are guarded by the table's lock. */
struct directory {
	struct directory *newer, *older;
	struct node *node; /* NULL: left the list, closed by its last user */
	int fd;
	unsigned int users;
};

static void list_remove(struct node_table *table, struct directory *d)
{
	*(d->newer ? &d->newer->older : &table->newest) = d->older;
	*(d->older ? &d->older->newer : &table->oldest) = d->newer;
	d->newer = d->older = NULL;
	table->directories--;
}

static void list_add(struct node_table *table, struct directory *d)
{
	d->newer = NULL;
	d->older = table->newest;
	*(d->older ? &d->older->newer : &table->oldest) = d;
	table->newest = d;
	table->directories++;
}

/* Out of the list; closed now, or by its last user. */
static void directory_drop(struct node_table *table, struct directory *d)
{
	list_remove(table, d);
	d->node->directory = NULL;
	d->node = NULL;
	if (d->users == 0) {
		close(d->fd);
		free(d);
	}
}

static void list_trim(struct node_table *table)
{
	struct directory *d = table->oldest;

	while (d && table->directories > NODE_DIRECTORIES) {
		struct directory *newer = d->newer;

		if (d->users == 0)
			directory_drop(table, d);
		d = newer;
	}
}

static const char *name_of(const struct node *node)
{
	return node->moved ? node->moved->name : node->first_name;
}

static uint64_t name_hash(const struct node *parent, const char *name)
{
	return hash_pair((uint64_t)(uintptr_t)parent, hash_string(name));
}

/* Called with the lock held, as all functions down to the next section. */
static struct node *named(struct node_table *table, const struct node *parent, const char *name)
{
	uint64_t hash = name_hash(parent, name);

	for (struct hash_link *l = hash_first(&table->nodes, hash); l; l = hash_next(l, hash)) {
		struct node *node = container_of(l, struct node, link);

		if ((node->flags & NODE_NAMED) && node->parent == parent &&
		    strcmp(name_of(node), name) == 0)
			return node;
	}
	return NULL;
}

/* It stays in the table, so that every node can be found at the end, but answers to no name. */
static void unname(struct node *node)
{
	node->flags &= (uint16_t)~NODE_NAMED;
}

static void move_free(struct node_move *move)
{
	if (!move)
		return;
	free(move->from);
	free(move);
}

static void node_free(struct node_table *table, struct node *node)
{
	if (table->forgotten)
		table->forgotten(table->owner, node);
	if (node != table->root)
		hash_remove(&table->nodes, &node->link);
	if (node->directory)
		directory_drop(table, node->directory);
	if (node->pin >= 0)
		close(node->pin);
	move_free(node->moved);
	free(node);
}

/* Free the node if nobody holds it, then its parent if that was the last child, and so on. */
static void collect(struct node_table *table, struct node *node)
{
	while (node && node != table->root && node->refs == 0 && node->nlookup == 0) {
		struct node *parent = node->parent;

		node_free(table, node);
		parent->refs--;
		node = parent;
	}
}

static struct node *node_new(struct node *parent, const char *name, const struct stat *st)
{
	size_t size = strlen(name) + 1;
	struct node *node = calloc(1, sizeof(*node) + size);

	if (!node)
		return NULL;
	memcpy(node->first_name, name, size);
	node->parent = parent;
	node->pin = -1;
	node->ino = st->st_ino;
	node->dev = (uint32_t)st->st_dev;
	node->type = (uint16_t)(st->st_mode & S_IFMT);
	return node;
}

/* The table. */

int node_table_init(struct node_table *table, int root_fd, struct error *err)
{
	struct stat st;

	*table = (struct node_table){0};
	pthread_mutex_init(&table->lock, NULL);
	if (fstat(root_fd, &st) < 0) {
		close(root_fd);
		return error_errno(err, "cannot look at the source");
	}
	table->root = node_new(NULL, "", &st);
	if (!table->root) {
		close(root_fd);
		return error_oom(err);
	}
	table->root->pin = root_fd;
	return 0;
}

void node_table_release(struct node_table *table)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&table->nodes, &cursor))) {
		node_free(table, container_of(link, struct node, link));
	}
	hash_release(&table->nodes);
	if (table->root)
		node_free(table, table->root);
	pthread_mutex_destroy(&table->lock);
}

static bool same_file(const struct node *node, const struct stat *st)
{
	if (node->type != (st->st_mode & S_IFMT))
		return false;
	/* a directory of an overlay may change its number; its type is enough to go on */
	return S_ISDIR(st->st_mode) || (node->ino == st->st_ino && node->dev == (uint32_t)st->st_dev);
}

int node_lookup(struct node_table *table, struct node *parent, const char *name,
		const struct stat *st, int pin, struct node **ret_node)
{
	struct node *node;
	int r = 0;

	pthread_mutex_lock(&table->lock);
	node = named(table, parent, name);
	if (node && !same_file(node, st)) {
		unname(node); /* replaced behind our back */
		collect(table, node);
		node = NULL;
	}
	if (!node) {
		node = node_new(parent, name, st);
		if (!node || hash_add(&table->nodes, &node->link, name_hash(parent, name)) < 0) {
			free(node);
			r = -ENOMEM;
			goto out;
		}
		node->flags = NODE_NAMED;
		node->pin = take_fd(&pin);
		parent->refs++;
	}
	node->nlookup++;
	*ret_node = node;
out:
	pthread_mutex_unlock(&table->lock);
	closep(&pin);
	return r;
}

struct node *node_find(struct node_table *table, struct node *parent, const char *name)
{
	struct node *node;

	pthread_mutex_lock(&table->lock);
	node = named(table, parent, name);
	if (node)
		node->refs++;
	pthread_mutex_unlock(&table->lock);
	return node;
}

void node_ref(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->lock);
	node->refs++;
	pthread_mutex_unlock(&table->lock);
}

void node_unref(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->lock);
	node->refs--;
	collect(table, node);
	pthread_mutex_unlock(&table->lock);
}

void node_forget(struct node_table *table, struct node *node, uint64_t nlookup)
{
	pthread_mutex_lock(&table->lock);
	node->nlookup -= nlookup < node->nlookup ? nlookup : node->nlookup;
	collect(table, node);
	pthread_mutex_unlock(&table->lock);
}

uint16_t node_flag(struct node_table *table, struct node *node, uint16_t set)
{
	uint16_t before;

	pthread_mutex_lock(&table->lock);
	before = node->flags;
	node->flags |= set;
	pthread_mutex_unlock(&table->lock);
	return before;
}

/* Places. */

static void directory_put(struct directory *d)
{
	if (--d->users == 0 && !d->node) {
		close(d->fd);
		free(d);
	}
}

void place_release(struct place *place)
{
	struct node_table *table = place->table;

	if (!place->directory)
		return;
	pthread_mutex_lock(&table->lock);
	directory_put(take(place->directory));
	pthread_mutex_unlock(&table->lock);
}

static void place_of_pin(const struct node *node, struct place *ret_place)
{
	ret_place->fd = node->pin;
	ret_place->flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
	ret_place->directory = NULL;
	ret_place->name[0] = '\0';
}

static void place_of_directory(struct node_table *table, struct directory *d,
			       struct place *ret_place)
{
	if (d != table->newest) {
		list_remove(table, d);
		list_add(table, d);
	}
	d->users++;
	ret_place->table = table;
	ret_place->fd = d->fd;
	ret_place->flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
	ret_place->directory = d;
	ret_place->name[0] = '\0';
}

static bool reachable(const struct node *node)
{
	return node->pin >= 0 || node->directory;
}

static void place_now(struct node_table *table, struct node *node, struct place *ret_place)
{
	if (node->directory)
		place_of_directory(table, node->directory, ret_place);
	else
		place_of_pin(node, ret_place);
}

/* Give the node a descriptor of the list; fd is ours now. Called with the lock held. */
static int directory_install(struct node_table *table, struct node *node, int fd)
{
	struct directory *d;

	if (reachable(node)) {
		close(fd); /* another thread was faster */
		return 0;
	}
	d = calloc(1, sizeof(*d));
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	d->fd = fd;
	d->node = node;
	node->directory = d;
	list_add(table, d);
	return 0;
}

/*
 * Open the topmost directory on the way to `node` that has no descriptor. The lock is held before
 * and after, and let go over the open.
 */
static int descend_once(struct node_table *table, struct node *node)
{
	struct node *next = node;
	struct place place;
	int fd, r;

	while (!reachable(next->parent))
		next = next->parent;
	place_now(table, next->parent, &place);
	snprintf(place.name, sizeof(place.name), "%s", name_of(next));
	next->refs++;
	pthread_mutex_unlock(&table->lock);
	fd = openat(place.fd, place.name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : 0;
	pthread_mutex_lock(&table->lock);
	if (place.directory)
		directory_put(place.directory);
	if (fd >= 0)
		r = directory_install(table, next, fd);
	next->refs--;
	return r;
}

/* Called with the lock held, which is let go and taken again. */
static int place_directory(struct node_table *table, struct node *node, struct place *ret_place)
{
	while (!reachable(node)) {
		int r = descend_once(table, node);

		if (r < 0)
			return r;
	}
	place_now(table, node, ret_place);
	list_trim(table);
	return 0;
}

int node_directory_place(struct node_table *table, struct node *directory,
			 struct place *ret_place)
{
	int r;

	pthread_mutex_lock(&table->lock);
	r = place_directory(table, directory, ret_place);
	pthread_mutex_unlock(&table->lock);
	return r;
}

int node_child_place(struct node_table *table, struct node *directory, const char *name,
		     struct place *ret_place)
{
	int r;

	if (strlen(name) >= sizeof(ret_place->name))
		return -ENAMETOOLONG;
	r = node_directory_place(table, directory, ret_place);
	if (r < 0)
		return r;
	strcpy(ret_place->name, name);
	ret_place->flags = AT_SYMLINK_NOFOLLOW;
	return 0;
}

int node_place(struct node_table *table, struct node *node, struct place *ret_place)
{
	int r = 0;

	pthread_mutex_lock(&table->lock);
	if (reachable(node)) {
		place_now(table, node, ret_place);
	} else {
		r = place_directory(table, node->parent, ret_place);
		if (r == 0) {
			/* read after the lock was let go: it may have been renamed meanwhile */
			strcpy(ret_place->name, name_of(node));
			ret_place->flags = AT_SYMLINK_NOFOLLOW;
		}
	}
	pthread_mutex_unlock(&table->lock);
	return r;
}

int place_stat(const struct place *place, struct stat *ret_st)
{
	return fstatat(place->fd, place->name, ret_st, place->flags) < 0 ? -errno : 0;
}

const char *place_proc_path(const struct place *place, char *buffer, size_t size)
{
	snprintf(buffer, size, place->name[0] ? "/proc/self/fd/%d/%s" : "/proc/self/fd/%d",
		 place->fd, place->name);
	return buffer;
}

int place_open(const struct place *place, int flags)
{
	char buffer[300];
	int fd;

	if (place->name[0] || (flags & O_DIRECTORY)) {
		fd = openat(place->fd, place->name[0] ? place->name : ".",
			    flags | O_NOFOLLOW | O_CLOEXEC);
	} else {
		/* a bare descriptor opens anew by its magic link, which has to be followed */
		place_proc_path(place, buffer, sizeof(buffer));
		fd = open(buffer, (flags & ~O_NOFOLLOW) | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

/* Losing and changing names. */

void node_pin(struct node_table *table, struct node *node)
{
	struct place place;
	int fd;

	if (node_place(table, node, &place) < 0)
		return;
	fd = place.name[0] ? openat(place.fd, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC)
			   : fcntl(place.fd, F_DUPFD_CLOEXEC, 3);
	place_release(&place);
	if (fd < 0)
		return;
	pthread_mutex_lock(&table->lock);
	if (node->pin < 0)
		node->pin = take_fd(&fd);
	pthread_mutex_unlock(&table->lock);
	closep(&fd);
}

void node_unlinked(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->lock);
	unname(node);
	pthread_mutex_unlock(&table->lock);
}

/*
 * What the node will have when its name is `name`: the path by which it is recorded stays what it
 * was. NULL: out of memory. Called with the lock held.
 */
static struct node_move *move_new(const struct node *node, const char *name);

static int rename_locked(struct node_table *table, struct node *node, struct node *parent,
			 const char *name)
{
	struct node_move *move = move_new(node, name);
	struct node *before = node->parent;

	if (!move)
		return -ENOMEM;
	hash_remove(&table->nodes, &node->link);
	move_free(node->moved);
	node->moved = move;
	node->parent = parent;
	parent->refs++;
	before->refs--;
	/* it was just taken out: there is room, so that this cannot fail */
	hash_add(&table->nodes, &node->link, name_hash(parent, move->name));
	node->flags |= NODE_NAMED;
	collect(table, before);
	return 0;
}

int node_renamed(struct node_table *table, struct node *node, struct node *new_parent,
		 const char *new_name)
{
	struct node *over;
	int r;

	pthread_mutex_lock(&table->lock);
	over = named(table, new_parent, new_name);
	if (over && over != node)
		unname(over);
	r = rename_locked(table, node, new_parent, new_name);
	pthread_mutex_unlock(&table->lock);
	return r;
}

int node_exchanged(struct node_table *table, struct node *a, struct node *b)
{
	_cleanup_(freep) char *a_name = NULL;
	struct node *a_parent;
	int r;

	pthread_mutex_lock(&table->lock);
	a_name = strdup(name_of(a));
	a_parent = a->parent;
	a_parent->refs++;
	r = a_name ? rename_locked(table, a, b->parent, name_of(b)) : -ENOMEM;
	if (r == 0)
		r = rename_locked(table, b, a_parent, a_name);
	a_parent->refs--;
	pthread_mutex_unlock(&table->lock);
	return r;
}

/* Paths. */

/* Put text before *at; counts even where there is no room. */
static void prepend(const char *buffer, char **at, const char *text, size_t length, size_t *total)
{
	*total += length;
	if ((size_t)(*at - buffer) >= length) {
		*at -= length;
		memcpy(*at, text, length);
	} else {
		*at = (char *)buffer; /* no room from here on */
	}
}

static const char *moved_from(const struct node *node)
{
	return node->moved ? node->moved->from : NULL;
}

/* Builds from the end of the buffer; returns the length the path has. Called with the lock held. */
static size_t path_build(const struct node *node, const char *name, char *buffer, size_t size,
			 char **ret_start)
{
	char *at = buffer + size - 1;
	size_t total = 0;

	*at = '\0';
	if (name) {
		prepend(buffer, &at, name, strlen(name), &total);
		prepend(buffer, &at, "/", 1, &total);
	}
	for (; node->parent && !moved_from(node); node = node->parent) {
		const char *part = name_of(node);

		prepend(buffer, &at, part, strlen(part), &total);
		prepend(buffer, &at, "/", 1, &total);
	}
	if (moved_from(node))
		prepend(buffer, &at, moved_from(node), strlen(moved_from(node)), &total);
	if (total == 0)
		prepend(buffer, &at, "/", 1, &total);
	*ret_start = at;
	return total;
}

static char *path_locked(const struct node *node, const char *name, char *buffer, size_t size,
			 size_t *ret_length)
{
	char *start, *large;
	size_t length = path_build(node, name, buffer, size, &start);

	if (length < size) {
		memmove(buffer, start, length + 1);
		*ret_length = length;
		return buffer;
	}
	large = malloc(length + 1);
	if (!large)
		return NULL;
	*ret_length = path_build(node, name, large, length + 1, &start);
	return large;
}

static struct node_move *move_new(const struct node *node, const char *name)
{
	size_t size = strlen(name) + 1, length;
	struct node_move *move = malloc(sizeof(*move) + size);
	char buffer[1024], *path;

	if (!move)
		return NULL;
	memcpy(move->name, name, size);
	move->from = NULL;
	if (node->flags & NODE_CREATED)
		return move;
	path = path_locked(node, NULL, buffer, sizeof(buffer), &length);
	move->from = path == buffer ? strdup(buffer) : path;
	if (move->from)
		return move;
	free(move);
	return NULL;
}

char *node_path(struct node_table *table, const struct node *node, const char *name, char *buffer,
		size_t size, size_t *ret_length)
{
	char *path;

	pthread_mutex_lock(&table->lock);
	path = path_locked(node, name, buffer, size, ret_length);
	pthread_mutex_unlock(&table->lock);
	return path;
}
