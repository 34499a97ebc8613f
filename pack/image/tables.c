// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/tables.h"

#include <endian.h>
#include <stdlib.h>

static int write_fragments(struct writer *writer, struct metadata *table, uint64_t *ret_position)
{
	int r = 0;

	/* as mksquashfs: an empty table has its place, too, and 7-Zip opens no image without one */
	*ret_position = writer->output.position;
	for (size_t i = 0; i < writer->data.store.fragments.count && r == 0; i++) {
		struct sqfs_fragment fragment = {
			.start = htole64(writer->data.store.fragments.items[i].start),
			.size = htole32(writer->data.store.fragments.items[i].size),
		};

		r = metadata_add(table, &fragment, sizeof(fragment));
	}
	if (r < 0 || !writer->data.store.fragments.count)
		return r;
	return table_write(&writer->output, table, NULL, 0, ret_position);
}

static int note_export(struct node *node, void *data)
{
	struct writer *writer = data;

	writer->exports[node->inode->number - 1] = node->inode->scratch;
	return 0;
}

static int write_exports(struct writer *writer, struct metadata *table, uint64_t *ret_position)
{
	int r = 0;

	*ret_position = SQFS_NO_TABLE;
	if (!writer->options.exportable)
		return 0;
	writer->exports = calloc(writer->inode_count, sizeof(*writer->exports));
	if (!writer->exports)
		return -ENOMEM;
	tree_walk(writer->tree, note_export, writer);
	for (uint32_t i = 0; i < writer->inode_count && r == 0; i++) {
		uint64_t reference;

		r = metadata_reference(&writer->inodes, writer->exports[i], &reference);
		reference = htole64(reference);
		if (r == 0)
			r = metadata_add(table, &reference, sizeof(reference));
	}
	return r < 0 ? r : table_write(&writer->output, table, NULL, 0, ret_position);
}

static int write_ids(struct writer *writer, struct metadata *table, uint64_t *ret_position)
{
	int r = 0;

	for (uint32_t i = 0; i < writer->ids.count && r == 0; i++) {
		uint32_t number = htole32(writer->ids.numbers[i]);

		r = metadata_add(table, &number, sizeof(number));
	}
	return r < 0 ? r : table_write(&writer->output, table, NULL, 0, ret_position);
}

/* A small table through one of the functions above. */
static int write_table(struct writer *writer,
		       int (*write)(struct writer *, struct metadata *, uint64_t *),
		       uint64_t *ret_position)
{
	struct metadata table;
	uint64_t position = 0;
	int r = metadata_init(&table, writer->workers, NULL);

	if (r == 0)
		r = write(writer, &table, &position);
	*ret_position = htole64(position);
	metadata_release(&table);
	return r;
}

int tables_write(struct writer *writer, struct sqfs_super *super)
{
	uint64_t fragments = 0, exports = 0, ids = 0, xattrs;
	int r;

	r = write_table(writer, write_fragments, &fragments);
	if (r == 0)
		r = write_table(writer, write_exports, &exports);
	if (r == 0)
		r = write_table(writer, write_ids, &ids);
	if (r == 0)
		r = xattrs_write(&writer->xattrs, &writer->output, &xattrs);
	if (r < 0)
		return r;
	super->fragment_table = fragments;
	super->export_table = exports;
	super->id_table = ids;
	super->xattr_table = htole64(xattrs);
	return 0;
}
