// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "pack/layer/extract_dir.h"

enum { TRIES = 500, TICK_MS = 10 };

int directory_open(const struct state *state, const char *part, const char *name, int *ret_fd,
		   struct error *err)
{
	_cleanup_(closep) int parent = state_directory(state, part, err);
	int fd;

	if (parent < 0)
		return parent;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open '%s/%s/%s'", state->dir, part, name);
	*ret_fd = fd;
	return 0;
}

int directory_make(const struct state *state, const char *part, const char *name, int *ret_fd,
		   struct error *err)
{
	_cleanup_(closep) int parent = state_directory(state, part, err);

	if (parent < 0)
		return parent;
	if (mkdirat(parent, name, 0700) < 0)
		return error_errno(err, "cannot make '%s/%s/%s'", state->dir, part, name);
	return directory_open(state, part, name, ret_fd, err);
}

int directory_remove_at(int dirfd, const char *name, const char *shown, struct error *err)
{
	_cleanup_(closep) int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_errno(err, "cannot remove '%s'", shown);
	/* a tracefs that has just lost its mount writes the last of its manifest */
	for (int tries = 0; tries < TRIES; tries++) {
		r = extract_remove_below(fd);
		if (r == 0 || r == -ENOENT)
			r = unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
		if (r != -ENOTEMPTY)
			break;
		poll(NULL, 0, TICK_MS);
	}
	return r < 0 ? error_code(err, r, "cannot remove '%s'", shown) : 0;
}

int directory_remove(const struct state *state, const char *part, const char *name, struct error *err)
{
	_cleanup_(closep) int parent = state_directory(state, part, err);
	_cleanup_(freep) char *shown = state_path(state, "%s/%s", part, name);

	if (parent < 0)
		return parent;
	return shown ? directory_remove_at(parent, name, shown, err) : error_oom(err);
}

uint64_t directory_usage(int dirfd)
{
	char path[48];
	char *roots[] = {path, NULL};
	uint64_t bytes = 0;
	FTSENT *entry;
	FTS *fts;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/", dirfd);
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (fts && (entry = fts_read(fts)))
		if (entry->fts_info == FTS_D)
			bytes += (uint64_t)entry->fts_statp->st_blocks * 512;
		else if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS)
			bytes += (uint64_t)entry->fts_statp->st_blocks * 512 / entry->fts_statp->st_nlink;
	if (fts)
		fts_close(fts);
	return bytes;
}
