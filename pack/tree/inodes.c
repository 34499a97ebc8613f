// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/inodes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pack/tree/content.h"

enum { INODES_PER_SLAB = 256 };

struct inode_slab {
	struct inode_slab *next;
	struct inode inodes[INODES_PER_SLAB];
};

struct inode *inodes_take(struct inodes *inodes)
{
	struct inode *inode = inodes->free;

	if (inode) {
		inodes->free = (struct inode *)(uintptr_t)inode->scratch;
		inode->scratch = 0;
		return inode;
	}
	if (!inodes->slabs || inodes->used == INODES_PER_SLAB) {
		struct inode_slab *slab = calloc(1, sizeof(*slab));

		if (!slab)
			return NULL;
		slab->next = inodes->slabs;
		inodes->slabs = slab;
		inodes->used = 0;
	}
	return &inodes->slabs->inodes[inodes->used++];
}

static void release_kind(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		content_release(&inode->content);
		break;
	case S_IFDIR:
		free(inode->directory->children);
		break;
	case S_IFLNK:
		free(inode->target);
		break;
	}
}

static void inode_release(struct inode *inode)
{
	release_kind(inode);
	if (inode->xattrs) {
		for (size_t i = 0; i < inode->xattrs->count; i++) {
			free(inode->xattrs->items[i].name);
			free(inode->xattrs->items[i].value);
		}
		free(inode->xattrs->items);
		free(inode->xattrs);
	}
	memset(inode, 0, sizeof(*inode));
}

void inodes_give_back(struct inodes *inodes, struct inode *inode)
{
	inode_release(inode);
	inode->scratch = (uintptr_t)inodes->free;
	inodes->free = inode;
}

void inodes_release(struct inodes *inodes)
{
	for (struct inode_slab *slab = inodes->slabs, *next; slab; slab = next) {
		next = slab->next;
		for (size_t i = 0; i < INODES_PER_SLAB; i++)
			inode_release(&slab->inodes[i]);
		free(slab);
	}
	*inodes = (struct inodes){0};
}
