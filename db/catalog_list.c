// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog_list.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"

enum {
	NUMBER_MAX = 10, /* bytes of the longest number */
	FOLDED = 0x40,   /* beside the kind */
	NO_MODE = 0x80,
	ROW_BYTES = 17,  /* of a row in the table, beside the path */
};

void catalog_list_release(struct catalog_list *list)
{
	text_release(&list->bytes);
	text_release(&list->last);
}

void catalog_list_cursor_release(struct catalog_list_cursor *cursor)
{
	text_release(&cursor->path);
}

/* Seven bits a byte, the low ones first; the top bit says that there are more. */
static size_t number_put(char *bytes, uint64_t number)
{
	size_t size = 0;

	for (; number >= 0x80; number >>= 7)
		bytes[size++] = (char)(number | 0x80);
	bytes[size++] = (char)number;
	return size;
}

static uint64_t number_take(const char *bytes, size_t *at)
{
	uint64_t number = 0;
	unsigned int shift = 0;
	unsigned char byte;

	do {
		byte = (unsigned char)bytes[(*at)++];
		number |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return number;
}

static size_t common_length(const char *a, const char *b)
{
	size_t length = 0;

	while (a[length] && a[length] == b[length])
		length++;
	return length;
}

static void add_up(struct catalog_list *list, const struct catalog_entry *entry, size_t length)
{
	list->count++;
	list->folded |= entry->folded;
	list->table_bytes += length + ROW_BYTES + (entry->folded ? CATALOG_DIGEST_SIZE + 4 : 0);
	if (entry->folded || entry->kind == ENTRY_FILE) {
		list->files += entry->folded ? entry->files : 1;
		list->file_bytes += entry->size;
	}
}

int catalog_list_add(struct catalog_list *list, const struct catalog_entry *entry)
{
	size_t common = common_length(list->last.bytes, entry->path);
	const char *rest = entry->path + common;
	size_t size, length = strlen(rest);
	char head[6 * NUMBER_MAX + CATALOG_DIGEST_SIZE + 1];

	size = number_put(head, common);
	size += number_put(head + size, length);
	head[size++] = (char)(entry->kind | (entry->folded ? FOLDED : 0) |
			      (entry->has_mode ? 0 : NO_MODE));
	if (entry->has_mode)
		size += number_put(head + size, entry->mode);
	size += number_put(head + size, entry->size);
	if (entry->folded) {
		size += number_put(head + size, entry->names);
		size += number_put(head + size, entry->files);
		memcpy(head + size, entry->digest, CATALOG_DIGEST_SIZE);
		size += CATALOG_DIGEST_SIZE;
	}
	add_up(list, entry, common + length);
	text_add_bytes(&list->bytes, head, size);
	text_add_bytes(&list->bytes, rest, length);
	list->last.size = common;
	text_add(&list->last, rest);
	return text_failed(&list->bytes) || text_failed(&list->last) ? -ENOMEM : 0;
}

int catalog_list_next(const struct catalog_list *list, struct catalog_list_cursor *cursor,
		      struct catalog_entry *ret_entry)
{
	const char *bytes = list->bytes.bytes;
	unsigned char kind;
	size_t length;

	if (cursor->at == list->bytes.size)
		return 0;
	cursor->path.size = (size_t)number_take(bytes, &cursor->at);
	length = (size_t)number_take(bytes, &cursor->at);
	kind = (unsigned char)bytes[cursor->at++];
	*ret_entry = (struct catalog_entry){
		.kind = (enum entry_kind)(kind & ~(FOLDED | NO_MODE)),
		.folded = kind & FOLDED,
		.has_mode = !(kind & NO_MODE),
	};
	if (ret_entry->has_mode)
		ret_entry->mode = (uint16_t)number_take(bytes, &cursor->at);
	ret_entry->size = number_take(bytes, &cursor->at);
	if (ret_entry->folded) {
		ret_entry->names = number_take(bytes, &cursor->at);
		ret_entry->files = number_take(bytes, &cursor->at);
		memcpy(ret_entry->digest, bytes + cursor->at, CATALOG_DIGEST_SIZE);
		cursor->at += CATALOG_DIGEST_SIZE;
	}
	if (text_add_bytes(&cursor->path, bytes + cursor->at, length) < 0)
		return -ENOMEM;
	cursor->at += length;
	ret_entry->path = cursor->path.bytes;
	return 1;
}

int catalog_list_read(struct manifest *manifest, struct catalog_list *list, struct error *err)
{
	_cleanup_(catalog_walk_endp) struct catalog_walk *walk = NULL;
	struct catalog_entry entry;
	int r = catalog_walk_begin(manifest, &walk, err);

	while (r == 0 && (r = catalog_walk_next(walk, &entry, err)) > 0)
		r = catalog_list_add(list, &entry) < 0 ? error_oom(err) : 0;
	return r;
}
