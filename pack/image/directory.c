// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/directory.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

void listing_release(struct listing *listing)
{
	text_release(&listing->index);
}

/* The inode's reference, which is what decides where a run ends. */
static int reference_of(struct writer *writer, const struct node *node, uint64_t *ret_reference)
{
	return metadata_reference(&writer->inodes, node->inode->scratch, ret_reference);
}

static bool fits_in_run(const struct node *first, uint64_t first_reference,
			const struct node *node, uint64_t reference)
{
	int64_t difference = (int64_t)node->inode->number - (int64_t)first->inode->number;

	return reference >> 16 == first_reference >> 16 && difference >= INT16_MIN &&
	       difference <= INT16_MAX;
}

/* How many names from `at` on share a header, and no more than to the end of this metadata block. */
static int run_length(struct writer *writer, const struct node *node, uint32_t at,
		      uint64_t *references, uint32_t *ret_count)
{
	uint32_t room = SQFS_META_SIZE - writer->directories.fill, count = 0;
	uint32_t used = sizeof(struct sqfs_run);

	for (; count < SQFS_RUN_MAX && at + count < node_child_count(node); count++) {
		const struct node *child = node_child_at(node, at + count);
		int r = reference_of(writer, child, &references[count]);

		if (r < 0)
			return r;
		if (count && (used >= room || !fits_in_run(node_child_at(node, at), references[0],
							   child, references[count])))
			break;
		used += sizeof(struct sqfs_name) + (uint32_t)strlen(child->name);
	}
	*ret_count = count;
	return 0;
}

static int add(struct writer *writer, struct listing *listing, const void *data, size_t size)
{
	listing->size += size;
	return metadata_add(&writer->directories, data, size);
}

static int write_run(struct writer *writer, const struct node *node, uint32_t at,
		     const uint64_t *references, uint32_t count, struct listing *listing)
{
	uint32_t base = node_child_at(node, at)->inode->number;
	struct sqfs_run run = {.count = htole32(count - 1),
			       .block = htole32((uint32_t)(references[0] >> 16)),
			       .number = htole32(base)};
	int r = add(writer, listing, &run, sizeof(run));

	for (uint32_t i = 0; i < count && r == 0; i++) {
		const struct node *child = node_child_at(node, at + i);
		size_t size = strlen(child->name);
		struct sqfs_name name = {
			.offset = htole16((uint16_t)(references[i] & 0xffff)),
			.difference = (int16_t)htole16((uint16_t)(child->inode->number - base)),
			.type = htole16(inode_type(child->inode->mode)),
			.size = htole16((uint16_t)(size - 1)),
		};

		listing->subdirectories += node_is_dir(child);
		r = add(writer, listing, &name, sizeof(name));
		if (r == 0)
			r = add(writer, listing, child->name, size);
	}
	return r;
}

/* For now with the number of the metadata block where its position belongs. */
static void index_add(struct writer *writer, struct listing *listing, const char *name)
{
	struct sqfs_index index = {
		.position = htole32((uint32_t)listing->size),
		.block = (uint32_t)writer->directories.submitted,
		.name_size = htole32((uint32_t)strlen(name) - 1),
	};

	if (listing->index_count == UINT16_MAX)
		return; /* the rest of the listing is searched from the last one on */
	text_add_bytes(&listing->index, &index, sizeof(index));
	text_add_bytes(&listing->index, name, strlen(name));
	listing->index_count++;
}

/* The bytes of a listing that begins with a metadata block, or at most one run's header more. */
static int listing_size(struct writer *writer, const struct node *node, uint64_t *ret_size)
{
	uint64_t reference, first = 0, size = 0;
	uint32_t from = 0;

	for (uint32_t i = 0; i < node_child_count(node); i++) {
		int r = reference_of(writer, node_child_at(node, i), &reference);

		if (r < 0)
			return r;
		if (i == 0 || i - from == SQFS_RUN_MAX ||
		    !fits_in_run(node_child_at(node, from), first, node_child_at(node, i), reference)) {
			from = i;
			first = reference;
			size += sizeof(struct sqfs_run);
		}
		size += sizeof(struct sqfs_name) + strlen(node_child_at(node, i)->name);
	}
	*ret_size = size;
	return 0;
}

/* Begin a new metadata block if the listing would otherwise run through more of them than it must. */
static int keep_together(struct writer *writer, const struct node *node)
{
	static const char zeroes[SQFS_META_SIZE];
	uint32_t fill = writer->directories.fill;
	uint64_t size;
	int r = listing_size(writer, node, &size);

	if (r < 0 || !size || !fill ||
	    (fill + size - 1) / SQFS_META_SIZE == (size - 1) / SQFS_META_SIZE)
		return r;
	return metadata_add(&writer->directories, zeroes, SQFS_META_SIZE - fill);
}

int directory_write(struct writer *writer, const struct node *node, bool together,
		    struct listing *ret_listing)
{
	uint64_t references[SQFS_RUN_MAX + 1], block;
	struct listing listing = {.index = TEXT_INIT};
	uint32_t count;
	int r = together ? keep_together(writer, node) : 0;

	listing.place = metadata_place(&writer->directories);
	block = writer->directories.submitted;
	for (uint32_t at = 0; at < node_child_count(node) && r == 0; at += count) {
		r = run_length(writer, node, at, references, &count);
		if (r < 0)
			break;
		if (writer->directories.submitted != block) {
			block = writer->directories.submitted;
			index_add(writer, &listing, node_child_at(node, at)->name);
		}
		r = write_run(writer, node, at, references, count, &listing);
	}
	if (text_failed(&listing.index))
		r = -ENOMEM;
	if (r < 0) {
		listing_release(&listing);
		return r;
	}
	*ret_listing = listing;
	return 0;
}

int directory_finish(struct writer *writer, struct listing *listing)
{
	char *at = listing->index.bytes;

	for (uint32_t i = 0; i < listing->index_count; i++) {
		struct sqfs_index index;
		uint64_t reference;
		int r;

		memcpy(&index, at, sizeof(index));
		r = metadata_reference(&writer->directories, (uint64_t)index.block << 16,
				       &reference);
		if (r < 0)
			return r;
		index.block = htole32((uint32_t)(reference >> 16));
		memcpy(at, &index, sizeof(index));
		at += sizeof(index) + le32toh(index.name_size) + 1;
	}
	return 0;
}
