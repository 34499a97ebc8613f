// SPDX-License-Identifier: BSD-2-Clause
#include "stage/store/kept_sum.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/io.h"
#include "db/base/process.h"

#define NOTE "user.sfc.sum"

enum { CHUNK = 128 << 10, NOTE_MAX = 256 };

/* ---- the sum of a directory ---- */

static int add_contents(struct digest *digest, const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_cleanup_(freep) char *bytes = malloc(CHUNK);
	ssize_t n = 0;
	int r = fd < 0 ? -errno : bytes ? 0 : -ENOMEM;

	while (r == 0 && (n = io_read(fd, bytes, CHUNK)) > 0)
		r = digest_add(digest, bytes, (size_t)n);
	return r < 0 ? r : n < 0 ? (int)n : 0;
}

static int add_link(struct digest *digest, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));

	return n < 0 ? -errno : digest_add(digest, target, (size_t)n);
}

static int in_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_attribute(struct digest *digest, const char *path, const char *name)
{
	_cleanup_(freep) char *value = NULL;
	ssize_t n = lgetxattr(path, name, NULL, 0);
	int r;

	if (n < 0)
		return -errno;
	value = malloc((size_t)n + 1);
	n = value ? lgetxattr(path, name, value, (size_t)n) : -1;
	if (n < 0)
		return value ? -errno : -ENOMEM;
	r = digest_add(digest, name, strlen(name) + 1);
	return r < 0 ? r : digest_add(digest, value, (size_t)n);
}

static int add_attributes(struct digest *digest, const char *path)
{
	struct {
		const char **items;
		size_t count, capacity;
	} names = ARRAY_INIT;
	_cleanup_(freep) char *list = NULL;
	ssize_t n = llistxattr(path, NULL, 0);
	int r = 0;

	if (n <= 0)
		return n < 0 && errno != EOPNOTSUPP ? -errno : 0;
	list = malloc((size_t)n);
	n = list ? llistxattr(path, list, (size_t)n) : -1;
	if (n < 0)
		return list ? -errno : -ENOMEM;
	for (const char *name = list; r == 0 && name < list + n; name += strlen(name) + 1)
		r = array_push(&names, name);
	if (r == 0)
		array_sort(&names, in_order);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = add_attribute(digest, path, names.items[i]);
	array_release(&names);
	return r;
}

static int add_entry(struct digest *digest, const FTSENT *entry, size_t skip)
{
	const struct stat *st = entry->fts_statp;
	char line[160];
	int n = snprintf(line, sizeof(line), " %o %u %u %" PRIdMAX " %" PRIdMAX ".%09ld", st->st_mode, st->st_uid,
			 st->st_gid, S_ISDIR(st->st_mode) ? 0 : (intmax_t)st->st_size,
			 (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	int r = digest_add(digest, entry->fts_path + skip, strlen(entry->fts_path + skip) + 1);

	/* the directory itself is renamed, has another mode meanwhile, and the note */
	if (r == 0 && entry->fts_level > 0)
		r = digest_add(digest, line, (size_t)n + 1);
	if (r == 0 && entry->fts_level > 0)
		r = add_attributes(digest, entry->fts_accpath);
	if (r == 0 && S_ISREG(st->st_mode))
		r = add_contents(digest, entry->fts_accpath);
	if (r == 0 && S_ISLNK(st->st_mode))
		r = add_link(digest, entry->fts_accpath);
	return r;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int sum(int directory, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	char top[64], *const tops[] = {top, NULL};
	const FTSENT *entry;
	FTS *tree;
	int r = digest_new(&digest);

	/* with the dot it is a directory, and no link to one */
	snprintf(top, sizeof(top), "/proc/self/fd/%d/.", directory);
	tree = r == 0 ? fts_open(tops, FTS_PHYSICAL, by_name) : NULL;
	if (r == 0 && !tree)
		r = -errno;
	while (r == 0 && (errno = 0, entry = fts_read(tree))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
			r = -entry->fts_errno;
		else if (entry->fts_info != FTS_DP)
			r = add_entry(digest, entry, strlen(top));
	}
	if (r == 0 && errno)
		r = -errno;
	if (tree)
		fts_close(tree);
	if (r == 0)
		r = digest_finish(digest, ret_hex);
	return r < 0 ? error_code(err, r, "cannot read the extracted package") : 0;
}

/* ---- where it is noted ---- */

static int write_note(int directory, const char *hex, struct error *err)
{
	char note[NOTE_MAX];
	struct process self;

	process_self(&self);
	snprintf(note, sizeof(note), "%s %s", hex, self.boot);
	return fsetxattr(directory, NOTE, note, strlen(note), 0) < 0
		       ? error_errno(err, "cannot note the digest of the extracted package")
		       : 0;
}

int kept_sum_note(int directory, struct error *err)
{
	char hex[DIGEST_HEX_SIZE];
	int r = sum(directory, hex, err);

	return r < 0 ? r : write_note(directory, hex, err);
}

/* What is no note is none. */
static bool read_note(int directory, char hex[DIGEST_HEX_SIZE], char boot[PROCESS_BOOT_SIZE])
{
	char note[NOTE_MAX];
	ssize_t n = fgetxattr(directory, NOTE, note, sizeof(note) - 1);

	note[n > 0 ? n : 0] = '\0';
	return sscanf(note, "%64[0-9a-f] %39s", hex, boot) == 2 && strlen(hex) == DIGEST_HEX_SIZE - 1;
}

int kept_sum_check(const char *path, int directory, bool again, struct error *err)
{
	char noted[DIGEST_HEX_SIZE] = "", found[DIGEST_HEX_SIZE], boot[PROCESS_BOOT_SIZE] = "";
	struct process self;
	int r;

	process_self(&self);
	if (!read_note(directory, noted, boot))
		return kept_sum_note(directory, err);
	if (!again && strcmp(boot, self.boot) == 0)
		return 0;
	r = sum(directory, found, err);
	if (r == 0 && strcmp(found, noted) != 0)
		r = error_set(err, -EBADMSG, "the package '%s' was altered after it was installed; install it again",
			      path);
	return r < 0 ? r : write_note(directory, found, err);
}
