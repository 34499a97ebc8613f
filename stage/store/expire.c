// SPDX-License-Identifier: BSD-2-Clause
#include "stage/store/expire.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/digest.h"

enum { AGE_MAX = 3600, COUNT_MAX = 16 };
#define BYTES_MAX ((uint64_t)4 << 30)

struct used {
	char digest[DIGEST_HEX_SIZE];
	struct timespec time;
	uint64_t bytes;
};

typedef ARRAY(struct used) used_list;

static int newest_first(const void *a, const void *b)
{
	const struct used *x = a, *y = b;

	if (x->time.tv_sec != y->time.tv_sec)
		return x->time.tv_sec < y->time.tv_sec ? 1 : -1;
	return (x->time.tv_nsec < y->time.tv_nsec) - (x->time.tv_nsec > y->time.tv_nsec);
}

static bool is_kept(const char *digest)
{
	char path[100];

	snprintf(path, sizeof(path), "/store/kept/%s", digest);
	return access(path, F_OK) == 0;
}

static void list_used(used_list *list)
{
	_cleanup_(closedirp) DIR *dir = opendir("/used");
	struct dirent *item;
	struct stat st;

	while (dir && (item = readdir(dir))) {
		struct used used = {.bytes = 0};

		if (strlen(item->d_name) != DIGEST_HEX_SIZE - 1 ||
		    fstatat(dirfd(dir), item->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || is_kept(item->d_name))
			continue;
		memcpy(used.digest, item->d_name, DIGEST_HEX_SIZE);
		used.time = st.st_mtim;
		used.bytes = (uint64_t)st.st_size;
		if (array_push(list, used) < 0)
			return;
	}
	array_sort(list, newest_first);
}

void expire_package(const char *digest)
{
	char path[100];

	snprintf(path, sizeof(path), "/used/%s", digest);
	unlink(path);
	snprintf(path, sizeof(path), "/mounts/%s", digest);
	umount2(path, MNT_DETACH);
	rmdir(path);
	snprintf(path, sizeof(path), "/store/files/%s", digest);
	unlink(path);
}

void expire_packages(void)
{
	used_list list = {0};
	uint64_t bytes = 0;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	list_used(&list);
	for (size_t i = 0; i < list.count; i++) {
		const struct used *used = &list.items[i];

		bytes += used->bytes;
		/* the newest is in use, however large it is */
		if (i && (i >= COUNT_MAX || bytes > BYTES_MAX ||
			  now.tv_sec - used->time.tv_sec > AGE_MAX))
			expire_package(used->digest);
	}
	array_release(&list);
}
