// SPDX-License-Identifier: BSD-2-Clause
#include "fs/sticky.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"

struct walk {
	int overlay_fd;
	struct text path; /* of the directory in hand, with its slash; "" is the root */
};

static void look_below(struct walk *walk, int fd, int depth);

static void look_at(struct walk *walk, int parent, const char *name, int depth)
{
	size_t before = walk->path.size;
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return;
	text_add(&walk->path, name);
	if ((st.st_mode & S_ISVTX) && !text_failed(&walk->path)) /* the same mode again is enough */
		fchmodat(walk->overlay_fd, walk->path.bytes, st.st_mode & 07777, 0);
	if (depth < STICKY_DEPTH)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && text_add_char(&walk->path, '/') == 0)
		look_below(walk, take_fd(&fd), depth + 1);
	if (!text_failed(&walk->path) && walk->path.size > before) {
		walk->path.size = before;
		walk->path.bytes[before] = '\0';
	}
}

/* Takes fd. */
static void look_below(struct walk *walk, int fd, int depth)
{
	_cleanup_(closedirp) DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
			look_at(walk, dirfd(dir), entry->d_name, depth);
}

void sticky_copy_up(int source_fd, int overlay_fd)
{
	struct walk walk = {.overlay_fd = overlay_fd, .path = TEXT_INIT};
	int fd = openat(source_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		look_below(&walk, fd, 1);
	text_release(&walk.path);
}
