// SPDX-License-Identifier: BSD-2-Clause
#include "fs/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void list_remove(struct directory_list *list, struct directory *d)
{
	*(d->newer ? &d->newer->older : &list->newest) = d->older;
	*(d->older ? &d->older->newer : &list->oldest) = d->newer;
	d->newer = d->older = NULL;
	list->count--;
}

static void list_add(struct directory_list *list, struct directory *d)
{
	d->newer = NULL;
	d->older = list->newest;
	*(d->older ? &d->older->newer : &list->oldest) = d;
	list->newest = d;
	list->count++;
}

static void close_unused(struct directory *d)
{
	if (d->users == 0 && !d->owner) {
		close(d->fd);
		free(d);
	}
}

int directory_add(struct directory_list *list, struct directory **owner, int fd)
{
	struct directory *d = calloc(1, sizeof(*d));

	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	d->fd = fd;
	d->owner = owner;
	*owner = d;
	list_add(list, d);
	return 0;
}

void directory_hold(struct directory_list *list, struct directory *d)
{
	if (d != list->newest) {
		list_remove(list, d);
		list_add(list, d);
	}
	d->users++;
}

void directory_put(struct directory *d)
{
	d->users--;
	close_unused(d);
}

void directory_drop(struct directory_list *list, struct directory *d)
{
	list_remove(list, d);
	*d->owner = NULL;
	d->owner = NULL;
	close_unused(d);
}

void directory_trim(struct directory_list *list)
{
	struct directory *d = list->oldest;

	while (d && list->count > DIRECTORY_LIMIT) {
		struct directory *newer = d->newer;

		if (d->users == 0)
			directory_drop(list, d);
		d = newer;
	}
}
