// SPDX-License-Identifier: BSD-2-Clause
#include "fs/inode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/node_path.h"

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
		    strcmp(node_name(node), name) == 0)
			return node;
	}
	return NULL;
}

/* It stays in the table, so that every node can be found at the end, but answers to no name. */
static void unname(struct node *node)
{
	node->flags &= (uint16_t)~NODE_NAMED;
	if (node->nlookup > 0 || node->pin < 0)
		return;
	close(node->pin); /* kept, and good for nothing now */
	node->pin = -1;
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
	if (node->parent) /* a root is not in it */
		hash_remove(&table->nodes, &node->link);
	if (node->directory)
		directory_drop(&table->directories, node->directory);
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

/* The kernel has forgotten it, and may remember it by a file handle. */
static void keep(struct node_table *table, struct node *node)
{
	struct node *before;

	if (node->nlookup > 0 || !table->kept.limit || !(node->flags & NODE_NAMED))
		return;
	if (table->forgotten)
		table->forgotten(table->owner, node);
	if (node->flags & NODE_KEPT)
		return;
	node->flags |= NODE_KEPT;
	node->refs++;
	before = kept_add(&table->kept, node);
	if (!before)
		return;
	before->flags &= (uint16_t)~NODE_KEPT;
	before->refs--;
	collect(table, before);
}

static struct node *node_new(struct node_table *table, struct node *parent, const char *name,
			     const struct stat *st)
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
	node->generation = ++table->generation;
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
	table->root = node_new(table, NULL, "", &st);
	if (!table->root) {
		close(root_fd);
		return error_oom(err);
	}
	table->root->pin = root_fd;
	return 0;
}

int node_table_second_root(struct node_table *table, int root_fd)
{
	struct node *node = node_new(table, NULL, "", &(struct stat){.st_mode = S_IFDIR});

	if (!node)
		return -ENOMEM;
	table->second = node;
	node->pin = root_fd;
	node->flags = NODE_SECOND;
	node->refs = 1; /* stays as long as the table */
	return 0;
}

void node_table_release(struct node_table *table)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&table->nodes, &cursor)))
		node_free(table, container_of(link, struct node, link));
	hash_release(&table->nodes);
	if (table->second)
		node_free(table, table->second);
	kept_release(&table->kept);
	if (table->root)
		node_free(table, table->root);
	pthread_mutex_destroy(&table->lock);
}

bool node_is(const struct node *node, const struct stat *st)
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
	if (node && !node_is(node, st)) {
		unname(node); /* replaced behind our back */
		collect(table, node);
		node = NULL;
	}
	if (!node) {
		node = node_new(table, parent, name, st);
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

/* Most are among those that were forgotten; the rest are on their way there. Called with the lock held. */
static struct node *by_number(struct node_table *table, const void *number)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	if (kept_has(&table->kept, number))
		return (struct node *)number;
	while ((link = hash_each(&table->nodes, &cursor)))
		if (container_of(link, struct node, link) == number)
			return container_of(link, struct node, link);
	return NULL;
}

struct node *node_remember(struct node_table *table, const void *number)
{
	struct node *node;

	pthread_mutex_lock(&table->lock);
	node = by_number(table, number);
	if (node && !(node->flags & NODE_NAMED))
		node = NULL;
	if (node)
		node->nlookup++;
	pthread_mutex_unlock(&table->lock);
	return node;
}

struct node *node_remember_parent(struct node_table *table, struct node *node)
{
	struct node *parent;

	pthread_mutex_lock(&table->lock);
	parent = node->parent ? node->parent : node;
	parent->nlookup++;
	pthread_mutex_unlock(&table->lock);
	return parent;
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
	keep(table, node);
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

uint16_t node_flag_parent(struct node_table *table, struct node *node, uint16_t set)
{
	uint16_t before = 0;

	pthread_mutex_lock(&table->lock);
	if (node->parent) {
		before = node->parent->flags;
		node->parent->flags |= set;
	}
	pthread_mutex_unlock(&table->lock);
	return before;
}

/* Losing and changing names. */

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
	path = node_path_build(node, NULL, buffer, sizeof(buffer), &length);
	move->from = path == buffer ? strdup(buffer) : path;
	if (move->from)
		return move;
	free(move);
	return NULL;
}

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
	a_name = strdup(node_name(a));
	a_parent = a->parent;
	a_parent->refs++;
	r = a_name ? rename_locked(table, a, b->parent, node_name(b)) : -ENOMEM;
	if (r == 0)
		r = rename_locked(table, b, a_parent, a_name);
	a_parent->refs--;
	pthread_mutex_unlock(&table->lock);
	return r;
}

char *node_path(struct node_table *table, const struct node *node, const char *name, char *buffer,
		size_t size, size_t *ret_length)
{
	char *path;

	pthread_mutex_lock(&table->lock);
	path = node_path_build(node, name, buffer, size, ret_length);
	pthread_mutex_unlock(&table->lock);
	return path;
}
