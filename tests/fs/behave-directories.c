/* SPDX-License-Identifier: BSD-2-Clause */
/* Listing: what readdir(3) promises, also while the directory changes, and for large ones. */
#include "tests/fs/behave.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MANY = 300, LARGE = 5000 };

/* BEHAVE_LARGE=100000 for the long run. */
static int large(void)
{
	const char *asked = getenv("BEHAVE_LARGE");

	return asked ? atoi(asked) : LARGE;
}

static void make_many(const char *directory, int count)
{
	char path[96];

	make_directory(directory, 0755);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		make_file(path, 0644, "");
	}
}

static void prepare(void)
{
	make_many("many", MANY);
	make_many("changed", MANY);
	make_many("emptied", MANY);
	make_many("sought", MANY);
	make_many("large", large());
	make_many("removed", 3);
	make_many("mixed", 4);
	make_directory("kinds", 0755);
	make_file("kinds/file", 0644, "");
	make_directory("kinds/dir", 0755);
	must(symlink("file", "kinds/link") == 0 && mkfifo("kinds/fifo", 0644) == 0, "kinds");
	must(mknod("kinds/null", S_IFCHR | 0644, 0x103) == 0, "kinds/null");
	make_directory("none", 0755);
}

/* Every number from 0 to count - 1 exactly once, besides the dots. */
struct seen {
	unsigned char *times;
	int count, dots, strange;
};

static void see(struct seen *seen, const struct dirent *entry)
{
	char *end;
	long n = strtol(entry->d_name, &end, 10);

	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		seen->dots++;
	else if (*end == '\0' && n >= 0 && n < seen->count)
		seen->times[n]++;
	else
		seen->strange++;
}

static void tell(const char *check, struct seen *seen)
{
	int missing = 0, twice = 0;

	for (int i = 0; i < seen->count; i++) {
		missing += seen->times[i] == 0;
		twice += seen->times[i] > 1;
	}
	answer(check, "%d missing, %d twice, %d strange, %d dots", missing, twice, seen->strange,
	       seen->dots);
	memset(seen->times, 0, (size_t)seen->count);
	seen->dots = seen->strange = 0;
}

static void list(const char *check, const char *path, int count)
{
	struct seen seen = {.times = calloc((size_t)count + 1, 1), .count = count};
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir) {
		result(check, -1);
		free(seen.times);
		return;
	}
	while ((entry = readdir(dir)))
		see(&seen, entry);
	tell(check, &seen);
	closedir(dir);
	free(seen.times);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void kinds(const char *check, const char *path)
{
	char rows[16][64], text[1024] = "";
	size_t count = 0;
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) && count < 16)
		snprintf(rows[count++], sizeof(rows[0]), " %.40s=%d", entry->d_name, entry->d_type);
	qsort(rows, count, sizeof(rows[0]), by_text);
	for (size_t i = 0; i < count; i++)
		strcat(text, rows[i]);
	answer(check, "%zu:%s", count, text);
	if (dir)
		closedir(dir);
}

/* What readdir says of an inode and a device is what stat says. */
static void agreeing(const char *check, const char *path)
{
	int same = 0, differ = 0;
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_ino == entry->d_ino)
			same++;
		else
			differ++;
	}
	answer(check, "%s", differ == 0 && same > 0 ? "yes" : "no");
	if (dir)
		closedir(dir);
}

static void going_back(void)
{
	struct seen seen = {.times = calloc(MANY, 1), .count = MANY};
	DIR *dir = opendir("sought");
	long middle;
	char next[256];
	struct dirent *entry;

	for (int i = 0; i < 100; i++)
		must(readdir(dir) != NULL, "sought");
	middle = telldir(dir);
	entry = readdir(dir);
	snprintf(next, sizeof(next), "%s", entry->d_name);
	while (readdir(dir))
		;
	seekdir(dir, middle);
	entry = readdir(dir);
	answer("seekdir", "%s",
	       entry && strcmp(entry->d_name, next) == 0 ? "the same name again" : "another");
	rewinddir(dir);
	make_file("sought/later", 0644, "");
	rewinddir(dir);
	while ((entry = readdir(dir)))
		see(&seen, entry);
	tell("rewinddir", &seen);
	closedir(dir);
	free(seen.times);
}

/* Names that were there all the time are seen exactly once. */
static void while_changing(void)
{
	struct seen seen = {.times = calloc(MANY, 1), .count = MANY};
	DIR *dir = opendir("changed");
	struct dirent *entry;
	char path[64];

	for (int i = 0; (entry = readdir(dir)); i++) {
		snprintf(path, sizeof(path), "changed/new-%d", i);
		if (i < 50)
			make_file(path, 0644, "");
		if (strncmp(entry->d_name, "new-", 4) != 0)
			see(&seen, entry);
	}
	tell("while-made", &seen);
	closedir(dir);
	dir = opendir("emptied");
	while ((entry = readdir(dir))) {
		see(&seen, entry);
		if (entry->d_name[0] != '.')
			must(unlinkat(dirfd(dir), entry->d_name, 0) == 0, entry->d_name);
	}
	tell("while-removed", &seen);
	closedir(dir);
	result("while-removed-rmdir", rmdir("emptied"));
	free(seen.times);
}

static void changed(void)
{
	make_file("mixed/new", 0644, "");
	must(unlink("mixed/2") == 0 && rename("mixed/3", "mixed/moved") == 0, "mixed");
	kinds("mixed", "mixed");
	must(unlink("removed/0") == 0 && unlink("removed/1") == 0 && unlink("removed/2") == 0,
	     "removed");
	kinds("all-removed", "removed");
	result("all-removed-rmdir", rmdir("removed"));
	must(mkdir("removed", 0755) == 0, "removed");
	kinds("made-again", "removed");
	make_file("removed/1", 0644, "");
	kinds("made-again-filled", "removed");
}

static void calls(void)
{
	char buffer[4096];
	int fd = open("many", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int file = open("kinds/file", O_RDONLY | O_CLOEXEC);

	result("getdents-small", syscall(SYS_getdents64, fd, buffer, 8));
	result("getdents", syscall(SYS_getdents64, fd, buffer, sizeof(buffer)));
	result("getdents-of-file", syscall(SYS_getdents64, file, buffer, sizeof(buffer)));
	result("read", read(fd, buffer, 10));
	result("write", write(fd, buffer, 10));
	answer("seek-start", "%lld", (long long)lseek(fd, 0, SEEK_SET));
	result("truncate", ftruncate(fd, 0));
	result("fsync", fsync(fd));
	close(fd);
	close(file);
}

static void check(void)
{
	list("many", "many", MANY);
	list("large", "large", large());
	list("none", "none", 0);
	kinds("kinds", "kinds");
	agreeing("inodes-agree", "kinds");
	agreeing("inodes-agree-many", "many");
	going_back();
	while_changing();
	changed();
	calls();
	list("missing", "missing", 0);
}

const struct area area_directories = {"directories", prepare, check};
