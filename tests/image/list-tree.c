// SPDX-License-Identifier: BSD-2-Clause
/*
 * list-tree DIR: one line for each name below DIR, in byte order, with everything an image must keep:
 * path, kind, mode, owner, size, links, time, target, device, SHA-256, attributes. Every name is
 * opened by its path, which finds directories that are listed but cannot be searched. Two trees are
 * the same when their listings are.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/digest.h"
#include "db/base/array.h"

static int failures;

static void put(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c > ' ' && c < 0x7f && c != '\\')
			putchar(c);
		else
			printf("\\%03o", c);
	}
}

static void complain(const char *path)
{
	failures++;
	printf("! ");
	put(path, strlen(path));
	printf(": %s\n", strerror(errno));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_attributes(const char *path)
{
	static char names[65536], value[65536];
	char *sorted[1024];
	size_t count = 0;
	ssize_t size = llistxattr(path, names, sizeof(names));

	for (ssize_t at = 0; at < size && count < 1024; at += (ssize_t)strlen(names + at) + 1)
		if (strncmp(names + at, "system.", 7) != 0)
			sorted[count++] = names + at;
	sort_items(sorted, count, sizeof(*sorted), compare);
	for (size_t i = 0; i < count; i++) {
		ssize_t got = lgetxattr(path, sorted[i], value, sizeof(value));

		printf(" %s=", sorted[i]);
		if (got < 0)
			printf("!%s", strerror(errno));
		else
			put(value, (size_t)got);
	}
}

static void list_file(const char *path)
{
	char hex[DIGEST_HEX_SIZE];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || digest_fd(fd, hex, NULL) < 0) {
		printf(" !%s", strerror(errno));
		failures++;
	} else {
		printf(" %s", hex);
	}
	if (fd >= 0)
		close(fd);
}

static void list(const char *path, size_t prefix)
{
	static char target[65536];
	struct dirent **entries = NULL;
	struct stat st;
	int count;

	if (lstat(path, &st) < 0) {
		complain(path);
		return;
	}
	put(path + prefix, strlen(path + prefix));
	printf(" %06o %u:%u %lld", st.st_mode, st.st_uid, st.st_gid, (long long)st.st_mtim.tv_sec);
	if (!S_ISDIR(st.st_mode))
		printf(" %lu", (unsigned long)st.st_nlink);
	if (S_ISREG(st.st_mode)) {
		printf(" %lld", (long long)st.st_size);
		list_file(path);
	}
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf(" %u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (S_ISLNK(st.st_mode)) {
		ssize_t size = readlink(path, target, sizeof(target));

		printf(" -> ");
		put(target, size < 0 ? 0 : (size_t)size);
	}
	list_attributes(path);
	putchar('\n');
	if (!S_ISDIR(st.st_mode))
		return;
	count = scandir(path, &entries, NULL, NULL);
	if (count < 0) {
		complain(path);
		return;
	}
	char **names = calloc((size_t)count + 1, sizeof(*names));
	size_t used = 0;
	for (int i = 0; i < count; i++) {
		if (strcmp(entries[i]->d_name, ".") && strcmp(entries[i]->d_name, ".."))
			names[used++] = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	sort_items(names, used, sizeof(*names), compare);
	for (size_t i = 0; i < used; i++) {
		char *below;

		if (asprintf(&below, "%s/%s", path, names[i]) < 0)
			exit(1);
		list(below, prefix);
		free(below);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: list-tree DIR\n");
		return 2;
	}
	list(argv[1], strlen(argv[1]));
	return failures ? 1 : 0;
}
