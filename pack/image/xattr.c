// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/xattr.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "pack/image/format.h"

enum { SHARE_FROM = 64 }; /* bytes; a shorter value is not worth a reference */

/* Bytes seen before, and what became of them: a set's number, or a value's place. */
struct known {
	struct hash_link link;
	uint64_t where;
	size_t size;
	char bytes[];
};

static const struct prefix {
	const char *text;
	uint16_t type;
} prefixes[] = {
	{"user.", SQFS_XATTR_USER},
	{"trusted.", SQFS_XATTR_TRUSTED},
	{"security.", SQFS_XATTR_SECURITY},
};

static const struct prefix *prefix_of(const char *name)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(name, prefixes[i].text, strlen(prefixes[i].text)) == 0)
			return &prefixes[i];
	return NULL;
}

bool xattr_is_storable(const char *name)
{
	return prefix_of(name) != NULL;
}

int xattrs_init(struct xattrs *xattrs, struct workers *workers)
{
	int r;

	*xattrs = (struct xattrs){0};
	r = metadata_init(&xattrs->values, workers, NULL);
	return r < 0 ? r : metadata_init(&xattrs->sets, workers, NULL);
}

static void known_sets_release(struct hash *hash)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(hash, &cursor)))
		free(container_of(link, struct known, link));
	hash_release(hash);
}

void xattrs_release(struct xattrs *xattrs)
{
	if (xattrs->values.workers)
		metadata_release(&xattrs->values);
	if (xattrs->sets.workers)
		metadata_release(&xattrs->sets);
	known_sets_release(&xattrs->known_sets);
	known_sets_release(&xattrs->known_values);
}

static struct known *known_find(const struct hash *hash, const void *bytes, size_t size)
{
	uint64_t value = hash_bytes(bytes, size);

	for (struct hash_link *l = hash_first(hash, value); l; l = hash_next(l, value)) {
		struct known *known = container_of(l, struct known, link);

		if (known->size == size && memcmp(known->bytes, bytes, size) == 0)
			return known;
	}
	return NULL;
}

static int known_add(struct hash *hash, const void *bytes, size_t size, uint64_t where)
{
	struct known *known = malloc(sizeof(*known) + size);

	if (!known)
		return -ENOMEM;
	known->where = where;
	known->size = size;
	memcpy(known->bytes, bytes, size);
	if (hash_add(hash, &known->link, hash_bytes(bytes, size)) < 0) {
		free(known);
		return -ENOMEM;
	}
	return 0;
}

static int add_key(struct xattrs *xattrs, const struct prefix *prefix, const char *name,
		   uint16_t flags)
{
	const char *rest = name + strlen(prefix->text);
	struct sqfs_key key = {.type = htole16(prefix->type | flags),
			       .size = htole16((uint16_t)strlen(rest))};
	int r = metadata_add(&xattrs->values, &key, sizeof(key));

	return r < 0 ? r : metadata_add(&xattrs->values, rest, strlen(rest));
}

static int add_value(struct xattrs *xattrs, const void *bytes, size_t size)
{
	struct sqfs_value value = {.size = htole32((uint32_t)size)};
	int r = metadata_add(&xattrs->values, &value, sizeof(value));

	return r < 0 ? r : metadata_add(&xattrs->values, bytes, size);
}

static int add_attribute(struct xattrs *xattrs, const struct xattr *xattr)
{
	const struct prefix *prefix = prefix_of(xattr->name);
	bool shareable = xattr->size >= SHARE_FROM;
	struct known *known = NULL;
	uint64_t reference;
	int r;

	if (shareable)
		known = known_find(&xattrs->known_values, xattr->value, xattr->size);
	if (known) {
		r = metadata_reference(&xattrs->values, known->where, &reference);
		if (r == 0)
			r = add_key(xattrs, prefix, xattr->name, SQFS_XATTR_ELSEWHERE);
		reference = htole64(reference);
		return r < 0 ? r : add_value(xattrs, &reference, sizeof(reference));
	}
	r = add_key(xattrs, prefix, xattr->name, 0);
	if (r == 0 && shareable)
		r = known_add(&xattrs->known_values, xattr->value, xattr->size,
			      metadata_place(&xattrs->values));
	return r < 0 ? r : add_value(xattrs, xattr->value, xattr->size);
}

/* Names and values one after another: equal for equal sets. */
static int spell(const struct xattr_list *list, struct text *text, struct sqfs_xattr_set *set)
{
	uint64_t total = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct xattr *xattr = &list->items[i];

		if (!xattr_is_storable(xattr->name))
			continue;
		text_add_bytes(text, xattr->name, strlen(xattr->name) + 1);
		text_add_bytes(text, &xattr->size, sizeof(xattr->size));
		text_add_bytes(text, xattr->value, xattr->size);
		total += strlen(xattr->name) + 1 + xattr->size;
		set->count++;
	}
	set->size = (uint32_t)total;
	return text_failed(text) ? -ENOMEM : 0;
}

static int add_set(struct xattrs *xattrs, const struct xattr_list *list,
		   struct sqfs_xattr_set *set)
{
	uint64_t place = metadata_place(&xattrs->values), reference;
	int r = metadata_reference(&xattrs->values, place, &reference);

	for (size_t i = 0; i < list->count && r == 0; i++)
		if (xattr_is_storable(list->items[i].name))
			r = add_attribute(xattrs, &list->items[i]);
	if (r < 0)
		return r;
	set->reference = htole64(reference);
	set->count = htole32(set->count);
	set->size = htole32(set->size);
	return metadata_add(&xattrs->sets, set, sizeof(*set));
}

int xattrs_add(struct xattrs *xattrs, const struct xattr_list *list, uint32_t *ret_number)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct sqfs_xattr_set set = {0};
	struct known *known;
	int r;

	*ret_number = SQFS_NO_XATTR;
	if (!list)
		return 0;
	r = spell(list, &text, &set);
	if (r < 0 || set.count == 0)
		return r;
	known = known_find(&xattrs->known_sets, text.bytes, text.size);
	if (known) {
		*ret_number = (uint32_t)known->where;
		return 0;
	}
	r = known_add(&xattrs->known_sets, text.bytes, text.size, xattrs->count);
	if (r == 0)
		r = add_set(xattrs, list, &set);
	if (r == 0)
		*ret_number = xattrs->count++;
	return r;
}

int xattrs_write(struct xattrs *xattrs, struct output *output, uint64_t *ret_position)
{
	struct sqfs_xattr_header header = {.values = htole64(output->position),
					   .count = htole32(xattrs->count)};
	int r;

	*ret_position = SQFS_NO_TABLE;
	if (!xattrs->count)
		return 0;
	r = metadata_end(&xattrs->values);
	if (r == 0)
		r = output_add(output, xattrs->values.kept.bytes, xattrs->values.kept.size);
	if (r < 0)
		return r;
	return table_write(output, &xattrs->sets, &header, sizeof(header), ret_position);
}
