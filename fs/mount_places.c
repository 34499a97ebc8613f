// SPDX-License-Identifier: BSD-2-Clause
#include "fs/mount_places.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "db/base/mounts.h"

static int note_place(const struct mount_line *line, void *data)
{
	struct tracefs *fs = data;
	struct stat st;

	/* the source is a clone without what is mounted inside it */
	if (line->path[1] && filesystem_is_on_disk(line->type) &&
	    fstatat(fs->source.fd, line->path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		tracefs_note_place(fs, line->path);
	return 0;
}

void mount_places_note(struct tracefs *fs)
{
	mounts_each(note_place, fs);
}
