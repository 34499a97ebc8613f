/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handle: does a file handle outlive the kernel's memory of the file?
 *
 *	handle DIRECTORY FILES
 *
 * makes FILES files and some more in DIRECTORY, takes handles of them, has the kernel forget what it can
 * of the mount (remounting it does that), and opens them by their handles again. One line for each
 * question, the same on every file system that keeps handles.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

struct handle {
	struct file_handle head;
	unsigned char bytes[MAX_HANDLE_SZ];
};

static int top; /* the directory */

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "handle: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make(const char *path)
{
	int fd = openat(top, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	must(fd >= 0 && write(fd, path, strlen(path)) == (ssize_t)strlen(path), path);
	close(fd);
}

static void take(const char *path, struct handle *handle)
{
	int id;

	handle->head.handle_bytes = MAX_HANDLE_SZ;
	must(name_to_handle_at(top, path, &handle->head, &id, 0) == 0, path);
}

/* 0 when what it opens holds `text`, or why not. */
static int opens(struct handle *handle, const char *text)
{
	char buffer[64] = "";
	int fd = open_by_handle_at(top, &handle->head, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	if (read(fd, buffer, sizeof(buffer) - 1) < 0)
		must(false, "read");
	close(fd);
	return strcmp(buffer, text) == 0 ? 0 : EILSEQ;
}

static void ask(const char *question, struct handle *handle, const char *text)
{
	int error = opens(handle, text);

	printf("%s: %s\n", question, error ? strerror(error) : "ok");
}

static bool lists(struct handle *handle, const char *wanted)
{
	int fd = open_by_handle_at(top, &handle->head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool found = false;

	while (dir && (entry = readdir(dir)))
		found |= strcmp(entry->d_name, wanted) == 0;
	if (dir)
		closedir(dir);
	return found;
}

/* Where it is, as the kernel finds out on its way up from a directory. */
static void place(struct handle *handle, const char *end)
{
	int fd = open_by_handle_at(top, &handle->head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[64], target[4096] = "";
	size_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || readlink(path, target, sizeof(target) - 1) < 0)
		target[0] = '\0';
	n = strlen(target);
	printf("a directory has its place: %s\n",
	       n > strlen(end) && strcmp(target + n - strlen(end), end) == 0 ? "ok" : target);
	close(fd);
}

static void forget(const char *directory)
{
	if (mount(NULL, directory, NULL, MS_REMOUNT | MS_RELATIME, NULL) < 0)
		must(errno == EINVAL, "remount"); /* not a mount: nothing to forget */
}

static void many(const char *directory, unsigned int files)
{
	struct handle *handles = calloc(files, sizeof(*handles));
	unsigned int opened = 0;
	char name[32];

	must(handles != NULL, "memory");
	for (unsigned int i = 0; i < files; i++) {
		snprintf(name, sizeof(name), "file-%u", i);
		make(name);
		take(name, &handles[i]);
	}
	forget(directory);
	for (unsigned int i = 0; i < files; i++) {
		snprintf(name, sizeof(name), "file-%u", i);
		opened += opens(&handles[i], name) == 0;
	}
	printf("%u of %u files\n", opened, files);
	free(handles);
}

int main(int argc, char **argv)
{
	struct handle renamed, removed, replaced, deep, directory, wrong;

	must(argc == 3, "handle DIRECTORY FILES");
	top = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(top >= 0, argv[1]);
	many(argv[1], (unsigned int)atoi(argv[2]));
	must(mkdirat(top, "one", 0755) == 0 && mkdirat(top, "one/two", 0755) == 0 &&
		 mkdirat(top, "one/two/three", 0755) == 0, "directories");
	make("renamed");
	make("removed");
	make("replaced");
	make("replacement");
	make("one/two/three/deep");
	take("renamed", &renamed);
	take("removed", &removed);
	take("replaced", &replaced);
	take("one/two/three/deep", &deep);
	take("one/two/three", &directory);
	forget(argv[1]);
	must(renameat(top, "renamed", top, "one/elsewhere") == 0, "rename");
	must(unlinkat(top, "removed", 0) == 0, "unlink");
	must(renameat(top, "replacement", top, "replaced") == 0, "rename over");
	ask("a file that was renamed", &renamed, "renamed");
	ask("one that was removed", &removed, "removed");
	ask("one that was replaced", &replaced, "replaced");
	forget(argv[1]);
	ask("the renamed one again", &renamed, "renamed");
	ask("the removed one again", &removed, "removed");
	ask("one deep down", &deep, "one/two/three/deep");
	forget(argv[1]);
	printf("a directory is listed: %s\n", lists(&directory, "deep") ? "ok" : "no");
	forget(argv[1]);
	place(&directory, "/one/two/three");
	wrong = deep;
	for (unsigned int i = 0; i < wrong.head.handle_bytes; i++)
		wrong.bytes[i] ^= 0x5a;
	ask("a handle that never was", &wrong, "");
	return 0;
}
