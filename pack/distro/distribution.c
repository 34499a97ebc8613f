// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/distribution.h"

#include <stdlib.h>

#include "db/base/array.h"

void distribution_release(struct distribution *distribution)
{
	for (size_t i = 0; i < distribution->count; i++)
		free(distribution->items[i].files);
	array_release(distribution);
	for (size_t i = 0; i < distribution->texts.count; i++)
		free(distribution->texts.items[i]);
	array_release(&distribution->texts);
	rpm_database_release(&distribution->rpm);
	free(distribution->because);
}

static void mark_installed(struct installed *installed,
			   bool (*is_kept)(const char *path, void *data), void *data)
{
	installed->files_total = installed->bytes_total = 0;
	installed->files_kept = installed->bytes_kept = 0;
	for (size_t i = 0; i < installed->file_count; i++) {
		struct packaged_file *packaged = &installed->files[i];
		const struct source_entry *file = packaged->file;
		uint64_t size = file && file->kind == ENTRY_FILE ? file->size : 0;

		packaged->kept = file && is_kept(file->path, data);
		if (!file || packaged->is_directory)
			continue;
		installed->files_total++;
		installed->bytes_total += size;
		installed->files_kept += packaged->kept;
		installed->bytes_kept += packaged->kept ? size : 0;
	}
}

void distribution_mark(struct distribution *distribution,
		       bool (*is_kept)(const char *path, void *data), void *data)
{
	for (size_t i = 0; i < distribution->count; i++)
		mark_installed(&distribution->items[i], is_kept, data);
}

static int by_address(const void *a, const void *b)
{
	const struct source_entry *x = *(const struct source_entry *const *)a;
	const struct source_entry *y = *(const struct source_entry *const *)b;

	return (x > y) - (x < y);
}

/* Two packages may have the same file; a source has one entry for each path. */
int distribution_count_owned(const struct distribution *distribution, uint64_t *ret_count)
{
	ARRAY(const struct source_entry *) owned = ARRAY_INIT;
	int r = 0;

	*ret_count = 0;
	for (size_t i = 0; i < distribution->count; i++)
		for (size_t j = 0; r == 0 && j < distribution->items[i].file_count; j++) {
			const struct packaged_file *packaged = &distribution->items[i].files[j];

			if (packaged->kept && !packaged->is_directory)
				r = array_push(&owned, packaged->file);
		}
	array_sort(&owned, by_address);
	for (size_t i = 0; i < owned.count; i++)
		*ret_count += i == 0 || owned.items[i] != owned.items[i - 1];
	array_release(&owned);
	return r;
}
