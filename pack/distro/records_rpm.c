// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/records_rpm.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/distro/records_file.h"
#include "pack/distro/rpm_header.h"

/*
 * A file that is not kept is marked as not installed, as rpm itself does with --excludedocs and the
 * like. This is beside what the package's signature covers.
 */
static void mark_files(const struct installed *installed, char *record)
{
	const char *at = record, *states;
	struct rpm_header header;
	uint32_t count;

	if (rpm_header_next(&at, record + installed->record_size, &header) <= 0)
		return;
	states = rpm_header_bytes(&header, RPM_FILESTATES, &count);
	for (size_t i = 0; states && i < count && i < installed->file_count; i++)
		if (!installed->files[i].kept)
			record[states - record + (ptrdiff_t)i] = RPM_FILE_NOT_INSTALLED;
}

static int add_present(const struct distribution *distribution, struct text *stream)
{
	for (size_t i = 0; i < distribution->count; i++) {
		const struct installed *installed = &distribution->items[i];
		size_t start = stream->size;

		if (installed->kind != DISTRIBUTION_RPM || !installed_is_present(installed))
			continue;
		if (text_add_bytes(stream, installed->record, installed->record_size) < 0)
			return -ENOMEM;
		mark_files(installed, stream->bytes + start);
	}
	return 0;
}

/* Where the files of the new database go. */
struct placing {
	const struct distribution *distribution;
	struct node *top;
	struct error *err;
};

/* What SQLite has beside an older database is not of the new one. */
static void remove_beside(const struct placing *placing, const char *path)
{
	static const char *const suffixes[] = {"-shm", "-wal"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		_cleanup_(text_release) struct text beside = TEXT_INIT;
		struct node *node;

		text_printf(&beside, "%s%s", path, suffixes[i]);
		node = text_failed(&beside) ? NULL : records_node(placing->top, beside.bytes);
		if (node)
			node_remove(node);
	}
}

static int place_file(const char *name, const struct text *contents, void *data)
{
	const struct placing *placing = data;
	const struct distribution *distribution = placing->distribution;
	_cleanup_(freep) char *path = path_join(distribution->rpm.directory, name);

	if (!path)
		return error_oom(placing->err);
	remove_beside(placing, path);
	return records_file(distribution->source, placing->top, path, contents, placing->err);
}

int records_write_rpm(struct distribution *distribution, struct node *top, struct error *err)
{
	_cleanup_(text_release) struct text stream = TEXT_INIT;
	struct error why = ERROR_INIT;
	struct placing placing = {distribution, top, &why};
	int r;

	if (!distribution->rpm.directory)
		return 0;
	if (add_present(distribution, &stream) < 0)
		return error_oom(err);
	r = rpm_write(&distribution->rpm, &stream, place_file, &placing, &why);
	if (r == -ENOPKG) {
		distribution->untrimmed = "rpm";
		distribution->because = strdup(why.message);
		return distribution->because ? 0 : error_oom(err);
	}
	return r < 0 ? error_set(err, r, "%s", why.message) : 0;
}
