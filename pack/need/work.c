// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/work.h"

#include <errno.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

struct work_seen {
	struct hash_link link;
	struct work work;
};

void work_queue_release(struct work_queue *queue)
{
	hash_release(&queue->seen);
	arena_release(&queue->memory);
	array_release(queue);
}

static uint64_t work_hash(const struct work *work)
{
	return hash_pair(hash_number((uintptr_t)work->entry),
			 hash_pair((uintptr_t)work->origin, (uintptr_t)work->inherited));
}

static bool was_seen(const struct work_queue *queue, const struct work *work)
{
	uint64_t hash = work_hash(work);

	for (struct hash_link *l = hash_first(&queue->seen, hash); l; l = hash_next(l, hash)) {
		const struct work *seen = &container_of(l, struct work_seen, link)->work;

		if (seen->entry == work->entry && seen->origin == work->origin &&
		    seen->inherited == work->inherited)
			return true;
	}
	return false;
}

int work_queue_add(struct work_queue *queue, const struct work *work)
{
	struct work_seen *seen;

	if (was_seen(queue, work))
		return 0;
	seen = arena_take(&queue->memory, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	seen->work = *work;
	if (hash_add(&queue->seen, &seen->link, work_hash(work)) < 0)
		return -ENOMEM;
	return array_push(queue, *work);
}

bool work_queue_take(struct work_queue *queue, struct work *ret_work)
{
	if (queue->done == queue->count)
		return false;
	*ret_work = queue->items[queue->done++];
	return true;
}
