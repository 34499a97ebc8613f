// SPDX-License-Identifier: BSD-2-Clause
#include "fs/scratch_written.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/path.h"
#include "db/guard.h"

enum { DEPTH_MAX = 128 };

void scratch_written_release(struct scratch_written *written)
{
	for (size_t i = 0; i < written->records.count; i++) {
		free((char *)written->records.items[i].path);
		free((struct found *)written->records.items[i].found);
	}
	array_release(&written->records);
}

static enum access_op op_of(mode_t mode)
{
	return S_ISDIR(mode) ? ACCESS_MKDIR : S_ISLNK(mode) ? ACCESS_SYMLINK : S_ISREG(mode) ? ACCESS_CREATE : ACCESS_MKNOD;
}

/* found: of what is new. */
static int add(struct scratch_written *written, const char *path, enum access_op op, const struct stat *found)
{
	struct access_record record = {.path = strdup(path), .exe = "", .comm = "", .op = op, .count = 1};
	struct found *own = found ? calloc(1, sizeof(*own)) : NULL;

	if (own)
		found_from_stat(found, ENTRY_CREATED, own);
	record.found = own;
	if (record.path && (!found || own) && array_push(&written->records, record) == 0)
		return 0;
	free((char *)record.path);
	free(own);
	return -ENOMEM;
}

static int look_in(struct scratch_written *written, int upper, int source, const char *path, int depth);

/* One name of the upper directory, beside what the source has there. */
static int look_at(struct scratch_written *written, int upper, int source, const char *path, const char *name, int depth)
{
	_cleanup_(freep) char *below = path_join(path, name);
	_cleanup_(closep) int upper_fd = -1, source_fd = -1;
	struct stat st, of_source;
	bool known;

	if (!below)
		return -ENOMEM;
	if (fstatat(upper, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	known = source >= 0 && fstatat(source, name, &of_source, AT_SYMLINK_NOFOLLOW) == 0;
	/* overlayfs's mark for what is gone */
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
		return known ? add(written, below, ACCESS_UNLINK, NULL) : 0;
	if (!known)
		return add(written, below, op_of(st.st_mode), &st);
	if (!S_ISDIR(st.st_mode))
		return add(written, below, ACCESS_WRITE, NULL);
	upper_fd = openat(upper, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	source_fd = openat(source, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return upper_fd < 0 || depth == DEPTH_MAX ? 0 : look_in(written, upper_fd, source_fd, below, depth + 1);
}

/* Whoever served the source is gone or about to: nothing of it is read, only looked at. */
static int look_in(struct scratch_written *written, int upper, int source, const char *path, int depth)
{
	int fd = openat(upper, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!directory) {
		closep(&fd);
		return 0;
	}
	while (r == 0 && written->records.count < SCRATCH_WRITTEN_MAX && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = look_at(written, upper, source, path, entry->d_name, depth);
	closedir(directory);
	return r;
}

int scratch_written_find(struct scratch_written *written, int upper_fd, int source_fd)
{
	return look_in(written, upper_fd, source_fd, "/", 0);
}

struct noting {
	struct recorder *recorder;
	const struct scratch_written *written;
};

static int write_all(void *data, struct error *err)
{
	const struct noting *noting = data;

	return access_record_batch(noting->recorder->manifest, noting->recorder->session, noting->written->records.items,
				   noting->written->records.count, 0, 0, err);
}

int scratch_written_note(struct scratch_written *written, struct recorder *recorder, struct error *err)
{
	struct noting noting = {recorder, written};
	int64_t now = clock_wall_ns();
	int r = written->records.count ? recorder_flush(recorder, err) : 0;

	if (r < 0 || !written->records.count)
		return r;
	for (size_t i = 0; i < written->records.count; i++) {
		struct access_record *record = &written->records.items[i];

		record->first_seq = recorder->events + i + 1;
		record->first_ns = record->last_ns = now;
	}
	pthread_mutex_lock(&recorder->writing);
	r = recorder->full ? 0 : manifest_guard(recorder->path, write_all, &noting, err);
	pthread_mutex_unlock(&recorder->writing);
	return r;
}
