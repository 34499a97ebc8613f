// SPDX-License-Identifier: BSD-2-Clause
#include "fs/manifest_file.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"

void manifest_file_init(struct manifest_file *file, const char *path, uint64_t max_size)
{
	*file = (struct manifest_file){.path = path, .max_size = max_size};
	if (stat(path, &file->st) < 0)
		file->st.st_ino = 0;
}

static uint64_t size_of_wal(const char *path)
{
	_cleanup_(text_release) struct text name = TEXT_INIT;
	struct stat st;

	text_printf(&name, "%s-wal", path);
	return !text_failed(&name) && stat(name.bytes, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int manifest_file_check(const struct manifest_file *file, struct error *err)
{
	_cleanup_(text_release) struct text limit = TEXT_INIT;
	struct stat st;

	if (file->st.st_ino == 0)
		return 0;
	if (stat(file->path, &st) < 0 || st.st_ino != file->st.st_ino ||
	    st.st_dev != file->st.st_dev)
		return error_set(err, -EIO,
				 "manifest %s was removed or replaced while it was written to",
				 file->path);
	if ((uint64_t)st.st_size + size_of_wal(file->path) < file->max_size)
		return 0;
	text_add_size(&limit, file->max_size);
	return error_set(err, -EFBIG,
			 "manifest %s is as large as max_manifest allows (%s): its session ends here",
			 file->path, limit.bytes);
}
