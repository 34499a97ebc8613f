/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growing array of any element type, its fields public:
 *
 *	ARRAY(struct entry *) entries = ARRAY_INIT;
 *
 *	if (array_push(&entries, entry) < 0)
 *		return -ENOMEM;
 *	for (size_t i = 0; i < entries.count; i++)
 *		entry_use(entries.items[i]);
 *	array_release(&entries);
 *
 * Growing doubles, so pushing is amortised O(1) and moves the elements: keep indexes, not pointers,
 * while it grows. Name the struct where it is a field or a parameter: ARRAY(type) is anonymous.
 */
#ifndef DB_BASE_ARRAY_H
#define DB_BASE_ARRAY_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define ARRAY(type)                                                                                \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t count;    /* elements in use */                                             \
		size_t capacity; /* elements there is room for */                                  \
	}

#define ARRAY_INIT                                                                                 \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

/* Make room for `more` further elements: 0 or -ENOMEM, then nothing has changed. */
#define array_reserve(array, more)                                                                 \
	array_grow((void **)&(array)->items, &(array)->capacity, (array)->count, (more),           \
		   sizeof(*(array)->items))

/* Add one element at the end: 0 or -ENOMEM. */
#define array_push(array, element)                                                                 \
	({                                                                                         \
		int pushed_ = array_reserve((array), 1);                                           \
		if (pushed_ == 0)                                                                  \
			(array)->items[(array)->count++] = (element);                              \
		pushed_;                                                                           \
	})

/* Free the memory (not what the elements own) and leave an empty array. */
#define array_release(array)                                                                       \
	do {                                                                                       \
		free((array)->items);                                                              \
		(array)->items = NULL;                                                             \
		(array)->count = (array)->capacity = 0;                                            \
	} while (0)

/* Put the elements in order, as qsort(3) does. */
#define array_sort(array, compare)                                                                 \
	sort_items((array)->items, (array)->count, sizeof(*(array)->items), (compare))

/* qsort(3), which may not be called with NULL, as where there is nothing the items often are. */
static inline void sort_items(void *items, size_t count, size_t size,
			      int (*compare)(const void *a, const void *b))
{
	if (count > 1)
		qsort(items, count, size, compare);
}

static inline int array_grow(void **items, size_t *capacity, size_t count, size_t more,
			     size_t element_size)
{
	size_t wanted, room = *capacity ? *capacity : 8;
	void *grown;

	if (__builtin_add_overflow(count, more, &wanted))
		return -ENOMEM;
	if (wanted <= *capacity)
		return 0;
	while (room < wanted)
		if (__builtin_mul_overflow(room, (size_t)2, &room))
			return -ENOMEM;
	grown = reallocarray(*items, room, element_size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*capacity = room;
	return 0;
}

#endif
