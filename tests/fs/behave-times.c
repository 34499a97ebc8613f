/* SPDX-License-Identifier: BSD-2-Clause */
/* Times: kept to the nanosecond, and changed by what should change them only. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct timespec then[2] = {{1000000001, 123456789}, {1000000002, 987654321}};

static const char *const files[] = {"kept", "set",    "written", "chmod", "linked", "renamed",
				    "read", "reader", "reader-later", "reader-until", "touched", "omit",  "xattr",  "truncated"};

static void prepare(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		make_file(files[i], 0644, "text\n");
	must(symlink("kept", "link") == 0, "link");
	must(utimensat(AT_FDCWD, "link", then, AT_SYMLINK_NOFOLLOW) == 0, "link");
	make_directory("dir", 0755);
	make_file("dir/removed", 0644, "");
	make_directory("listed", 0755);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		must(utimensat(AT_FDCWD, files[i], then, 0) == 0, files[i]);
	must(utimensat(AT_FDCWD, "dir", then, 0) == 0, "dir");
}

static struct statx now_of(const char *path)
{
	struct statx st;

	must(statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_ALL, &st) == 0, path);
	return st;
}

static void both(const char *check, const char *path)
{
	struct statx st = now_of(path);

	answer(check, "%lld.%09u %lld.%09u", (long long)st.stx_atime.tv_sec, st.stx_atime.tv_nsec,
	       (long long)st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec);
}

static bool later(struct statx_timestamp a, struct statx_timestamp b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* Which of the times moved since `before`. */
static void moved(const char *check, const char *path, struct statx before)
{
	struct statx after = now_of(path);

	answer(check, "access %s, contents %s, node %s",
	       later(after.stx_atime, before.stx_atime) ? "moved" : "stays",
	       later(after.stx_mtime, before.stx_mtime) ? "moved" : "stays",
	       later(after.stx_ctime, before.stx_ctime) ? "moved" : "stays");
}

static void setting(void)
{
	int fd = open("set", O_RDONLY | O_CLOEXEC);

	both("kept", "kept");
	both("kept-link", "link");
	result("by-reader", futimens(fd, (struct timespec[]){{5, 5}, {6, 6}}));
	both("by-reader-left", "set");
	result("before-1970", utimensat(AT_FDCWD, "set", (struct timespec[]){{-5, 5}, {-6, 6}}, 0));
	both("before-1970-left", "set");
	result("after-2038",
	       utimensat(AT_FDCWD, "set", (struct timespec[]){{1LL << 33, 5}, {1LL << 32, 6}}, 0));
	both("after-2038-left", "set");
	result("nonsense",
	       utimensat(AT_FDCWD, "set", (struct timespec[]){{0, 1000000000}, {0, 0}}, 0));
	result("omit",
	       utimensat(AT_FDCWD, "omit", (struct timespec[]){{0, UTIME_OMIT}, {77, 7}}, 0));
	both("omit-left", "omit");
	result("link", utimensat(AT_FDCWD, "link", (struct timespec[]){{8, 8}, {9, 9}},
				 AT_SYMLINK_NOFOLLOW));
	both("link-left", "link");
	close(fd);
}

static void write_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, "x", 1) == 1, path);
	close(fd);
}

static void read_from(const char *path, int flags)
{
	char text[16];
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	must(fd >= 0 && read(fd, text, sizeof(text)) > 0, path);
	close(fd);
}

static void moving(void)
{
	struct statx before = now_of("written");

	usleep(20000); /* the clock of a file system ticks every few milliseconds */
	write_to("written");
	moved("write", "written", before);
	before = now_of("chmod");
	must(chmod("chmod", 0600) == 0, "chmod");
	moved("chmod", "chmod", before);
	before = now_of("linked");
	must(link("linked", "linked-too") == 0, "linked");
	moved("link-to-it", "linked", before);
	before = now_of("renamed");
	must(rename("renamed", "renamed-there") == 0, "renamed");
	both("renamed", "renamed-there");
	before = now_of("truncated");
	must(truncate("truncated", 2) == 0, "truncated");
	moved("truncate", "truncated", before);
	before = now_of("touched");
	must(utimensat(AT_FDCWD, "touched", NULL, 0) == 0, "touched");
	moved("touch", "touched", before);
}

/* The flag changes while the file is open. */
static void read_with(const char *name, int before, int after)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | before);
	char byte;

	must(fd >= 0 && fcntl(fd, F_SETFL, after) == 0 && read(fd, &byte, 1) == 1, name);
	close(fd);
}

static void reading(void)
{
	struct statx before = now_of("read");

	read_from("read", 0);
	moved("read", "read", before);
	before = now_of("reader");
	read_from("reader", O_NOATIME);
	moved("read-noatime", "reader", before);
	before = now_of("reader-later");
	read_with("reader-later", 0, O_NOATIME);
	moved("read-noatime-set-later", "reader-later", before);
	before = now_of("reader-until");
	read_with("reader-until", O_NOATIME, 0);
	moved("read-noatime-taken-away", "reader-until", before);
}

static void of_directories(void)
{
	struct statx before = now_of("dir");

	make_file("dir/made", 0644, "");
	moved("directory-make", "dir", before);
	usleep(20000);
	before = now_of("dir");
	must(unlink("dir/removed") == 0, "dir/removed");
	moved("directory-unlink", "dir", before);
	before = now_of("dir");
	must(chmod("dir/made", 0600) == 0, "dir/made");
	moved("directory-chmod-inside", "dir", before);
}

static void fields(void)
{
	struct statx st = now_of("kept");

	answer("statx-fields", "%x", st.stx_mask & (STATX_BASIC_STATS | STATX_BTIME));
	answer("birth", "%s", st.stx_btime.tv_sec > 1000000000 ? "yes" : "no");
	must(statx(AT_FDCWD, "kept", AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) == 0, "kept");
	answer("statx-without-sync", "%llu bytes", (unsigned long long)st.stx_size);
	must(statx(AT_FDCWD, "kept", AT_STATX_FORCE_SYNC, STATX_SIZE, &st) == 0, "kept");
	answer("statx-with-sync", "%llu bytes", (unsigned long long)st.stx_size);
	result("statx-missing", statx(AT_FDCWD, "missing", 0, STATX_ALL, &st));
	result("statx-nonsense", statx(AT_FDCWD, "kept", 0x7000000, STATX_ALL, &st));
}

static void check(void)
{
	setting();
	moving();
	reading();
	of_directories();
	fields();
}

const struct area area_times = {"times", prepare, check};
